"""Two records side by side: what changed, whether that clears the noise, and what got worse."""

import math
from typing import Any, Final, NamedTuple

import numpy as np
from tabulate import tabulate

from harness import metrics
from harness.errors import ResultsError
from harness.measurement import Measurement, Record

ALPHA: Final = 0.05
"""p-value below which clips lost are no chance: six lost and none won are the fewest to fail."""

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
    rows = [
        (was["candidate"] + " (new model)" * (was["model_sha256"] != now["model_sha256"]), *cells)
        for was, now in ((olds[name], news[name]) for name in sorted(olds.keys() & news))
        if was["error"] is None and now["error"] is None
        for cells in (_accuracy(was, now, paired=paired), _size(was, now), _latency(was, now))
    ]
    if not rows:
        msg = f"nothing to compare ({'; '.join(notes)}); measure a candidate of the old record"
        raise ResultsError(msg)
    table = tabulate(rows, HEADERS, "simple", colalign=ALIGN, disable_numparse=True)
    worse = [
        f"{name}: {metric} {was} -> {now}, ratio {ratio} ({why})"
        for name, metric, was, now, ratio, verdict, why in rows
        if verdict == "WORSE"
    ]
    return Comparison("\n".join([table, *(f"- {note}" for note in notes)]), tuple(worse))


def mcnemar(lost: int, won: int) -> float:
    """
    Return the two-sided p-value of *lost* and *won* clips, were either as likely.

    Source: the exact conditional test in Fagerland, Lydersen and Laake 2013, "The
    McNemar test for binary matched-pairs data", BMC Medical Research Methodology 13:91.
    """
    clips = lost + won
    tail = sum(math.comb(clips, k) for k in range(min(lost, won) + 1))
    return min(1.0, 2 * tail / (1 << clips))


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
    was, now = (100 * m["accuracy"]["correct"] / m["accuracy"]["total"] for m in (old, new))
    if not paired:
        return "accuracy %", *_shown(was, now, ".2f"), "not judged", "other clips"
    before, after = _hits(old, old["scores"]), _hits(new, old["scores"])
    lost, won = int((before & ~after).sum()), int((after & ~before).sum())
    verdict = _verdict(lost - won, clears=(p := mcnemar(lost, won)) < ALPHA, tolerated=False)
    return "accuracy %", *_shown(was, now, ".2f"), verdict, f"{lost} lost, {won} won, p = {p:.3f}"


def _hits(row: Any, clips: dict[str, Any]) -> Any:
    if odd := sorted(row["scores"].keys() ^ clips):
        msg = (
            f"{row['candidate']}: {odd[0]} is scored in one record only, though the data set "
            "is the same; restore the edited record from version control, or measure again"
        )
        raise ResultsError(msg)
    scores = np.array([row["scores"][clip] for clip in clips])
    return metrics.correct(scores, [clip.partition("/")[0] for clip in clips], row["labels"])


def _size(old: Any, new: Any) -> tuple[str, ...]:
    was, now = old["size"]["zipped_bytes"], new["size"]["zipped_bytes"]
    verdict = _verdict(now - was, clears=True, tolerated=now / was <= MAX_SIZE_RATIO)
    return "zipped bytes", *_shown(was, now, ","), verdict, f"at most {MAX_SIZE_RATIO:.2f}"


def _latency(old: Any, new: Any) -> tuple[str, ...]:
    was, now = (m["latency_us"]["total"]["p50"] for m in (old, new))
    before, after = ([window["p50_us"] for window in m["windows"]] for m in (old, new))
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
