"""One run of the main job: candidates are prepared, measured in turn and judged."""

import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness import decisions, statistics
from harness.audio import Clip
from harness.candidate.candidate import Candidate
from harness.candidate.card import read_model
from harness.candidate.registry import Registry
from harness.datasets import Dataset, Source
from harness.datasets.noise import noise_clips
from harness.decisions import Scores
from harness.errors import CandidateError, ModelError, NoRecordingsError
from harness.frontends.frontend import require_working
from harness.measure import board
from harness.measure.board import Machine
from harness.measure.timing import (
    MIN_CALLS,
    REWARM_S,
    Profile,
    Times,
    Window,
    median_of_medians,
    time_calls,
    time_once,
    time_stages,
    warm_up,
)
from harness.measure.validity import Evidence, board_reasons, invalid_reasons, warnings
from harness.measure.verdict import Judgement, judge
from harness.spotter.model import Model
from harness.spotter.probe import try_out
from harness.spotter.size import zipped_bytes
from harness.spotter.spotter import Spotter

MAX_REPEATS = 2
"""Times a candidate is measured again after a board was throttled."""


class Attempt(NamedTuple):
    """Windows that were taken again, and why."""

    reasons: tuple[str, ...]
    windows: Sequence[Window]


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A candidate that works: loaded, and every test clip scored."""

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
        return statistics.count(decisions.correct(self.scores, self.dataset.words, self.labels))

    @cached_property
    def certainties(self) -> dict[str, npt.NDArray[np.float32]]:
        """
        How sure a clip's answer is: acted on above the threshold of the operating rule.

        ``detected``: of the clips of keywords, 0 where it is wrong. ``words`` and
        ``noise``: of all other clips, 0 where it is no word of the task.
        """
        words, labels = self.candidate.words, self.labels
        right = decisions.correct(self.scores, self.dataset.words, labels)
        return {
            "detected": decisions.certainty(self.scores, right),
            **{
                kind: decisions.certainty(scores, decisions.of_task(scores, words, labels))
                for kind, scores in (("words", self.other_scores), ("noise", self.noise_scores))
            },
        }

    def acted_on(self, kind: str) -> statistics.Proportion:
        """Clips of a *kind* of :attr:`certainties` that the operating rule acts on."""
        return statistics.count(decisions.triggers(self.certainties[kind]))

    @cached_property
    def zipped_bytes(self) -> int:
        """Size of the model, zipped."""
        return zipped_bytes(self.data)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of the scores stand for."""
        return self.candidate.labels


class Subject:
    """
    One candidate on its way through a run.

    What goes wrong while it is prepared is kept, so that the others are
    measured all the same.

    Attributes:
        name: Of its module.
        words: Its task, once its module is read.
        error: Why it cannot be measured.
        absent: Why it has no place in this run: no recordings of its words.
        windows: What was timed.
        attempts: Earlier ones, of which all windows were taken again.

    """

    def __init__(self, name: str, session: "Session") -> None:
        self.name = name
        self.words: tuple[str, ...] | None = None
        self.error: str | None = None
        self.absent: str | None = None
        self.windows: list[Window] = []
        self.attempts: list[Attempt] = []
        self._session = session
        self._scored: Scored | None = None
        self._clips: Iterator[Clip] = iter(())
        self._throttled_before = session.facts["throttled"]

    @property
    def scored(self) -> Scored:
        """The prepared candidate; raises CandidateError if it could not be prepared."""
        if self._scored is None:
            raise CandidateError(self.error or self.absent)
        return self._scored

    @property
    def finished(self) -> bool:
        """Whether there is anything to record: a window, or the reason why there is none."""
        return bool(self.windows) or self.error is not None

    def prepare(self) -> None:
        """Load the candidate and score every test clip; does nothing the second time."""
        if self._scored or self.error or self.absent:
            return
        try:
            candidate = self._session.registry.load(self.name)
            self.words = candidate.words
            self._scored = self._session.score(candidate, self.name)
            self._clips = itertools.cycle(self._scored.dataset.clips)
        except NoRecordingsError as error:
            self.absent = str(error)
        except (CandidateError, ModelError) as error:
            self.error = str(error)

    def next_clip(self) -> tuple[tuple[Clip], dict[str, object]]:
        """Arguments of the next timed call: the clips of the data set, round and round."""
        return (next(self._clips),), {}

    def take_window(self, timed: Callable[[int], Times]) -> None:
        """
        Warm up, have a window timed, and time the stages apart.

        Args:
            timed: Times so many calls of the spotter, on :meth:`next_clip`.

        """
        self.windows.append(self._window(timed, first=not self.windows))

    def _window(self, timed: Callable[[int], Times], *, first: bool) -> Window:
        profile, spotter = self._session.profile, self.scored.spotter
        warmup_s = profile.warmup_s if first else REWARM_S
        fastest_s = warm_up(spotter, self._clips, warmup_s)
        before = board.readings(self._session.machine)
        total_us = timed(max(MIN_CALLS, math.ceil(profile.window_s / fastest_s)))
        after = board.readings(self._session.machine)
        calls = max(MIN_CALLS, math.ceil(profile.stages_s / fastest_s))
        stages = time_stages(spotter, self._clips, calls)
        return Window(total_us=total_us, stages=stages, before=before, after=after)

    def take_again(self) -> None:
        """
        While the board makes the windows invalid, take all of them again, twice at most.

        They are exchanged when all are there: an interrupted attempt leaves those before.
        """

        def timed(calls: int) -> Times:
            return time_calls(self.scored.spotter, self._clips, calls)

        while len(self.attempts) < MAX_REPEATS and (reasons := board_reasons(self._evidence)):
            throttled_before = board.readings(self._session.machine)["throttled"]
            planned = range(self._session.profile.windows)
            windows = [self._window(timed, first=number == 0) for number in planned]
            self.attempts.append(Attempt(reasons, self.windows))
            self.windows, self._throttled_before = windows, throttled_before

    def judgement(self) -> Judgement:
        """Judge what was measured so far."""
        if self.error is not None:
            return Judgement("error", (self.error,))
        scored = self.scored
        violations = scored.candidate.limits.violations(
            accuracy=scored.accuracy,
            zipped_bytes=scored.zipped_bytes,
            latency_us=median_of_medians([window.total_us for window in self.windows]),
            certain=self._session.certain,
            detected=scored.acted_on("detected"),
            false_accepts={kind: scored.acted_on(kind) for kind in ("words", "noise")},
        )
        invalid = invalid_reasons(self._evidence)
        return judge(scored.candidate, scored.dataset.name, violations, invalid)

    def warnings(self) -> tuple[str, ...]:
        """Return what to keep in mind about the times."""
        return warnings(self._evidence)

    @property
    def _evidence(self) -> Evidence:
        return Evidence(
            windows=self.windows,
            planned=self._session.profile.windows,
            delegated=self.scored.spotter.model.delegated_operators > 0,
            throttled_before=self._throttled_before,
            model=self._session.facts["model"],
            governor=self._session.facts["governor"],
            repeats=len(self.attempts),
        )


class Session:
    """What all candidates of a run share: data set, profile and machine."""

    def __init__(
        self,
        registry: Registry,
        source: Source,
        profile: Profile,
        machine: Machine,
        *,
        certain: bool = False,
    ) -> None:
        self.profile = profile
        self.certain = certain
        self.machine = machine
        self.facts = board.facts(machine)
        self.registry = registry
        self.subjects: dict[str, Subject] = {}
        self._source = source
        self.datasets: dict[tuple[str, ...], Dataset] = {}
        self._others: dict[tuple[str, ...], Dataset | None] = {}

    @property
    def source_name(self) -> str:
        """Of the data set; where that is left to us, it is chosen now."""
        return self._source.name

    def subject(self, name: str) -> Subject:
        """Return candidate *name* in this run."""
        return self.subjects.setdefault(name, Subject(name, self))

    def score(self, candidate: Candidate, name: str) -> Scored:
        """
        Load the model of *candidate* and score every test clip.

        Raises:
            ModelError: If the model is missing, stale, damaged or does not fit.
            DatasetError, AudioError: If there is nothing to measure it on.

        """
        dataset = self.dataset(candidate.words)
        others = self.others(candidate.words)
        data = read_model(candidate, name, self.registry.folder)
        require_working(candidate.frontend, dataset.clips[0])
        added_peak_bytes = try_out(data, f"{name}.tflite").added_peak_bytes
        start = time.perf_counter()
        model = Model(
            data, f"{name}.tflite", features_shape=candidate.frontend.shape, labels=candidate.labels
        )
        spotter = Spotter(candidate.frontend, model, labels=candidate.labels, task=candidate.words)
        init_us = (time.perf_counter() - start) * 1e6
        try:
            first_call_us = time_once(lambda: spotter(dataset.clips[0]))
            scores, noise_scores = spotter.score(dataset.clips), spotter.score(noise_clips())
            other_scores = spotter.score(others.clips) if others else scores[:0]
        except RuntimeError as error:
            msg = f"{name}.tflite gave up on a clip: {error}; convert it again"
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

    def dataset(self, words: tuple[str, ...]) -> Dataset:
        """Return the test clips of *words*, read once."""
        if words not in self.datasets:
            self.datasets[words] = self._source.load(words, "test")
        return self.datasets[words]

    def others(self, words: tuple[str, ...]) -> Dataset | None:
        """Return the test clips of all words but *words*, read once; None if there are none."""
        if words not in self._others:
            others = tuple(word for word in self._source.words("test") if word not in words)
            self._others[words] = self._source.load(others, "test") if others else None
        return self._others[words]
