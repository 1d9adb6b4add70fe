"""How two rows are compared in one metric: better, worse, or the same within the noise."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from harness.record import rows

_LEAST_P = 0.01
"""The smallest p-value that is written in full."""


class Alike(NamedTuple):
    """
    What two records have in common.

    Attributes:
        clips: Whether both hold the same test clips.
        other_words: Whether both hold the same clips of other words.

    """

    clips: bool
    other_words: bool


class Change(NamedTuple):
    """
    How a metric changed from one row to another.

    Attributes:
        verdict: Whether it got better or worse.
        why: What the verdict is based on.

    """

    verdict: str
    why: str


class Lead(NamedTuple):
    """
    The lead of one row over another.

    Attributes:
        by: Size of the lead, with its unit.
        sureness: How sure it is that the lead is more than chance.

    """

    by: str
    sureness: str


class Values(NamedTuple):
    """
    A metric's value in two rows.

    Attributes:
        old: Value in the first row, in the unit it is recorded in.
        new: Value in the second row, in the unit it is recorded in.
        worse: Whether the second value is worse.

    """

    old: float
    new: float
    worse: bool

    @property
    def ratio(self) -> float:
        """The second value divided by the first."""
        return self.new / self.old


class Comparison(Protocol):
    """A way to compare two rows in one metric."""

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change | None:
        """Return how *new* differs from *old*, None if they cannot be compared."""
        ...

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:
        """Return the lead of *first*, the better row, over *second*."""
        ...


@dataclass(frozen=True, kw_only=True)
class PairedClips:
    """
    Compares two rows scored on the same clips by the clips on which they differ.

    Attributes:
        answers: Returns for each clip of a row whether its answer is right.

    """

    answers: rows.Answers

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change:
        """Judge by McNemar's exact test."""
        if not alike.clips:
            return Change("not judged", "other clips")
        pairs = rows.paired(old, new, self.answers)
        verdict = _verdict(values, clear=pairs.beyond_chance)
        return Change(verdict, f"{pairs.lost} lost, {pairs.won} won, p = {pairs.p_value:.3f}")

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:  # noqa: ARG002
        """Return the lead in clips, with the p-value of McNemar's exact test."""
        pairs = rows.paired(second, first, self.answers)
        more, clips = pairs.won - pairs.lost, len(first["scores"])
        by = f"{more} of {clips:,} clips" if more else "being smaller"
        chance = "beyond chance" if pairs.beyond_chance else "may be chance"
        p_value = f"p = {pairs.p_value:.2f}" if pairs.p_value >= _LEAST_P else f"p < {_LEAST_P}"
        return Lead(by, f"{pairs.won} won, {pairs.lost} lost: {chance} ({p_value})")


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """
    Compares two counts by their 95 % intervals.

    The record does not hold which clips were counted, so clips cannot be paired.

    Attributes:
        path: Keys that lead to the count in a row.
        digest: Keys that lead to the digest of what was counted, if it is not beside the count.

    """

    path: tuple[str, ...]
    digest: tuple[str, ...] = ()

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change | None:
        """Judge by whether the intervals overlap; None if the clips are not the same."""
        before, after = (rows.counted(*self.path)(row) for row in (old, new))
        if before is None or after is None:
            return None
        if self.digest:
            if not rows.same(old, new, *self.digest):
                return None
        elif not _same_clips(before, after, alike):
            return None
        clear = _apart((before["low"], before["high"]), (after["low"], after["high"]))
        spans = " -> ".join(f"{100 * s['low']:.1f}-{100 * s['high']:.1f}" for s in (before, after))
        return Change(_verdict(values, clear=clear), f"intervals {spans} %")

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:  # noqa: ARG002
        """Return the lead in percentage points."""
        ours, theirs = (rows.counted(*self.path)(row) for row in (first, second))
        if ours is None or theirs is None:
            return Lead("-", "-")
        points = 100 * abs(values.new - values.old)
        apart = _apart((ours["low"], ours["high"]), (theirs["low"], theirs["high"]))
        return Lead(f"{points:.1f} points", f"intervals {'apart' if apart else 'overlap'}")


@dataclass(frozen=True, kw_only=True)
class Rates:
    """
    Compares two counts of events per hour by their 95 % intervals.

    Attributes:
        path: Keys that lead to the rate in a row.
        digest: Keys that lead to the digest of the stream they were counted in.

    """

    path: tuple[str, ...]
    digest: tuple[str, ...]

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change | None:  # noqa: ARG002
        """Judge by whether the intervals overlap; None if the streams are not the same."""
        if not rows.same(old, new, *self.digest):
            return None
        before, after = (rows.at(row, self.path) for row in (old, new))
        clear = _apart((before["low"], before["high"]), (after["low"], after["high"]))
        spans = " -> ".join(f"{rate['low']:.1f}-{rate['high']:.1f}" for rate in (before, after))
        return Change(_verdict(values, clear=clear), f"intervals {spans} an hour")

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:  # noqa: ARG002
        """Return the lead in events per hour."""
        ours, theirs = (rows.at(row, self.path) for row in (first, second))
        apart = _apart((ours["low"], ours["high"]), (theirs["low"], theirs["high"]))
        by = f"{abs(values.new - values.old):.1f} an hour"
        return Lead(by, f"intervals {'apart' if apart else 'overlap'}")


@dataclass(frozen=True, kw_only=True)
class Exact:
    """
    Compares two values that have no noise.

    Attributes:
        max_ratio: Largest ratio of new to old value that is tolerated.
        gain: Word for a lead, such as ``smaller``.

    """

    max_ratio: float
    gain: str

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change:  # noqa: ARG002
        """Judge by the ratio alone."""
        tolerated = values.ratio <= self.max_ratio
        return Change(_verdict(values, tolerated=tolerated), f"at most {self.max_ratio:.2f}")

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:  # noqa: ARG002
        """Return the lead in percent."""
        return Lead(f"{100 * (1 - values.ratio):.0f} % {self.gain}", "exact")


@dataclass(frozen=True, kw_only=True)
class Windows:
    """
    Compares two latencies by their windows.

    Attributes:
        max_ratio: Largest ratio of new to old latency that is tolerated.

    """

    max_ratio: float

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change:  # noqa: ARG002
        """Judge by the ratio, and by whether the middle windows overlap."""
        if "invalid" in (old["verdict"], new["verdict"]):
            return Change("not judged", "times of an invalid row")
        before, after = rows.middle_windows_us(old), rows.middle_windows_us(new)
        tolerated = values.ratio <= self.max_ratio
        verdict = _verdict(values, clear=_apart(before, after), tolerated=tolerated)
        spans = " -> ".join(f"{low:,.1f}-{high:,.1f}" for low, high in (before, after))
        return Change(verdict, f"at most {self.max_ratio:.2f}, middle windows {spans}")

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:
        """Return the lead in percent; windows are paired only if measured *side_by_side*."""
        by = f"{100 * (1 - values.ratio):.0f} % faster"
        if not side_by_side:
            return Lead(by, "not measured side by side")
        pairs = list(zip(*map(rows.window_medians_us, (first, second)), strict=False))
        faster = sum(ours < theirs for ours, theirs in pairs)
        return Lead(by, f"faster in {faster} of {len(pairs)} windows")


def _same_clips(first: rows.Share, second: rows.Share, alike: Alike) -> bool:
    """Whether two counts are of the same clips: by their digest, or else by the other words."""
    if "digest" in first or "digest" in second:
        return first.get("digest") == second.get("digest")
    return alike.other_words and first["total"] == second["total"]


def _apart(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether two intervals have no point in common."""
    return first[0] > second[1] or first[1] < second[0]


def _verdict(values: Values, *, clear: bool = True, tolerated: bool = False) -> str:
    if values.old == values.new:
        return "same"
    if not clear:
        return "same within noise"
    if not values.worse:
        return "better"
    return "worse within tolerance" if tolerated else "WORSE"
