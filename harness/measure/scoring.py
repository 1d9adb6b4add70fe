"""Scoring: a candidate's model is loaded, and every test clip is put through its spotter."""

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from harness import decisions, statistics
from harness.candidate.candidate import Candidate
from harness.candidate.card import read_model
from harness.datasets import Dataset
from harness.datasets.noise import noise_clips
from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import require_working
from harness.measure.speech import Speech
from harness.measure.timing import time_once
from harness.spotter.loading import make_spotter
from harness.spotter.probe import try_out
from harness.spotter.size import zipped_bytes
from harness.spotter.spotter import Spotter


@dataclass(frozen=True, kw_only=True)
class Scored:
    """
    A candidate that works: it is loaded, and every test clip is scored.

    Attributes:
        candidate: What was asked for.
        data: The ``.tflite`` file.
        spotter: Front-end and model; what is timed is this one object.
        dataset: Test clips of the task's words.
        scores: Their scores.
        other_scores: Scores of the test clips of other words.
        noise_scores: Scores of the clips of noise.
        init_us: Microseconds that loading the model took.
        first_call_us: Microseconds that the first call took.
        added_peak_bytes: How far loading and one call raised the peak memory of a process.

    """

    candidate: Candidate
    data: bytes
    spotter: Spotter
    dataset: Dataset
    scores: Scores
    other_scores: Scores
    noise_scores: Scores
    init_us: float
    first_call_us: float
    added_peak_bytes: int

    @cached_property
    def accuracy(self) -> statistics.Proportion:
        """Clips whose top score is that of their word."""
        hits = decisions.correct(self.scores, self.dataset.words, self.candidate.labels)
        return statistics.count(hits)

    @cached_property
    def certainties(self) -> dict[str, npt.NDArray[np.float32]]:
        """
        The top score of each clip, or 0 where the operating rule must not count it.

        ``detected`` is of the clips of keywords, 0 where the top score is that of another
        word. ``words`` and ``noise`` are of all other clips, 0 where the top score is that
        of a label outside the task.
        """
        words, labels = self.candidate.words, self.candidate.labels
        right = decisions.correct(self.scores, self.dataset.words, labels)
        others = {"words": self.other_scores, "noise": self.noise_scores}
        return {
            "detected": decisions.certainty(self.scores, right),
            **{
                kind: decisions.certainty(scores, decisions.of_task(scores, words, labels))
                for kind, scores in others.items()
            },
        }

    @cached_property
    def zipped_bytes(self) -> int:
        """Size of the zipped model, in bytes."""
        return zipped_bytes(self.data)


def score(candidate: Candidate, name: str, folder: Path, speech: Speech) -> Scored:
    """
    Load the model of *candidate* and score every test clip.

    Raises:
        CandidateError: If the front-end raises, or returns anything but features.
        ModelError: If the model is missing, stale, damaged or does not fit.
        DatasetError, AudioError: If there is nothing to measure it on.

    """
    dataset, others = speech.task(candidate.words), speech.others(candidate.words)
    data = read_model(candidate, name, folder)
    require_working(candidate.frontend, dataset.clips[0])
    file_name = f"{name}.tflite"
    added_peak_bytes = try_out(data, file_name).added_peak_bytes
    start = time.perf_counter()
    spotter = make_spotter(candidate, name, data)
    init_us = (time.perf_counter() - start) * 1e6
    try:
        first_call_us = time_once(lambda: spotter(dataset.clips[0]))
        scores, noise_scores = spotter.score(dataset.clips), spotter.score(noise_clips())
        other_scores = spotter.score(others.clips) if others else scores[:0]
    except RuntimeError as error:
        msg = f"{file_name} gave up on a clip: {error}; convert it again"
        raise ModelError(msg) from error
    return Scored(
        candidate=candidate,
        data=data,
        spotter=spotter,
        dataset=dataset,
        scores=scores,
        other_scores=other_scores,
        noise_scores=noise_scores,
        init_us=init_us,
        first_call_us=first_call_us,
        added_peak_bytes=added_peak_bytes,
    )
