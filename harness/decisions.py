"""From scores to decisions: which label has the top score, and whether it triggers the rule."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
"""Class scores: one row for each clip, one column for each label."""

OPERATING_THRESHOLD: Final = 0.95
"""Threshold of the operating rule: a clip triggers it if its top score exceeds this."""

THRESHOLDS: Final = tuple(
    sorted({OPERATING_THRESHOLD, *(round(1 / (1 + math.exp(-x / 4)), 5) for x in range(-8, 37))})
)
"""Thresholds of the curve, from 0.12 to 0.9999; they crowd near 1, as the scores do."""


def confusion(
    scores: Scores, words: Sequence[str], task: Sequence[str], labels: Sequence[str]
) -> list[list[int]]:
    """
    Count clips by their word and by the label with the top score.

    Returns:
        One row for each word of *task*, one column for each label of the model.

    """
    counts = np.zeros((len(task), len(labels)), int)
    rows = [task.index(word) for word in words]
    np.add.at(counts, (rows, scores.argmax(axis=1)), 1)
    return counts.tolist()


def correct(scores: Scores, words: Sequence[str], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return for each clip whether the top score is that of its word: bool ``(clips,)``."""
    hits: npt.NDArray[np.bool_] = scores.argmax(axis=1) == [labels.index(word) for word in words]
    return hits


def certainty(scores: Scores, hits: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return the top score of each clip, 0 where *hits* is false: float32 ``(clips,)``."""
    tops: npt.NDArray[np.float32] = np.where(hits, scores.max(axis=1, initial=0), 0)
    return tops


def triggers(
    certainties: npt.NDArray[np.float32], threshold: float = OPERATING_THRESHOLD
) -> npt.NDArray[np.bool_]:
    """Return for each clip whether it triggers the operating rule: bool ``(clips,)``."""
    exceeded: npt.NDArray[np.bool_] = certainties > threshold
    return exceeded


def of_task(scores: Scores, task: Sequence[str], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return for each clip whether the top score is that of a word of *task*: bool ``(clips,)``."""
    hits: npt.NDArray[np.bool_] = np.isin(labels, task)[scores.argmax(axis=1)]
    return hits


def decide(scores: Scores, task: Sequence[str], labels: Sequence[str]) -> tuple[str | None, ...]:
    """
    Return for each clip the word with which it triggers the operating rule, else None.

    Only the words of *task* can trigger the rule; the model's other labels cannot.
    """
    triggered = triggers(certainty(scores, of_task(scores, task, labels)))
    tops = scores.argmax(axis=1)
    return tuple(labels[top] if hit else None for top, hit in zip(tops, triggered, strict=True))
