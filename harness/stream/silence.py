"""Noticing that a microphone is silent."""

from typing import Final

from harness.audio import SAMPLE_RATE_HZ
from harness.stream.pcm import Samples

SILENT_S: Final = 10
"""Seconds of silence that are worth a word."""

_SILENT_SPAN: Final = 4
"""Audio whose samples lie within so few steps of 65,536 is silence: a muted or missing microphone.

A microphone in a quiet room moves by more. An offset that stays as it is does not count.
"""


class Silence:
    """Notices ten seconds without any sound."""

    def __init__(self) -> None:
        self._samples = 0
        self._low, self._high = 0, 0

    def feed(self, block: Samples) -> bool:
        """Return whether the silence has just become ten seconds long."""
        low, high = int(block.min()), int(block.max())
        if self._samples:
            low, high = min(low, self._low), max(high, self._high)
        before = self._samples
        if high - low > _SILENT_SPAN:
            self._samples = 0
            return False
        self._low, self._high, self._samples = low, high, before + block.size
        return before < SILENT_S * SAMPLE_RATE_HZ <= self._samples
