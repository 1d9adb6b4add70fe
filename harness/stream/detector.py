"""Deciding on continuous audio, a hop at a time."""

import functools
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.audio import SAMPLE_RATE_HZ, Clip
from harness.candidate.card import trigger_of
from harness.candidate.registry import Registry
from harness.candidate.trigger import Trigger
from harness.decisions import Scores
from harness.spotter.loading import load_spotter
from harness.spotter.spotter import Spotter
from harness.stream.features import stream_features
from harness.stream.pcm import Samples
from harness.stream.seconds import Seconds


class Detection(NamedTuple):
    """
    A word that was detected.

    Attributes:
        time_s: End of the audio decided on, in seconds from the start.
        word: Word of the task.
        score: Its mean score.

    """

    time_s: float
    word: str
    score: float


class Detector:
    """
    Decides on continuous audio: samples in, detections out.

    The first decision is on the first whole second, the next one a hop later. The scores are
    those of the spotter on the same second.

    Args:
        spotter: Scores a second of audio.
        trigger: Turns scores into detections.

    """

    def __init__(self, spotter: Spotter, trigger: Trigger) -> None:
        self.spotter = spotter
        self.trigger = trigger
        self._seconds = Seconds(trigger.hop_samples)
        self._features = stream_features(spotter.frontend, trigger.hop_samples)
        nothing = np.zeros(len(spotter.labels), np.float32)
        self._scores = deque([nothing] * trigger.mean_of, maxlen=trigger.mean_of)
        self._resting = 0

    @property
    def seconds(self) -> float:
        """Seconds of audio fed so far."""
        return self._seconds.fed / SAMPLE_RATE_HZ

    def feed(self, samples: Samples) -> list[Detection]:
        """Take the next *samples*, and return what is detected in the hops they complete."""
        decided = map(self._decide, self._seconds.feed(samples))
        return [detection for detection in decided if detection is not None]

    def _decide(self, second: Clip) -> Detection | None:
        self._scores.append(self.spotter.model(self._features(second)))
        self._resting = max(0, self._resting - 1)
        if self._resting:
            return None
        mean = mean_scores(self._scores)
        top = int(mean.argmax())
        word = self.spotter.labels[top]
        if not mean[top] > self.trigger.threshold or word not in self.spotter.task:
            return None
        self._resting = self.trigger.refractory_hops
        return Detection(self.seconds, word, float(mean[top]))


def mean_scores(rows: Sequence[Scores] | deque[Scores]) -> Scores:
    """Return the mean of scores of equal shape, summed from first to last in float32."""
    total: Scores = functools.reduce(np.add, rows) / np.float32(len(rows))
    return total


def load_detector(name: str, package: str = "candidates") -> Detector:
    """
    Return the detector of candidate *name*, ready to be fed.

    Args:
        name: Name of the candidate's module.
        package: Package that holds the candidates.

    Raises:
        CandidateError, ModelError: As :func:`~harness.spotter.loading.load_spotter` does.

    """
    registry = Registry(package)
    spotter = load_spotter(name, package)
    return Detector(spotter, trigger_of(registry.load(name), name, registry.folder))
