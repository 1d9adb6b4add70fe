"""Batches for training: clips drawn, varied and turned into features, all in NumPy."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from candidates._training import keras
from candidates._training.augment import mask_features, vary_clip
from harness.audio import Clip
from harness.candidate.candidate import Candidate
from harness.candidate.training import Training
from harness.datasets import Dataset
from harness.datasets.noise import MAINS_HZ, clicks, coloured_noise, hum, to_int16
from harness.files import sha256
from harness.frontends.frontend import Features

Targets = npt.NDArray[np.float32]

AUDIBLE_PEAK = 100
"""Of 32,768: in a clip that stays below nobody can be heard; the archives hold about 1 %."""

_QUIETEST_DBFS, _LOUDEST_DBFS = -90, -10


@dataclass(frozen=True, kw_only=True)
class Example:
    """A clip, None for noise made on the spot, and the scores wanted for it."""

    clip: Clip | None
    target: Targets


class Speech(NamedTuple):
    """Training clips of one source: of the task's words, and of others if there are any."""

    task: Dataset
    others: Dataset | None


class _Examples(NamedTuple):
    task: Sequence[Example] = ()
    others: Sequence[Example] = ()


class Batches(keras.utils.Sequence):  # type: ignore[misc]  # tf_keras has no types
    """
    The training clips of a candidate, epoch after epoch, each time varied anew.

    What is drawn depends on seed, epoch and batch alone, not on timing.

    Args:
        candidate: Whose labels, front-end and recipe are used.
        real: Recordings, all of which are in every epoch.
        synthetic: Synthetic voices, of which as many are drawn as the recipe says.

    """

    def __init__(self, candidate: Candidate, real: Speech, synthetic: Speech | None = None) -> None:
        super().__init__()
        self._frontend = candidate.frontend
        self._recipe = candidate.training
        self._alike = np.full(len(candidate.labels), 1 / len(candidate.labels), np.float32)
        self._real = self._examples_of(candidate, real)
        self._synthetic = self._examples_of(candidate, synthetic) if synthetic else _Examples()
        self._epoch = 0
        self._draw()

    def _examples_of(self, candidate: Candidate, speech: Speech) -> "_Examples":
        task, others = speech
        return _Examples(
            task=[
                Example(clip=task.clips[i], target=self._target(candidate, task.words[i]))
                for i in usable(task, self._recipe)
            ],
            others=[
                Example(clip=others.clips[i], target=self._alike)
                for i in usable(others, self._recipe)
            ]
            if others is not None
            else [],
        )

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
        recipe, real = self._recipe, len(self._real.task)
        synthetic = recipe.synthetic * real
        examples = [
            *self._real.task,
            *_some(self._real.others, recipe.other_words * real, rng),
            *_some(self._synthetic.task, synthetic, rng),
            *_some(self._synthetic.others, recipe.other_words * synthetic, rng),
            *[Example(clip=None, target=self._alike)] * round(recipe.noise * real),
        ]
        self._examples = [examples[i] for i in rng.permutation(len(examples))]

    def _features(self, example: Example, rng: np.random.Generator) -> Features:
        how = self._recipe.augmentation
        if example.clip is None:
            return self._frontend(_noise(rng))
        if how is None:
            return self._frontend(example.clip)
        return mask_features(self._frontend(vary_clip(example.clip, how, rng)), how, rng)


def usable(dataset: Dataset, recipe: Training) -> npt.NDArray[np.intp]:
    """
    Return the indices of clips to learn from: those that are no copy of an earlier one.

    Near-silent ones are left out, too, unless the recipe wants clips as they are.
    """
    first = {sha256(clip.tobytes()): i for i, clip in reversed(list(enumerate(dataset.clips)))}
    distinct = sorted(first.values())
    if recipe.augmentation is not None:
        distinct = [
            i for i in distinct if np.abs(dataset.clips[i].astype(int)).max() >= AUDIBLE_PEAK
        ]
    return np.array(distinct, np.intp)


def _some(examples: Sequence[Example], count: float, rng: np.random.Generator) -> Iterator[Example]:
    for i in rng.permutation(len(examples))[: round(count)]:
        yield examples[i]


def as_input(frontend: Any, clips: npt.NDArray[np.int16]) -> Features:
    """Return features of *clips* as a network takes them: ``(clips, frames, mel bins, 1)``."""
    return np.stack([frontend(clip) for clip in clips])[..., np.newaxis]


def _noise(rng: np.random.Generator) -> Clip:
    level = 32_768 * 10 ** (rng.uniform(_QUIETEST_DBFS, _LOUDEST_DBFS) / 20)
    kind = rng.integers(4)
    if kind == 0:
        samples = clicks(rng)
    elif kind == 1:
        samples = hum(rng, rng.choice(MAINS_HZ))
    else:
        samples = coloured_noise(rng, rng.uniform(0, 2.5))
    return to_int16(samples * np.float32(level))
