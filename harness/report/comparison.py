"""Two records side by side: what changed, whether that clears the noise, and what got worse."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tabulate import tabulate

from harness.errors import ResultsError
from harness.record import rows
from harness.record.schema import Measurement, Record

MAX_SIZE_RATIO: Final = 1.01
"""A size has no noise, but another zlib may pack the same model some bytes worse."""

MAX_LATENCY_RATIO: Final = 1.10
"""Windows of one run agree better than two runs do, by heat, load and where memory lies."""

CIRCUMSTANCES: Final = (
    ("board", "board", "name"),
    ("data set", "dataset", "name"),
    ("digest", "dataset", "digest"),
    ("task", "dataset", "labels"),
    ("other words", "dataset", "left_out"),
    ("profile", "run", "profile"),
    *((key, "board", key) for key in ("governor", "litert", "numpy", "scipy", "python")),
)
"""What must agree: what to call it, and where in a record it stands."""

HEADERS: Final = ("candidate", "metric", "old", "new", "ratio", "verdict", "judged by")
ALIGN: Final = ("left", "left", "right", "right", "right", "left", "left")


class Comparison(NamedTuple):
    """The table with its notes, and one line for each value that got worse."""

    table: str
    regressions: tuple[str, ...]


def compare(old: Record, new: Record, *, allow_different: bool = False) -> Comparison:
    """
    Compare every candidate that was measured in both records.

    Raises ResultsError if the records differ in their circumstances (unless
    *allow_different*) or in the clips of one data set, or have no candidate in common.
    """
    changes = require_alike(old, new, allow_different=allow_different)
    olds, news = ({m["candidate"]: m for m in r["measurements"]} for r in (old, new))
    notes = [f"compared anyway: {change}" for change in changes] + _not_compared(olds, news)
    paired = old["dataset"]["digest"] == new["dataset"]["digest"]
    same_others = old["dataset"].get("left_out") == new["dataset"].get("left_out")
    lines = [
        (was["candidate"] + " (new model)" * (was["model_sha256"] != now["model_sha256"]), *cells)
        for was, now in ((olds[name], news[name]) for name in sorted(olds.keys() & news))
        if was["error"] is None and now["error"] is None
        for cells in _judged(was, now, paired=paired, same_others=same_others)
    ]
    if not lines:
        msg = f"nothing to compare ({'; '.join(notes)}); measure a candidate of the old record"
        raise ResultsError(msg)
    table = tabulate(lines, HEADERS, "simple", colalign=ALIGN, disable_numparse=True)
    worse = [
        f"{name}: {metric} {was} -> {now}, ratio {ratio} ({why})"
        for name, metric, was, now, ratio, verdict, why in lines
        if verdict == "WORSE"
    ]
    return Comparison("\n".join([table, *(f"- {note}" for note in notes)]), tuple(worse))


def require_alike(
    old: Mapping[str, object], new: Mapping[str, object], *, allow_different: bool = False
) -> list[str]:
    """
    Return in what circumstances *new* differs from *old*.

    Args:
        old: An earlier record.
        new: A record, or those parts of one that are known before anything is measured.
        allow_different: Do not raise ResultsError if there is a difference.

    """
    changes = [
        f"{name} {was} -> {now}"
        for name, part, key in CIRCUMSTANCES
        if (found := _part(new, part)) and key in found
        if (was := _told(_part(old, part).get(key))) != (now := _told(found[key]))
    ]
    if changes and not allow_different:
        msg = f"the records differ: {', '.join(changes)}; measure alike, or add --compare-anyway"
        raise ResultsError(msg)
    return changes


def _part(record: Mapping[str, object], name: str) -> dict[str, Any]:
    part = record.get(name, {})
    return part if isinstance(part, dict) else {}


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{word} ({clips})" for word, clips in value.items()) or "none"
    return "/".join(value) if isinstance(value, list) else str(value)


def _not_compared(olds: dict[str, Measurement], news: dict[str, Measurement]) -> list[str]:
    return [
        f"{name}: not compared, "
        + (f"{which} error: {row['error']}" if row else f"it is not in the {which} record")
        for name in sorted(olds | news)
        for which, row in (("old", olds.get(name)), ("new", news.get(name)))
        if row is None or row["error"] is not None
    ]


def _judged(was: Any, now: Any, *, paired: bool, same_others: bool) -> Iterator[tuple[str, ...]]:
    yield _clips("accuracy %", rows.correct, was, now, paired=paired)
    yield _clips("detected %", rows.detected, was, now, paired=paired)
    before, after = (rows.acted_on("words")(row) for row in (was, now))
    if same_others and before and after:
        yield _false_accepts(before, after)
    yield _size(was, now)
    yield _latency(was, now)


def _clips(
    metric: str, answers: rows.Answers, old: Any, new: Any, *, paired: bool
) -> tuple[str, ...]:
    was, now = (100 * rows.share(answers(row)) for row in (old, new))
    if not paired:
        return metric, *_shown(was, now, ".2f"), "not judged", "other clips"
    changed = rows.paired(old, new, answers)
    loss = changed.lost - changed.won
    verdict = _verdict(loss, clears=changed.beyond_chance, tolerated=False)
    why = f"{changed.lost} lost, {changed.won} won, p = {changed.p_value:.3f}"
    return metric, *_shown(was, now, ".2f"), verdict, why


def _false_accepts(old: rows.Share, new: rows.Share) -> tuple[str, ...]:
    """Judge by the intervals: which clips were acted on is not recorded, so nothing is paired."""
    was, now = (100 * share["count"] / share["total"] for share in (old, new))
    clears = new["low"] > old["high"] or new["high"] < old["low"]
    verdict = _verdict(now - was, clears=clears, tolerated=False)
    spans = " -> ".join(f"{100 * s['low']:.1f}-{100 * s['high']:.1f}" for s in (old, new))
    return "false accepts %", *_shown(was, now, ".2f"), verdict, f"intervals {spans}"


def _size(old: Any, new: Any) -> tuple[str, ...]:
    was, now = rows.zipped_bytes(old), rows.zipped_bytes(new)
    verdict = _verdict(now - was, clears=True, tolerated=now / was <= MAX_SIZE_RATIO)
    return "zipped bytes", *_shown(was, now, ","), verdict, f"at most {MAX_SIZE_RATIO:.2f}"


def _latency(old: Any, new: Any) -> tuple[str, ...]:
    was, now = rows.latency_us(old), rows.latency_us(new)
    before, after = rows.middle_windows_us(old), rows.middle_windows_us(new)
    clears = after[0] > before[1] or after[1] < before[0]
    verdict = _verdict(now - was, clears=clears, tolerated=now / was <= MAX_LATENCY_RATIO)
    spans = " -> ".join(f"{low:,.1f}-{high:,.1f}" for low, high in (before, after))
    why = f"at most {MAX_LATENCY_RATIO:.2f}, middle windows {spans}"
    if "invalid" in (old["verdict"], new["verdict"]):
        verdict, why = "not judged", "times of an invalid row"
    return "latency p50 µs", *_shown(was, now, ",.1f"), verdict, why


def _verdict(loss: float, *, clears: bool, tolerated: bool) -> str:
    if loss == 0 or not clears:
        return "same within noise" if loss else "same"
    if loss < 0:
        return "better"
    return "worse within tolerance" if tolerated else "WORSE"


def _shown(was: float, now: float, form: str) -> tuple[str, str, str]:
    return f"{was:{form}}", f"{now:{form}}", f"{now / was:.3f}" if was else "-"
