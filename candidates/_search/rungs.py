"""Rungs: places in a training where the less promising half of the trials is stopped."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

import numpy as np

from candidates._search.aims import Aims
from candidates._search.ranking import among_the_better

NEAR: Final = 200
"""Earlier trials that one is compared with: enough to know its place, in milliseconds."""


class Climber(Protocol):
    """A trial that has not ended: its number, and its row at each rung that it has reached."""

    number: int
    rungs: list[dict[str, Any]]


class Rungs:
    """
    Decides which trials go on.

    A trial is compared with the last NEAR of lower numbers that reach its rung, and waits for
    all lower numbers. So it does not matter in which order workers bring their results, nor how
    many trials are wanted. A limit counts against a trial only where it is surely missed:
    training goes on, and validation clips are few.

    Args:
        aims: What the study wants.

    """

    def __init__(self, aims: Aims) -> None:
        self._aims = aims
        self._rows: dict[int, dict[int, dict[str, Any]]] = {}
        self._waiting: dict[int, Climber] = {}

    def remember(self, number: int, rungs: Iterable[dict[str, Any]]) -> None:
        """Count a trial that ended earlier among those that others are compared with."""
        for rung, row in enumerate(rungs):
            self._rows.setdefault(rung, {})[number] = row

    def reach(self, trial: Climber) -> None:
        """Let *trial* wait at the rung that it has just reached."""
        self.remember(trial.number, trial.rungs)
        self._waiting[trial.number] = trial

    def decided(self, running: Iterable[Climber]) -> Iterator[tuple[Climber, bool]]:
        """
        Yield each waiting trial that can be decided on, and whether it goes on.

        Args:
            running: Every trial that has not ended.

        """
        reached = {trial.number: len(trial.rungs) for trial in running}
        for number, trial in sorted(self._waiting.items()):
            rung = len(trial.rungs) - 1
            if all(count > rung for other, count in reached.items() if other < number):
                del self._waiting[number]
                earlier = [row for o, row in sorted(self._rows[rung].items()) if o < number]
                yield trial, self._is_promising([*earlier[-NEAR:], trial.rungs[-1]])

    def _is_promising(self, rows: list[dict[str, Any]]) -> bool:
        """Whether the last of *rows* is in the better half, in the goals that all rows know."""
        losses = np.array([self._aims.losses(row) for row in rows])
        known = np.isfinite(losses).all(axis=0)
        excess = np.array([self._aims.excess(row, surely=True) for row in rows])
        return among_the_better(losses[:, known], excess)
