"""Two records side by side: what changed, whether that clears the noise, and what got worse."""

from typing import Any, Final, NamedTuple

from tabulate import tabulate

from harness import rows
from harness.errors import ResultsError
from harness.measurement import Measurement, Record

MAX_SIZE_RATIO: Final = 1.01
"""A size has no noise, but another zlib may pack the same model some bytes worse."""

MAX_LATENCY_RATIO: Final = 1.10
"""Windows of one run agree better than two runs do, by heat, load and where memory lies."""

RUNTIME: Final = ("litert", "numpy", "scipy", "python")
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
    before, after = _circumstances(old), _circumstances(new)
    changes = [f"{key} {before[key]} -> {after[key]}" for key in after if before[key] != after[key]]
    if changes and not allow_different:
        msg = f"the records differ: {', '.join(changes)}; measure alike, or add --compare-anyway"
        raise ResultsError(msg)
    olds, news = ({m["candidate"]: m for m in r["measurements"]} for r in (old, new))
    notes = [f"compared anyway: {change}" for change in changes] + _not_compared(olds, news)
    paired = before["digest"] == after["digest"]
    lines = [
        (was["candidate"] + " (new model)" * (was["model_sha256"] != now["model_sha256"]), *cells)
        for was, now in ((olds[name], news[name]) for name in sorted(olds.keys() & news))
        if was["error"] is None and now["error"] is None
        for cells in (_accuracy(was, now, paired=paired), _size(was, now), _latency(was, now))
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


def _circumstances(record: Record) -> dict[str, Any]:
    board, dataset = record["board"], record["dataset"]
    return {
        "board": board["name"],
        "data set": dataset["name"],
        "digest": dataset["digest"],
        "task": "/".join(dataset["labels"]),
        "profile": record["run"]["profile"],
        **{name: board[name] for name in RUNTIME},
    }


def _not_compared(olds: dict[str, Measurement], news: dict[str, Measurement]) -> list[str]:
    return [
        f"{name}: not compared, "
        + (f"{which} error: {row['error']}" if row else f"it is not in the {which} record")
        for name in sorted(olds | news)
        for which, row in (("old", olds.get(name)), ("new", news.get(name)))
        if row is None or row["error"] is not None
    ]


def _accuracy(old: Any, new: Any, *, paired: bool) -> tuple[str, ...]:
    was, now = 100 * rows.accuracy(old), 100 * rows.accuracy(new)
    if not paired:
        return "accuracy %", *_shown(was, now, ".2f"), "not judged", "other clips"
    changed = rows.paired(old, new, rows.correct)
    loss = changed.lost - changed.won
    verdict = _verdict(loss, clears=changed.beyond_chance, tolerated=False)
    why = f"{changed.lost} lost, {changed.won} won, p = {changed.p_value:.3f}"
    return "accuracy %", *_shown(was, now, ".2f"), verdict, why


def _size(old: Any, new: Any) -> tuple[str, ...]:
    was, now = rows.zipped_bytes(old), rows.zipped_bytes(new)
    verdict = _verdict(now - was, clears=True, tolerated=now / was <= MAX_SIZE_RATIO)
    return "zipped bytes", *_shown(was, now, ","), verdict, f"at most {MAX_SIZE_RATIO:.2f}"


def _latency(old: Any, new: Any) -> tuple[str, ...]:
    was, now = rows.latency_us(old), rows.latency_us(new)
    before, after = rows.window_medians_us(old), rows.window_medians_us(new)
    clears = min(after) > max(before) or max(after) < min(before)
    verdict = _verdict(now - was, clears=clears, tolerated=now / was <= MAX_LATENCY_RATIO)
    spans = " -> ".join(f"{min(p50s):,.1f}-{max(p50s):,.1f}" for p50s in (before, after))
    why = f"at most {MAX_LATENCY_RATIO:.2f}, windows {spans}"
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
