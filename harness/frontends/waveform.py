"""Waveform: the clip itself, for a model that holds its own front-end."""

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import numpy as np

from harness.audio import CLIP_SAMPLES, Clip
from harness.frontends.frontend import INT16_SCALE, Features, refuse, require_clip


@dataclass(frozen=True, kw_only=True)
class Waveform:
    """
    The samples of a clip as float32.

    Args:
        full_scale: Value of a full-scale sample: 1 for samples from -1 to 1,
            32,768 for the numbers in the recording.

    Attributes:
        version: Version of the arithmetic and the defaults, as in :class:`LogMel`.

    Raises:
        CandidateError: If *full_scale* is impossible.

    """

    version: ClassVar[int] = 1

    full_scale: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.full_scale < inf:
            refuse(f"full_scale={self.full_scale}", "a finite number above 0")

    @property
    def shape(self) -> tuple[int]:
        """Shape of the features, ``(16000,)``."""
        return (CLIP_SAMPLES,)

    def __call__(self, clip: Clip, /) -> Features:
        """Return the features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        require_clip(clip)
        features: Features = np.multiply(clip, self.full_scale / INT16_SCALE, dtype=np.float32)
        return features
