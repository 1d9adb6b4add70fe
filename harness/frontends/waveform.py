"""The clip itself, for a model with its front-end inside."""

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import numpy as np

from harness.audio import CLIP_SAMPLES, Clip
from harness.frontends.frontend import INT16_SCALE, Features, refuse, require_clip


@dataclass(frozen=True, kw_only=True)
class Waveform:
    """
    Samples as float32.

    Args:
        full_scale: What a full-scale sample becomes: 1 for samples from -1 to 1,
            32,768 for the numbers of the recording.

    Attributes:
        version: Number of the arithmetic and the defaults, as in :class:`LogMel`.

    Raises:
        CandidateError: If no clip could pass through it.

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
        """Features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        require_clip(clip)
        features: Features = np.multiply(clip, self.full_scale / INT16_SCALE, dtype=np.float32)
        return features
