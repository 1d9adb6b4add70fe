"""How two rows are compared in one metric: what got better or worse, and whether that is noise."""

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
        other_words: Whether both heard the same clips of other words.

    """

    clips: bool
    other_words: bool


class Change(NamedTuple):
    """A verdict on the way from one row to another, and what it rests on."""

    verdict: str
    why: str


class Lead(NamedTuple):
    """By how much one row is ahead of another, and how sure that is."""

    by: str
    sureness: str


class Values(NamedTuple):
    """A metric's value in two rows, and whether the second is the worse one."""

    old: float
    new: float
    worse: bool

    @property
    def ratio(self) -> float:
        """Return the second value over the first."""
        return self.new / self.old


class Comparison(Protocol):
    """A way to compare two rows in one metric."""

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change | None:
        """Judge the way from *old* to *new*; None where there is nothing to judge."""
        ...

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:
        """Return by how much *first*, which is better, is ahead of *second*."""
        ...


@dataclass(frozen=True, kw_only=True)
class PairedClips:
    """
    Both rows answered the same clips, so those count on which they differ.

    Attributes:
        answers: Tells for each clip of a row whether its answer is right.

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
    Which clips were counted is not recorded, so nothing is paired: the 95 % intervals decide.

    Attributes:
        path: Where the count stands in a row.

    """

    path: tuple[str, ...]

    def change(self, old: Any, new: Any, values: Values, alike: Alike) -> Change | None:
        """Judge by whether the intervals overlap; only where both heard the same clips."""
        before, after = (rows.counted(*self.path)(row) for row in (old, new))
        if not alike.other_words or before is None or after is None:
            return None
        clear = _apart((before["low"], before["high"]), (after["low"], after["high"]))
        spans = " -> ".join(f"{100 * s['low']:.1f}-{100 * s['high']:.1f}" for s in (before, after))
        return Change(_verdict(values, clear=clear), f"intervals {spans} %")

    def lead(self, second: Any, first: Any, values: Values, *, side_by_side: bool) -> Lead:  # noqa: ARG002
        """Return the lead in points of a percent."""
        ours, theirs = (rows.counted(*self.path)(row) for row in (first, second))
        if ours is None or theirs is None:
            return Lead("-", "-")
        points = 100 * abs(values.new - values.old)
        apart = _apart((ours["low"], ours["high"]), (theirs["low"], theirs["high"]))
        return Lead(f"{points:.1f} points", f"intervals {'apart' if apart else 'overlap'}")


@dataclass(frozen=True, kw_only=True)
class Exact:
    """
    The value has no noise.

    Attributes:
        max_ratio: Growth that is tolerated.
        gain: What a lead is called, such as ``smaller``.

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
    A time, measured in windows that differ.

    Attributes:
        max_ratio: Growth that is tolerated.

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
        """Return the lead in percent; windows pair up only if both were measured in turn."""
        by = f"{100 * (1 - values.ratio):.0f} % faster"
        if not side_by_side:
            return Lead(by, "not measured side by side")
        pairs = list(zip(*map(rows.window_medians_us, (first, second)), strict=False))
        faster = sum(mine < others for mine, others in pairs)
        return Lead(by, f"faster in {faster} of {len(pairs)} windows")


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
