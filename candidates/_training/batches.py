"""Batches for training: features drawn from pools and masked, all in NumPy."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from candidates._training.augment import mask
from candidates._training.parts import OUTLIER, Labels, Part
from candidates._training.pools import Pool, Pools
from harness.candidate.candidate import Candidate
from harness.frontends.frontend import Features

T = TypeVar("T")
Targets = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Batches:
    """
    The training clips of a candidate, epoch after epoch.

    What is drawn depends on seed and epoch alone, not on timing.

    Attributes:
        candidate: Whose labels and recipe are used.
        parts: What to draw from.
        pools: The features of each part.

    """

    candidate: Candidate
    parts: Sequence[Part]
    pools: Sequence[Pool]

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        drawn = sum(part.drawn for part in self.parts)
        return math.ceil(drawn / self.candidate.training.batch_size)

    def epoch(self, number: int) -> Iterator[tuple[Features, Targets]]:
        """Yield features ``(batch, *shape, 1)`` and targets ``(batch, labels)`` of an epoch."""
        recipe = self.candidate.training
        rng = np.random.default_rng((recipe.seed, number))
        drawn = np.concatenate([_draw(i, part, pool, rng) for i, (part, pool) in self._each()])
        drawn = rng.permutation(drawn)
        for start in range(0, len(drawn), recipe.batch_size):
            yield self._batch(drawn[start : start + recipe.batch_size], rng)

    def _each(self) -> Iterator[tuple[int, tuple[Part, Pool]]]:
        return enumerate(zip(self.parts, self.pools, strict=True))

    def _batch(self, drawn: Labels, rng: np.random.Generator) -> tuple[Features, Targets]:
        features = np.empty((len(drawn), *self.candidate.frontend.shape), np.float32)
        labels = np.empty(len(drawn), np.intp)
        for i, (part, pool) in self._each():
            here = np.flatnonzero(drawn[:, 0] == i)
            clips, variants = drawn[here, 1:].T
            features[here] = pool[clips, variants]
            labels[here] = part.labels[clips]
        how = self.candidate.training.augmentation
        if how is not None:
            mask(features, how, rng)
        return features[..., np.newaxis], self._targets(labels)

    def _targets(self, labels: Labels) -> Targets:
        """Return the scores wanted: that of the label, or the same for all of an outlier."""
        count, smoothing = len(self.candidate.labels), self.candidate.training.label_smoothing
        alike = np.full((len(labels), count), 1 / count, np.float32)
        wanted = np.eye(count, dtype=np.float32)[labels]
        known = (labels != OUTLIER)[:, np.newaxis]
        targets: Targets = np.where(known, (1 - smoothing) * wanted + smoothing * alike, alike)
        return targets


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield *items*, each made in a thread of its own while the one before is used."""
    with ThreadPoolExecutor(1) as maker:
        made = maker.submit(next, items, None)
        while (item := made.result()) is not None:
            made = maker.submit(next, items, None)
            yield item


def _draw(number: int, part: Part, pool: Pool, rng: np.random.Generator) -> Labels:
    """Return rows of part, clip and variant: no clip comes twice before each came once."""
    rounds = math.ceil(part.drawn / len(part.clips))
    clips = np.concatenate([rng.permutation(len(part.clips)) for _ in range(rounds)])
    clips = clips[: part.drawn]
    variants = rng.integers(pool.shape[1], size=len(clips))
    return np.stack([np.full(len(clips), number), clips, variants], axis=1)


def batches_of(candidate: Candidate, parts: Sequence[Part], pools: Pools) -> Batches:
    """Return the batches of *candidate*, with the features of *parts* made if need be."""
    how = candidate.training.augmentation
    return Batches(
        candidate=candidate,
        parts=parts,
        pools=[pools.of(part.clips, how, part.variants, part.name) for part in parts],
    )
