"""The last second of a stream, each time a decision is due."""

from collections.abc import Iterator

import numpy as np

from harness.audio import CLIP_SAMPLES, Clip
from harness.stream.pcm import Samples


class Seconds:
    """
    Cuts a stream into seconds: the first whole one, then one at each hop.

    Args:
        hop_samples: Samples from one decision to the next.

    Attributes:
        fed: Samples fed so far.

    """

    def __init__(self, hop_samples: int) -> None:
        self.fed = 0
        self._hop_samples = hop_samples
        self._missing = CLIP_SAMPLES
        self._second = np.zeros(CLIP_SAMPLES, np.int16)

    def feed(self, samples: Samples) -> Iterator[Clip]:
        """Take *samples* and yield each second they complete; it changes after the next step."""
        while samples.size:
            part, samples = samples[: self._missing], samples[self._missing :]
            self._second[: -part.size] = self._second[part.size :]
            self._second[-part.size :] = part
            self.fed += part.size
            self._missing -= part.size
            if not self._missing:
                self._missing = self._hop_samples
                yield self._second
