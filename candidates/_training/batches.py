"""Batches for training: clips drawn, varied and turned into features, all in NumPy."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from candidates._training import keras
from candidates._training.augment import coloured_noise, mask_features, to_int16, vary_clip
from harness.audio import Clip
from harness.candidate import Candidate
from harness.datasets import Dataset
from harness.frontend import Features

Targets = npt.NDArray[np.float32]

_QUIETEST_DBFS, _LOUDEST_DBFS = -90, -20


@dataclass(frozen=True, kw_only=True)
class Example:
    """A clip, None for noise made on the spot, and the scores wanted for it."""

    clip: Clip | None
    target: Targets


class Batches(keras.utils.Sequence):  # type: ignore[misc]  # tf_keras has no types
    """
    The training clips of a candidate, epoch after epoch, each time varied anew.

    What is drawn depends on seed, epoch and batch alone, not on timing.
    """

    def __init__(self, candidate: Candidate, task: Dataset, others: Dataset | None) -> None:
        super().__init__()
        self._frontend = candidate.frontend
        self._recipe = candidate.training
        self._alike = np.full(len(candidate.labels), 1 / len(candidate.labels), np.float32)
        self._task = [
            Example(clip=task.clips[i], target=self._target(candidate, task.words[i]))
            for i in distinct(task)
        ]
        self._others = others.clips[distinct(others)] if others is not None else ()
        self._epoch = 0
        self._draw()

    def _target(self, candidate: Candidate, word: str) -> Targets:
        wanted = np.zeros(len(candidate.labels), np.float32)
        wanted[candidate.labels.index(word)] = 1
        smoothing = self._recipe.label_smoothing
        return (1 - smoothing) * wanted + smoothing * self._alike

    def __len__(self) -> int:
        return math.ceil(len(self._examples) / self._recipe.batch_size)

    def __getitem__(self, index: int) -> tuple[Features, Targets]:
        """Return features ``(batch, frames, mel bins, 1)`` and targets ``(batch, labels)``."""
        rng = np.random.default_rng((self._recipe.seed, self._epoch, index))
        size = self._recipe.batch_size
        batch = self._examples[index * size : (index + 1) * size]
        features = [self._features(example, rng) for example in batch]
        return np.stack(features)[..., np.newaxis], np.stack([e.target for e in batch])

    def on_epoch_end(self) -> None:
        """Draw the next epoch; Keras calls this."""
        self._epoch += 1
        self._draw()

    def _draw(self) -> None:
        rng = np.random.default_rng((self._recipe.seed, self._epoch))
        examples = [*self._task, *self._outliers(rng)]
        self._examples = [examples[i] for i in rng.permutation(len(examples))]

    def _outliers(self, rng: np.random.Generator) -> Iterator[Example]:
        count = round(self._recipe.other_words * len(self._task))
        for i in rng.permutation(len(self._others))[:count]:
            yield Example(clip=self._others[i], target=self._alike)
        for _ in range(round(self._recipe.noise * len(self._task))):
            yield Example(clip=None, target=self._alike)

    def _features(self, example: Example, rng: np.random.Generator) -> Features:
        how = self._recipe.augmentation
        if example.clip is None:
            return self._frontend(_noise(rng))
        if how is None:
            return self._frontend(example.clip)
        return mask_features(self._frontend(vary_clip(example.clip, how, rng)), how, rng)


def distinct(dataset: Dataset) -> npt.NDArray[np.intp]:
    """Return the indices of clips that are no copy of an earlier one."""
    first = {clip.tobytes(): i for i, clip in reversed(list(enumerate(dataset.clips)))}
    return np.array(sorted(first.values()))


def as_input(frontend: Any, clips: npt.NDArray[np.int16]) -> Features:
    """Return features of *clips* as a network takes them: ``(clips, frames, mel bins, 1)``."""
    return np.stack([frontend(clip) for clip in clips])[..., np.newaxis]


def _noise(rng: np.random.Generator) -> Clip:
    level = 32_768 * 10 ** (rng.uniform(_QUIETEST_DBFS, _LOUDEST_DBFS) / 20)
    return to_int16(coloured_noise(rng, rng.uniform(0, 2.5)) * np.float32(level))
