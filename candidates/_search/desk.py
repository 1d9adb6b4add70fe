"""The desk: it hands trainings to workers, and models to boards or to this machine."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from candidates._search.cluster import BOARD, TRAIN, Crew
from candidates._search.progress import Progress
from candidates._search.task import Task, Trained, Work
from harness.candidate.card import english_words

POLL_S: Final = 0.5
"""Longest time to wait for a result before somebody is told how far it is."""

Step = Literal["draft", "train", "measure"]


@dataclass(kw_only=True)
class Active:
    """
    A trial that has begun and not ended.

    Attributes:
        number: Its number.
        task: What workers are told of it.
        draft: Its network before any training.
        early: What that tells: its size, and its times if they count.
        rungs: Its row at each rung that it has reached.
        state: Its training, to go on from.
        trained: Its training when it has ended.
        worker: Machine that trained it last.
        seconds: Time that its training took so far.

    """

    number: int
    task: Task
    draft: bytes | None = None
    early: dict[str, Any] = field(default_factory=dict)
    rungs: list[dict[str, Any]] = field(default_factory=list)
    state: bytes | None = None
    trained: Trained | None = None
    worker: str = ""
    seconds: float = 0.0


class Desk:
    """
    Hands out work, and takes in its results.

    Args:
        crew: Workers and boards.
        work: What they run.
        rungs: Shares of the epochs at which a training is paused.
        progress: Where to tell that a model is measured here.

    """

    def __init__(
        self, crew: Crew, work: Work, rungs: tuple[float, ...], progress: Progress
    ) -> None:
        self._crew, self._work, self._rungs, self._progress = crew, work, rungs, progress
        self._to_train: list[Active] = []
        self._to_measure: list[Active] = []
        self._training = 0

    def train(self, active: Active, *, first: bool = False) -> None:
        """Let a trial wait for a worker; *first* for one that is promising."""
        self._to_train.insert(0 if first else len(self._to_train), active)

    def measure(self, active: Active) -> None:
        """Let a trial's model wait for a board, or its draft as long as it has no model."""
        self._to_measure.append(active)

    def hand_out(self, begin: Callable[[], bool]) -> None:
        """Give each board and free worker something to do; *begin* begins a trial if it may."""
        if self._crew.count(BOARD):
            for active in self._to_measure:
                what = (active, "measure")
                self._crew.submit(BOARD, what, self._work.measure, *_model_of(active))
            self._to_measure.clear()
        while self._training < self._free_slots():
            while not self._to_train:
                if not begin():
                    return
            self._submit(self._to_train.pop(0))

    def take_in(self) -> tuple[Active, Step, Callable[[], Any]] | None:
        """
        Return a step that is done, and a function that returns or raises its result.

        That of a model which is measured here does so when it is called. None if nothing was
        done for a while.
        """
        if self._to_measure and not self._core_is_taken():
            active = self._to_measure.pop(0)
            self._progress.say(f"measuring {active.task.name} here")
            return active, "measure", lambda: self._work.measure(*_model_of(active))
        done = self._crew.wait(POLL_S)
        if done is None:
            return None
        (active, step), result = done
        if step != "measure":
            self._training -= 1
        return active, step, result

    def _submit(self, active: Active) -> None:
        self._training += 1
        if active.draft is None:
            self._crew.submit(TRAIN, (active, "draft"), self._work.draft, active.task)
            return
        epochs = active.task.candidate.training.epochs
        until = max(1, round(self._rungs[len(active.rungs)] * epochs))
        what, train = (active, "train"), self._work.train
        self._crew.submit(TRAIN, what, train, active.task, until, active.state)

    def _free_slots(self) -> int:
        """Return how many trainings may run: one fewer while a model waits for a core of ours."""
        slots = self._crew.count(TRAIN)
        waiting = bool(self._to_measure) and self._crew.shares_machine
        return min(slots, _cores() - 1) if waiting else slots

    def _core_is_taken(self) -> bool:
        return self._crew.shares_machine and self._training >= _cores()


def _model_of(active: Active) -> tuple[Task, bytes, frozenset[str]]:
    """Return what to measure of a trial: its model, or its draft as long as it has none."""
    if active.trained is None:
        return active.task, active.draft or b"", frozenset()
    return active.task, active.trained.model, english_words(active.trained.card["heard"])


def _cores() -> int:
    return os.cpu_count() or 1
