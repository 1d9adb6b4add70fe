"""Clips into features, many at a time, in processes of their own: no TensorFlow here."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from candidates._training.augment import Varier
from harness.candidate.training import Augmentation
from harness.frontends.frontend import Features, features_of

Clips = npt.NDArray[np.int16]

PROCESSES: Final = 2
_AT_ONCE: Final = 1_024
"""Features made in one go of one process."""

_SEED: Final = 1
_FEW: Final = 4_000
"""Features that are made sooner than a process has started."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """
    What is to be made of clips.

    Attributes:
        frontend: Clip to features.
        how: How clips are varied; None to take them as they are.
        variants: Varied copies of each clip.
        dtype: Type that features are kept in: ``float16`` or ``float32``.

    """

    frontend: Any
    how: Augmentation | None
    variants: int
    dtype: str

    def __call__(self, clips: Clips, first: int) -> npt.NDArray[Any]:
        """Return the features of *clips*, ``(clips, variants, *shape)``; *first* is their seed."""
        varier = Varier(how=self.how) if self.how else None
        rng = np.random.default_rng((_SEED, first))
        made = np.empty((len(clips), self.variants, *self.frontend.shape), self.dtype)
        largest = np.finfo(self.dtype).max
        for clip, features in zip(clips, made, strict=True):
            varied = varier(clip, self.variants, rng) if varier else [clip] * self.variants
            for one, into in zip(varied, features, strict=True):
                into[:] = np.clip(self.frontend(one), -largest, largest)
        return made


def made_from(clips: Clips, work: Work) -> Iterator[npt.NDArray[Any]]:
    """
    Yield the features of *clips*, in order, some clips at a time: the same ones every time.

    A process that may start no others, such as a search's worker, makes them itself.
    """
    step = max(1, _AT_ONCE // work.variants)
    starts = range(0, len(clips), step)
    parts = (clips[start : start + step] for start in starts)
    if len(clips) * work.variants < _FEW or multiprocessing.current_process().daemon:
        yield from map(work, parts, starts)
        return
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, parts, starts)


def as_input(frontend: Any, clips: Clips) -> Features:
    """Return features of *clips* as a network takes them: ``(clips, *shape, 1)``."""
    return features_of(frontend, clips)[..., np.newaxis]
