"""When a spotter that listens to continuous audio acts."""

from dataclasses import dataclass
from typing import Final

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ
from harness.decisions import OPERATING_THRESHOLD
from harness.errors import CandidateError

MOST_AVERAGED: Final = 50
"""Decisions that scores may be averaged over: five seconds of them at ten a second."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """
    The rule that turns the scores of a stream into detections.

    Every hop, the scores of the last second are averaged with those of earlier decisions. A word
    of the task is detected if its mean score is the highest and exceeds the threshold, unless
    the last detection was a moment ago.

    Attributes:
        threshold: Mean score that must be exceeded.
        hop_ms: Milliseconds from one decision to the next.
        mean_of: Number of decisions that scores are averaged over, the latest included.
        refractory_ms: Milliseconds after a detection in which there is no other, of any word.

    Raises:
        CandidateError: If a value is impossible.

    """

    threshold: float = OPERATING_THRESHOLD
    hop_ms: int = 100
    mean_of: int = 1
    refractory_ms: int = 1_000

    def __post_init__(self) -> None:
        longest_ms = 1_000 * CLIP_SAMPLES // SAMPLE_RATE_HZ
        self._require("threshold", "0 to below 1", holds=0 <= self.threshold < 1)
        for name, least, most in (
            ("hop_ms", 1, longest_ms),
            ("mean_of", 1, MOST_AVERAGED),
            ("refractory_ms", 0, 60_000),
        ):
            value = getattr(self, name)
            holds = isinstance(value, int) and least <= value <= most
            self._require(name, f"a whole number from {least} to {most}", holds=holds)

    def _require(self, name: str, wanted: str, *, holds: bool) -> None:
        if not holds:
            msg = f"impossible trigger: {name}={getattr(self, name)!r}; use {wanted}"
            raise CandidateError(msg)

    @property
    def hop_samples(self) -> int:
        """Samples from one decision to the next."""
        return self.hop_ms * SAMPLE_RATE_HZ // 1_000

    @property
    def refractory_hops(self) -> int:
        """Decisions, the first detection's included, that bring no other detection."""
        return max(1, -(-self.refractory_ms // self.hop_ms))
