"""How often a spotter is wrong in an hour, and how many words it misses."""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ
from harness.candidate.trigger import Trigger
from harness.decisions import Scores
from harness.spotter.spotter import Spotter
from harness.stream.detector import Detector, mean_scores
from harness.stream.pcm import Samples
from harness.stream.playback import Playback
from harness.stream.scene import Scene

Meanwhile = AbstractContextManager[None]

LATE_S: Final = 1.0
"""A word is hit if it is detected from its start until this long after its end."""

_TIMED_HOPS: Final = 300


class Found(NamedTuple):
    """
    Detections in a stream.

    Attributes:
        ends: End of the audio that each was decided on, in samples from the start.
        words: The word of each.

    """

    ends: npt.NDArray[np.intp]
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What the detections in a scene are worth.

    Attributes:
        false_accepts: Detections where no keyword was, by kind of background.
        delays_s: For each keyword that was hit, seconds from its end to the detection.
        keywords: Number of keywords.

    """

    false_accepts: dict[str, int]
    delays_s: tuple[float, ...]
    keywords: int

    @property
    def accepted(self) -> int:
        """Number of all false accepts."""
        return sum(self.false_accepts.values())

    @property
    def missed(self) -> int:
        """Number of keywords that were not hit."""
        return self.keywords - len(self.delays_s)


@dataclass(frozen=True, kw_only=True)
class Listened:
    """
    A spotter's scores of a whole scene.

    Attributes:
        scene: The scene.
        trigger: When the spotter acts.
        labels: What the scores stand for.
        task: Labels that can be detected.
        scores: Scores at each decision, float32 ``(decisions, labels)``.
        realtime_share: Share of one core that listening takes.

    """

    scene: Scene
    trigger: Trigger
    labels: tuple[str, ...]
    task: tuple[str, ...]
    scores: Scores
    realtime_share: float

    @cached_property
    def means(self) -> Scores:
        """Mean scores at each decision, of as many as the trigger averages."""
        count = self.trigger.mean_of
        before = np.zeros((count - 1, len(self.labels)), np.float32)
        padded = np.concatenate([before, self.scores])
        return mean_scores([padded[i : i + len(self.scores)] for i in range(count)])

    @cached_property
    def outcome(self) -> Outcome:
        """The outcome at the trigger's own threshold."""
        return self.outcome_at(self.trigger.threshold)

    def outcome_at(self, threshold: float) -> Outcome:
        """Return the outcome at another *threshold*."""
        return judged(self.scene, self.found(threshold))

    def found(self, threshold: float) -> Found:
        """Return the detections at *threshold*: those of a Detector."""
        able = np.flatnonzero((self._certainties > threshold) & self._of_task)
        chosen, place = [], 0
        while place < len(able):
            chosen.append(able[place])
            place = int(np.searchsorted(able, able[place] + self.trigger.refractory_hops))
        hits = np.array(chosen, np.intp)
        return Found(
            CLIP_SAMPLES + hits * self.trigger.hop_samples,
            tuple(self.labels[top] for top in self._tops[hits]),
        )

    @cached_property
    def _tops(self) -> npt.NDArray[np.intp]:
        tops: npt.NDArray[np.intp] = self.means.argmax(axis=1)
        return tops

    @cached_property
    def _certainties(self) -> npt.NDArray[np.float32]:
        certainties: npt.NDArray[np.float32] = self.means.max(axis=1)
        return certainties

    @cached_property
    def _of_task(self) -> npt.NDArray[np.bool_]:
        return np.isin(self.labels, self.task)[self._tops]


def listen(
    playback: Playback, spotter: Spotter, trigger: Trigger, meanwhile: Meanwhile | None = None
) -> Listened:
    """
    Let *spotter* listen to the scene of *playback*; nothing is timed within *meanwhile*.

    Raises:
        CandidateError, ModelError: As :meth:`Playback.scores` does.

    """
    with meanwhile or nullcontext():
        scores = playback.scores(spotter, trigger.hop_samples)
    return Listened(
        scene=playback.scene,
        trigger=trigger,
        labels=spotter.labels,
        task=spotter.task,
        scores=scores,
        realtime_share=_realtime_share(playback.scene, Detector(spotter, trigger)),
    )


def _realtime_share(scene: Scene, detector: Detector) -> float:
    """Return the share of one core that *detector* takes: the median of some hundred hops."""
    hop_samples = detector.trigger.hop_samples
    samples = _beginning(scene, CLIP_SAMPLES + _TIMED_HOPS * hop_samples)
    detector.feed(samples[:CLIP_SAMPLES])
    taken_s = []
    for start in range(CLIP_SAMPLES, samples.size - hop_samples + 1, hop_samples):
        began = time.perf_counter()
        detector.feed(samples[start : start + hop_samples])
        taken_s.append(time.perf_counter() - began)
    return float(np.median(taken_s)) * SAMPLE_RATE_HZ / hop_samples


def _beginning(scene: Scene, count: int) -> Samples:
    blocks: list[Samples] = []
    for block in scene.blocks():
        blocks.append(block)
        if sum(block.size for block in blocks) >= count:
            break
    return np.concatenate(blocks)[:count]


def judged(scene: Scene, found: Found) -> Outcome:
    """
    Count what *found* has right and wrong.

    A false accept belongs to the background in the middle of the second that it was decided on;
    a detection that hits a word is none. Between keywords that have no background, detections
    are neither right nor wrong: something is said there, too.
    """
    right = np.zeros(len(found.ends), bool)
    delays_s = []
    for word, start, end in scene.keywords:
        first, last = np.searchsorted(found.ends, [start, end + round(LATE_S * SAMPLE_RATE_HZ) + 1])
        hits = [i for i in range(first, last) if found.words[i] == word]
        right[hits] = True
        if hits:
            delays_s.append((int(found.ends[hits[0]]) - end) / SAMPLE_RATE_HZ)
    middles = found.ends[~right] - CLIP_SAMPLES // 2
    false_accepts = {
        kind: int(((middles >= start) & (middles < end)).sum())
        for kind, start, end in scene.backgrounds
    }
    return Outcome(
        false_accepts=false_accepts, delays_s=tuple(delays_s), keywords=len(scene.keywords)
    )
