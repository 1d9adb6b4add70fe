"""Scoring: load a candidate's model and run its spotter on every test clip."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness import decisions, statistics
from harness.candidate.candidate import Candidate
from harness.candidate.card import heard_words, read_model
from harness.datasets import DIGITS, Dataset
from harness.datasets.noise import noise_clips, noise_kinds
from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import require_working
from harness.measure.speech import Speech, is_noise
from harness.measure.timing import time_once
from harness.spotter.loading import make_spotter
from harness.spotter.probe import probe
from harness.spotter.size import zipped_bytes
from harness.spotter.spotter import Spotter


class Outliers(NamedTuple):
    """
    Clips that must not trigger the operating rule.

    Attributes:
        scores: Their scores.
        groups: What each clip is one of: its speaker, or its kind of noise.
        digest: Digest of the clips, where rows can only be compared if it is the same.

    """

    scores: Scores
    groups: tuple[str, ...]
    digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scored:
    """
    A candidate that is loaded, with the scores of every test clip.

    Attributes:
        candidate: The candidate.
        data: Contents of its ``.tflite`` file.
        spotter: Its front-end and model, the object that is timed later.
        dataset: Test clips of the task's words.
        scores: Their scores.
        outliers: What must not trigger the rule, by kind: ``words`` the model heard in training,
            ``unheard`` ones, ``noise``, and the digits of ``people`` and ``synthetic`` voices.
        init_us: Time to load the model, in microseconds.
        first_call_us: Time of the first call, in microseconds.
        added_peak_bytes: How far loading and one call raised the peak memory of a
            process, in bytes.

    """

    candidate: Candidate
    data: bytes
    spotter: Spotter
    dataset: Dataset
    scores: Scores
    outliers: Mapping[str, Outliers]
    init_us: float
    first_call_us: float
    added_peak_bytes: int

    @cached_property
    def accuracy(self) -> statistics.Proportion:
        """Share of clips whose top score is that of their word."""
        hits = decisions.correct(self.scores, self.dataset.words, self.candidate.labels)
        return statistics.count(hits)

    @cached_property
    def certainties(self) -> dict[str, npt.NDArray[np.float32]]:
        """
        The top score of each clip, by kind of clip; 0 where it does not count.

        ``detected`` is of the clips of keywords, 0 where the top score is that of another
        word. The other kinds are those of *outliers*, 0 where the top score is that of a label
        outside the task.
        """
        words, labels = self.candidate.words, self.candidate.labels
        right = decisions.correct(self.scores, self.dataset.words, labels)
        return {
            "detected": decisions.certainty(self.scores, right),
            **{
                kind: decisions.certainty(scores, decisions.of_task(scores, words, labels))
                for kind, (scores, *_) in self.outliers.items()
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
        DatasetError, AudioError: If the clips to score cannot be read.

    """
    data, heard = read_model(candidate, name, folder), heard_words(candidate, name, folder)
    return score_model(candidate, name, data, heard, speech)


def score_model(
    candidate: Candidate, name: str, data: bytes, heard: frozenset[str], speech: Speech
) -> Scored:
    """
    Score every test clip with a model that is in no folder.

    Args:
        candidate: The candidate.
        name: What errors call it.
        data: Contents of its ``.tflite`` file.
        heard: English words that its training contained.
        speech: Clips to score.

    Raises:
        CandidateError, ModelError, DatasetError, AudioError: As :func:`score` does.

    """
    dataset = speech.task(candidate.words)
    require_working(candidate.frontend, dataset.clips[0])
    file_name = f"{name}.tflite"
    added_peak_bytes = probe(data, file_name).added_peak_bytes
    start = time.perf_counter()
    spotter = make_spotter(candidate, name, data)
    init_us = (time.perf_counter() - start) * 1e6
    try:
        first_call_us = time_once(lambda: spotter(dataset.clips[0]))
        scores = spotter.score(dataset.clips)
        outliers = _outliers(spotter, candidate.words, heard, speech)
    except RuntimeError as error:
        msg = f"{file_name} failed on a clip: {error}; convert it again"
        raise ModelError(msg) from error
    return Scored(
        candidate=candidate,
        data=data,
        spotter=spotter,
        dataset=dataset,
        scores=scores,
        outliers=outliers,
        init_us=init_us,
        first_call_us=first_call_us,
        added_peak_bytes=added_peak_bytes,
    )


def _outliers(
    spotter: Spotter, task: tuple[str, ...], heard: frozenset[str], speech: Speech
) -> dict[str, Outliers]:
    """Score everything that is no word of *task*, kind by kind; digits only if none was heard."""
    found = {"noise": Outliers(spotter.score(noise_clips()), noise_kinds())}
    others = speech.others(task)
    if others is not None:
        kinds = [_kind(word, heard) for word in others.words]
        scores = spotter.score(others.clips)
        for kind in dict.fromkeys(kinds):
            at = [index for index, found_kind in enumerate(kinds) if found_kind == kind]
            part = Outliers(scores[at], tuple(others.words[index] for index in at))
            found[kind] = _joined(found[kind], part) if kind in found else part
    if not heard & set(DIGITS) and not set(spotter.labels) & set(DIGITS):
        for who, (dataset, speakers) in speech.digits().items():
            found[who] = Outliers(spotter.score(dataset.clips), speakers, dataset.digest)
    return found


def _kind(word: str, heard: frozenset[str]) -> str:
    if is_noise(word):
        return "noise"
    return "words" if word in heard else "unheard"


def _joined(first: Outliers, second: Outliers) -> Outliers:
    scores = np.concatenate([first.scores, second.scores])
    return Outliers(scores, first.groups + second.groups)
