"""Reading values from one row of a record; a value that the row lacks reads as None."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from harness import decisions, statistics
from harness.errors import ResultsError
from harness.statistics import Paired

Share = Mapping[str, Any]
"""``count`` of ``total`` clips, and ``low`` and ``high`` of the 95 % interval of that share."""

Answers = Callable[[Any], dict[str, bool]]
"""Returns for each clip of a row, by the clip's key, whether the answer is right."""


def number(*path: str) -> Callable[[Any], float | None]:
    """Return a reader of the number at *path* in a row."""

    def read(row: Any) -> float | None:
        value = at(row, path)
        return None if value is None else float(value)

    return read


def counted(*path: str) -> Callable[[Any], Share | None]:
    """Return a reader of the count at *path* in a row; it reads None where there are no clips."""

    def read(row: Any) -> Share | None:
        found = at(row, path)
        if not found or not found["total"]:
            return None
        # Accuracy is the one count whose key is "correct".
        return {"count": found.get("count", found.get("correct")), **found}

    return read


def same(first: Any, second: Any, *path: str) -> bool:
    """Return whether two rows have the same value at *path*, and have one."""
    value = at(first, path)
    return value is not None and value == at(second, path)


def at(row: Any, path: tuple[str, ...]) -> Any:
    """Return what is at *path* in a row, None if the row lacks it."""
    for key in path:
        if not isinstance(row, Mapping):
            return None
        row = row.get(key)
    return row


def judged(row: Any, metric: str) -> bool:
    """Return whether the verdict on a row judges *metric*, the name of a metric with a limit."""
    return metric not in (row.get("not_judged") or ())


def window_medians_us(row: Any) -> list[float]:
    """Return the median call of each window in microseconds, in the order of measuring."""
    return [float(window["p50_us"]) for window in row["windows"]]


def middle_windows_us(row: Any) -> tuple[float, float]:
    """
    Return the quartiles of the windows' medians, in microseconds.

    They leave out the fastest and the slowest of five windows, so one disturbed window
    moves neither.
    """
    medians = window_medians_us(row)
    return statistics.percentile(medians, 25), statistics.percentile(medians, 75)


def correct(row: Any) -> dict[str, bool]:
    """Return for each clip whether its top score is that of its word."""
    keys, _, hits = _scored(row)
    return dict(zip(keys, hits.tolist(), strict=True))


def detected(row: Any) -> dict[str, bool]:
    """Return for each clip whether it is classified correctly and triggers the operating rule."""
    keys, scores, hits = _scored(row)
    threshold = row["operating_rule"]["threshold"]
    triggered = decisions.triggers(decisions.certainty(scores, hits), threshold)
    return dict(zip(keys, triggered.tolist(), strict=True))


def share(answers: Mapping[str, bool]) -> float:
    """Return the share of clips with the right answer."""
    return sum(answers.values()) / len(answers)


def paired(first: Any, second: Any, answers: Answers) -> Paired:
    """
    Count the clips that only one of two rows of one data set has right.

    Args:
        first: A row.
        second: Another row.
        answers: What is right: :func:`correct` or :func:`detected`.

    Raises:
        ResultsError: If the rows do not hold the same clips.

    """
    ours, theirs = answers(first), answers(second)
    if odd := sorted(ours.keys() ^ theirs.keys()):
        msg = (
            f"{second['candidate']}: {odd[0]} is scored in one record only, though the data set "
            "is the same; restore the edited record from version control, or measure again"
        )
        raise ResultsError(msg)
    lost = sum(ours[clip] and not theirs[clip] for clip in ours)
    won = sum(theirs[clip] and not ours[clip] for clip in ours)
    return Paired(lost, won)


def _scored(row: Any) -> tuple[list[str], decisions.Scores, npt.NDArray[np.bool_]]:
    """Return the keys of the clips, their scores, and whether each is right."""
    keys = list(row["scores"])
    scores = np.array(list(row["scores"].values()), np.float32)
    words = [key.partition("/")[0] for key in keys]  # a key is <word>/<file>
    return keys, scores, decisions.correct(scores, words, row["labels"])
