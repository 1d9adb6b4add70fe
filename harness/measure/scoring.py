"""Scoring: load a candidate's model and run its spotter on every test clip."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness import decisions, statistics
from harness.candidate.candidate import Candidate
from harness.candidate.card import heard_words, read_model, seeds_of, trigger_of
from harness.candidate.registry import Registry
from harness.candidate.trigger import Trigger
from harness.datasets import DIGITS, Dataset
from harness.datasets.noise import noise_clips, noise_kinds
from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import require_working
from harness.measure.speech import Speech, is_noise
from harness.measure.stream import stream_part
from harness.measure.timing import time_once
from harness.sharing import Clips
from harness.spotter.loading import make_spotter
from harness.spotter.probe import Origin, Probe
from harness.spotter.size import zipped_bytes
from harness.spotter.spotter import Spotter
from harness.stream.evaluation import Listened, Meanwhile, listen


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

    The scores of the task's clips are those of the very spotter that is timed later. Those of
    *outliers* are its twin's, in the child process that tried it.

    Attributes:
        candidate: The candidate.
        data: Contents of its ``.tflite`` file.
        spotter: Its front-end and model, the object that is timed later.
        dataset: Test clips of the task's words.
        scores: Their scores.
        outliers: What must not trigger the rule, by kind: ``words`` the model heard in training,
            ``unheard`` ones, ``noise``, and the digits of ``people`` and ``synthetic`` voices.
        listened: Its scores of a stream; None if it did not listen to one.
        init_us: Time to load the model, in microseconds.
        first_call_us: Time of the first call, in microseconds.
        added_peak_bytes: How far loading and one call raised the peak memory of a
            process, in bytes.
        seeds: What each seed came to, if it was trained from several.

    """

    candidate: Candidate
    data: bytes
    spotter: Spotter
    dataset: Dataset
    scores: Scores
    outliers: Mapping[str, Outliers]
    listened: Listened | None
    init_us: float
    first_call_us: float
    added_peak_bytes: int
    seeds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

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
    def stream(self) -> dict[str, Any] | None:
        """What its row says of the stream; rows are made after each window, and this once."""
        return stream_part(self.listened) if self.listened else None

    @cached_property
    def zipped_bytes(self) -> int:
        """Size of the zipped model, in bytes."""
        return zipped_bytes(self.data)


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """
    A ``.tflite`` file to score, and what is known of it.

    Attributes:
        origin: Package that a child process imports the candidate from, or the candidate.
        data: Contents of the ``.tflite`` file.
        heard: English words that its training contained.
        trigger: Trigger to listen to a stream with; None not to listen.
        seeds: What each seed came to, if it was trained from several: see :class:`Card`.

    """

    origin: Origin
    data: bytes
    heard: frozenset[str]
    trigger: Trigger | None = None
    seeds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def model_of(candidate: Candidate, name: str, registry: Registry) -> ModelFile:
    """Return the model of *candidate*; raises ModelError if it is missing, stale or damaged."""
    folder = registry.folder
    return ModelFile(
        origin=registry.package,
        data=read_model(candidate, name, folder),
        heard=heard_words(candidate, name, folder),
        trigger=trigger_of(candidate, name, folder),
        seeds=seeds_of(candidate, name, folder),
    )


class Trial:
    """
    A candidate that scores every clip in a child process, from now on.

    Args:
        candidate: The candidate.
        name: Its name.
        model: Its model, which may be in no folder.
        speech: What it is scored on.

    Raises:
        DatasetError, AudioError: If the clips to score cannot be read.

    """

    def __init__(self, candidate: Candidate, name: str, model: ModelFile, speech: Speech) -> None:
        self._candidate, self._name, self._model = candidate, name, model
        self._speech = speech
        self._dataset = speech.task(candidate.words)
        self._others = _others(candidate, model.heard, speech)
        clips = [self._dataset.clips, *(other.clips for other in self._others)]
        self._probe = Probe(model.origin, name, model.data, clips)

    def wait(self) -> None:
        """Wait until the child process is done."""
        self._probe.wait()

    def scored(self, meanwhile: Meanwhile | None = None) -> Scored:
        """
        Load the model in this process, too, and return it with its scores.

        Args:
            meanwhile: Entered while this process is busy with a stream, and times nothing.

        Raises:
            CandidateError: If the front-end raises, or returns anything but features.
            ModelError: If the model does not fit or cannot be run, or if the child process
                died of it.

        """
        candidate, dataset, model = self._candidate, self._dataset, self._model
        probed = self._probe.result()
        require_working(candidate.frontend, dataset.clips[0])
        start = time.perf_counter()
        spotter = make_spotter(candidate, self._name, model.data)
        init_us = (time.perf_counter() - start) * 1e6
        try:
            first_call_us = time_once(lambda: spotter(dataset.clips[0]))
            scores = spotter.score(dataset.clips)
            listened = self._listened(spotter, meanwhile)
        except RuntimeError as error:
            msg = f"{self._name}.tflite failed on a clip: {error}; convert it again"
            raise ModelError(msg) from error
        return Scored(
            candidate=candidate,
            data=model.data,
            spotter=spotter,
            dataset=dataset,
            scores=scores,
            outliers=_outliers(self._others, probed.scores[1:]),
            listened=listened,
            init_us=init_us,
            first_call_us=first_call_us,
            added_peak_bytes=probed.added_peak_bytes,
            seeds=model.seeds,
        )

    def _listened(self, spotter: Spotter, meanwhile: Meanwhile | None) -> Listened | None:
        trigger = self._model.trigger
        if trigger is None:
            return None
        return listen(self._speech.stream(self._candidate.words), spotter, trigger, meanwhile)


class _Other(NamedTuple):
    """
    Clips of no word of the task.

    Attributes:
        clips: The clips.
        kinds: Kind of each, as in :attr:`Scored.outliers`.
        groups: What each is one of, as in :attr:`Outliers.groups`.
        digest: Digest of the clips, as in :attr:`Outliers.digest`.

    """

    clips: Clips
    kinds: Sequence[str]
    groups: Sequence[str]
    digest: str | None = None


def _others(candidate: Candidate, heard: frozenset[str], speech: Speech) -> list[_Other]:
    """Return everything that is no word of the task; digits only if the model heard none."""
    noise = noise_clips()
    found = [_Other(noise, ["noise"] * len(noise), noise_kinds())]
    if (others := speech.others(candidate.words)) is not None:
        kinds = [_kind(word, heard) for word in others.words]
        found.append(_Other(others.clips, kinds, others.words))
    if not {*heard, *candidate.labels} & set(DIGITS):
        for who, (dataset, speakers) in speech.digits().items():
            found.append(_Other(dataset.clips, [who] * len(dataset), speakers, dataset.digest))
    return found


def _outliers(others: Sequence[_Other], scores: Sequence[Scores]) -> dict[str, Outliers]:
    """Return the scores by kind."""
    found: dict[str, Outliers] = {}
    for other, scored in zip(others, scores, strict=True):
        for kind in dict.fromkeys(other.kinds):
            at = [place for place, found_kind in enumerate(other.kinds) if found_kind == kind]
            part = Outliers(scored[at], tuple(other.groups[place] for place in at), other.digest)
            found[kind] = _joined(found[kind], part) if kind in found else part
    return found


def _kind(word: str, heard: frozenset[str]) -> str:
    if is_noise(word):
        return "noise"
    return "words" if word in heard else "unheard"


def _joined(first: Outliers, second: Outliers) -> Outliers:
    scores = np.concatenate([first.scores, second.scores])
    return Outliers(scores, first.groups + second.groups)
