"""Deciding on continuous audio, a hop at a time."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ
from harness.candidate.card import trigger_of
from harness.candidate.registry import Registry
from harness.candidate.trigger import Trigger
from harness.decisions import Scores
from harness.spotter.loading import load_spotter
from harness.spotter.spotter import Spotter
from harness.stream.features import stream_features

Samples = npt.NDArray[np.int16]
"""Any number of 16 kHz mono samples: int16 ``(samples,)``."""


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
        self._features = stream_features(spotter.frontend, trigger.hop_samples)
        self._second = np.zeros(CLIP_SAMPLES, np.int16)
        self._fed = 0
        self._missing = CLIP_SAMPLES
        nothing = np.zeros(len(spotter.labels), np.float32)
        self._scores = deque([nothing] * trigger.mean_of, maxlen=trigger.mean_of)
        self._resting = 0

    @property
    def seconds(self) -> float:
        """Seconds of audio fed so far."""
        return self._fed / SAMPLE_RATE_HZ

    def feed(self, samples: Samples) -> list[Detection]:
        """Take the next *samples*, and return what is detected in the hops they complete."""
        return list(self._detections(samples))

    def _detections(self, samples: Samples) -> Iterator[Detection]:
        while samples.size:
            part, samples = samples[: self._missing], samples[self._missing :]
            self._second[: -part.size] = self._second[part.size :]
            self._second[-part.size :] = part
            self._fed += part.size
            self._missing -= part.size
            if not self._missing:
                self._missing = self.trigger.hop_samples
                detection = self._decide()
                if detection is not None:
                    yield detection

    def _decide(self) -> Detection | None:
        self._scores.append(self.spotter.model(self._features(self._second)))
        self._resting = max(0, self._resting - 1)
        if self._resting:
            return None
        mean = mean_scores(list(self._scores))
        top = int(mean.argmax())
        labels = self.spotter.labels
        if not mean[top] > self.trigger.threshold or labels[top] not in self.spotter.task:
            return None
        self._resting = self.trigger.refractory_hops
        return Detection(self.seconds, labels[top], float(mean[top]))


def mean_scores(rows: list[Scores]) -> Scores:
    """Return the mean of equally shaped *rows*, summed from first to last in float32."""
    total = rows[0].copy()
    for row in rows[1:]:
        total += row
    total /= np.float32(len(rows))
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
