"""One candidate in a run: it is prepared, timed window by window, and judged."""

import itertools
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from harness.audio import Clip
from harness.candidate.candidate import Candidate
from harness.errors import CandidateError, ModelError, NoRecordingsError, SpotbenchError
from harness.measure import board
from harness.measure.machine import Machine
from harness.measure.row import Attempt, error_row, measured_row
from harness.measure.scoring import Scored
from harness.measure.timing import (
    MIN_CALLS,
    REWARM_S,
    Profile,
    Times,
    Window,
    time_calls,
    time_stages,
    warm_up,
)
from harness.measure.validity import Evidence, board_reasons
from harness.record.schema import Fact, Measurement

_OWN_FAULTS: Final = (Exception, SystemExit)
"""What code of a candidate may raise; Ctrl-C, and what pytest skips a test by, are neither."""

MAX_REPEATS = 2
"""Most times that a candidate is measured again because the board made its times invalid."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """
    Conditions that all candidates of a run are measured under.

    Attributes:
        profile: How long to measure.
        machine: The machine that is measured on.
        facts: Facts about that machine when the run began.
        certain: Whether the worse end of a share's interval must beat the limit, too.

    """

    profile: Profile
    machine: Machine
    facts: dict[str, Fact]
    certain: bool = False


class Loader(Protocol):
    """Where a subject gets its candidate and its scores from."""

    def load(self, name: str) -> Candidate:
        """Import the candidate *name*."""
        ...

    def score(self, candidate: Candidate, name: str) -> Scored:
        """Load the candidate's model and score every test clip."""
        ...


class Subject:
    """
    One candidate in one run.

    An error while it is prepared is kept and not raised, so that it does not stop the
    other candidates.

    Attributes:
        name: Name of the candidate's module.
        words: Words of its task; None until its module is read.
        error: Why it cannot be measured; None if it can.
        absent: Why it is left out: the data set has no recordings of its words; else None.
        windows: The windows timed so far.
        attempts: Earlier attempts, which the board made invalid.

    """

    def __init__(self, name: str, loader: Loader, conditions: Conditions) -> None:
        self.name = name
        self.words: tuple[str, ...] | None = None
        self.error: str | None = None
        self.absent: str | None = None
        self.windows: list[Window] = []
        self.attempts: list[Attempt] = []
        self._loader = loader
        self._conditions = conditions
        self._scored: Scored | None = None
        self._clips: Iterator[Clip] = iter(())
        self._throttled_before = conditions.facts["throttled"]

    @property
    def scored(self) -> Scored:
        """The prepared candidate; raises CandidateError if it could not be prepared."""
        if self._scored is None:
            raise CandidateError(self.error or self.absent)
        return self._scored

    @property
    def finished(self) -> bool:
        """Whether there is anything to record: a window, or an error."""
        return bool(self.windows) or self.error is not None

    def prepare(self) -> None:
        """Load the candidate and score every test clip; the second call does nothing."""
        if self._scored or self.error or self.absent:
            return
        try:
            candidate = self._loader.load(self.name)
            self.words = candidate.words
            self._scored = self._loader.score(candidate, self.name)
            self._clips = itertools.cycle(self._scored.dataset.clips)
        except NoRecordingsError as error:
            self.absent = str(error)
        except (CandidateError, ModelError) as error:
            self.error = str(error)
        except SpotbenchError:
            raise
        except _OWN_FAULTS as error:
            self.error = _unforeseen(error, "it was prepared")

    def next_clip(self) -> tuple[tuple[Clip], dict[str, object]]:
        """Return the arguments of the next timed call; the clips of the data set take turns."""
        return (next(self._clips),), {}

    def take_window(self, timed: Callable[[int], Times]) -> None:
        """
        Warm up, time one window, and time the stages separately.

        Args:
            timed: Times a number of calls of the spotter, each on :meth:`next_clip`.

        """
        with self._costing_itself_alone("it was timed"):
            self.windows.append(self._window(timed, first=not self.windows))

    def _window(self, timed: Callable[[int], Times], *, first: bool) -> Window:
        profile, spotter = self._conditions.profile, self.scored.spotter
        fastest_s = warm_up(spotter, self._clips, profile.warmup_s if first else REWARM_S)
        before = board.readings(self._conditions.machine)
        total_us = timed(max(MIN_CALLS, math.ceil(profile.window_s / fastest_s)))
        after = board.readings(self._conditions.machine)
        calls = max(MIN_CALLS, math.ceil(profile.stages_s / fastest_s))
        stages = time_stages(spotter, self._clips, calls)
        return Window(total_us=total_us, stages=stages, before=before, after=after)

    def timed(self, calls: int) -> Times:
        """Time *calls* of the spotter, as pytest-benchmark does in the gate."""
        return time_calls(self.scored.spotter, self._clips, calls)

    def take_again(self) -> None:
        """
        Measure all windows again while the board makes them invalid, twice at most.

        The old windows are replaced when all new ones are there, so an interrupted
        attempt leaves the old ones in place. A candidate that fails in one gets an error.
        """
        with self._costing_itself_alone("it was timed again"):
            self._take_again()

    def _take_again(self) -> None:
        while len(self.attempts) < MAX_REPEATS and (reasons := board_reasons(self._evidence)):
            throttled_before = board.readings(self._conditions.machine)["throttled"]
            planned = range(self._conditions.profile.windows)
            windows = [self._window(self.timed, first=number == 0) for number in planned]
            self.attempts.append(Attempt(reasons, self.windows))
            self.windows, self._throttled_before = windows, throttled_before

    def row(self) -> Measurement:
        """Return its row of the record from the windows so far, or from its error."""
        if self.error is not None:
            return error_row(self.name, self.error)
        certain = self._conditions.certain
        try:
            row = measured_row(
                self.name, self.scored, self.attempts, self._evidence, certain=certain
            )
            json.dumps(row, allow_nan=False)
        except Exception as error:  # noqa: BLE001  (the rows of the other candidates are kept)
            return error_row(self.name, _unforeseen(error, "its row was made"))
        return row

    @contextmanager
    def _costing_itself_alone(self, when: str) -> Iterator[None]:
        """Keep whatever the candidate raises as its error: the others are measured."""
        try:
            yield
        except _OWN_FAULTS as error:
            self.error = _unforeseen(error, when)

    @property
    def _evidence(self) -> Evidence:
        facts = self._conditions.facts
        return Evidence(
            windows=self.windows,
            planned=self._conditions.profile.windows,
            delegated=self.scored.spotter.model.delegated_operators > 0,
            throttled_before=self._throttled_before,
            model=facts["model"],
            governor=facts["governor"],
            repeats=len(self.attempts),
        )


def _unforeseen(error: BaseException, when: str) -> str:
    """Return the text of an error that nobody foresaw, be it of a candidate or of the harness."""
    return f"{type(error).__name__} when {when}: {error}; fix the candidate, or report this fault"
