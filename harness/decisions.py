"""From scores to decisions: which word was heard, and whether the operating rule acts on it."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
"""One row a clip, one column a label."""

OPERATING_THRESHOLD: Final = 0.95
"""The seed's deployment rule: act only when the top score exceeds this."""

THRESHOLDS: Final = tuple(
    sorted({OPERATING_THRESHOLD, *(round(1 / (1 + math.exp(-x / 4)), 5) for x in range(-8, 37))})
)
"""From 0.12 to 0.9999, closer together towards 1: where scores of a softmax are."""


def confusion(
    scores: Scores, words: Sequence[str], task: Sequence[str], labels: Sequence[str]
) -> list[list[int]]:
    """Count what was heard: one row a word of *task*, one column a label of the model."""
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
    """Return for each clip whether the operating rule acts on it: bool ``(clips,)``."""
    exceeded: npt.NDArray[np.bool_] = certainties > threshold
    return exceeded


def of_task(scores: Scores, task: Sequence[str], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return for each clip whether the top score is that of a word of *task*: bool ``(clips,)``."""
    hits: npt.NDArray[np.bool_] = np.isin(labels, task)[scores.argmax(axis=1)]
    return hits


def decide(scores: Scores, task: Sequence[str], labels: Sequence[str]) -> tuple[str | None, ...]:
    """
    Return for each clip the word that the operating rule acts on, None if it does not act.

    It acts on words of *task* only, whatever other *labels* the model has.
    """
    acts = triggers(certainty(scores, of_task(scores, task, labels)))
    tops = scores.argmax(axis=1)
    return tuple(labels[top] if act else None for top, act in zip(tops, acts, strict=True))
