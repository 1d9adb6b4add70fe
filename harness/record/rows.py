"""Reading a row of a record: what comparisons, tables and pictures all need of it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from harness import decisions, statistics
from harness.errors import ResultsError
from harness.statistics import Paired

Share = dict[str, float]
"""``count`` of ``total`` clips, and ``low`` and ``high`` of the 95 % interval of that share."""

Answers = Callable[[Any], dict[str, bool]]
"""What tells of each clip of a row whether it is right, by the clip's key."""


def accuracy(row: Any) -> float:
    """Share of test clips classified correctly, of a row that is no error."""
    return float(row["accuracy"]["correct"] / row["accuracy"]["total"])


def zipped_bytes(row: Any) -> int:
    """Size of the zipped model, of a row that is no error."""
    return int(row["size"]["zipped_bytes"])


def latency_us(row: Any) -> float:
    """The headline latency, of a row that is no error: the median call of the median window."""
    return float(row["latency_us"]["total"]["p50"])


def window_medians_us(row: Any) -> list[float]:
    """Median of each window, in the order they were taken, of a row that is no error."""
    return [float(window["p50_us"]) for window in row["windows"]]


def middle_windows_us(row: Any) -> tuple[float, float]:
    """
    Return the quartiles of the windows' medians, of a row that is no error.

    Of five windows the fastest and the slowest are out of it: one disturbed window moves
    neither.
    """
    medians = window_medians_us(row)
    return statistics.percentile(medians, 25), statistics.percentile(medians, 75)


def acted_on(kind: str) -> Callable[[Any], Share | None]:
    """
    Return what reads from a row how often the operating rule acts on clips of a *kind*.

    ``detected`` are keywords heard as such, ``words`` and ``noise`` false accepts. None
    where there are no such clips: in a data set without other words, and in records
    from before they were counted.
    """

    def found(row: Any) -> Share | None:
        rule = row["operating_rule"]
        counted: Share | None = {
            "detected": rule["detected"],
            **rule.get("false_accepts", {}),
        }.get(kind)
        return counted if counted and counted["total"] else None

    return found


def share_acted_on(kind: str) -> Callable[[Any], float | None]:
    """Return what reads from a row that share, None as :func:`acted_on` has it."""

    def found(row: Any) -> float | None:
        counted = acted_on(kind)(row)
        return counted["count"] / counted["total"] if counted else None

    return found


def correct(row: Any) -> dict[str, bool]:
    """Return for each clip whether its top score is that of its word."""
    keys, _, hits = _scored(row)
    return dict(zip(keys, hits.tolist(), strict=True))


def detected(row: Any) -> dict[str, bool]:
    """Return for each clip whether it is classified correctly and the operating rule acts on it."""
    keys, scores, hits = _scored(row)
    acted = decisions.certainty(scores, hits) > row["operating_rule"]["threshold"]
    return dict(zip(keys, acted.tolist(), strict=True))


def share(answers: Mapping[str, bool]) -> float:
    """Return the share of clips that is right."""
    return sum(answers.values()) / len(answers)


def paired(first: Any, second: Any, answers: Answers) -> Paired:
    """
    Count the clips that only one of two rows of one data set has right.

    Args:
        first: A row.
        second: Another.
        answers: What is right: :func:`correct` or :func:`detected`.

    Raises:
        ResultsError: If they are not of the same clips.

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
    """Return clips, scores and whether each is right; a clip's key begins with its word."""
    keys = list(row["scores"])
    scores = np.array(list(row["scores"].values()), np.float32)
    words = [key.partition("/")[0] for key in keys]
    return keys, scores, decisions.correct(scores, words, row["labels"])
