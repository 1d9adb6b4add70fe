"""A crew without any cluster: work runs here, and its results come in any order."""

import random
from collections.abc import Callable
from typing import Any

from candidates._search.cluster import BOARD, TRAIN


class Here:
    """
    Runs everything in this process.

    Args:
        trainers: Number of workers that train.
        boards: Number of boards.
        shuffled: Seed of the order in which results come; None for the order of the work.

    """

    shares_machine = False

    def __init__(self, trainers: int = 3, boards: int = 1, shuffled: int | None = None) -> None:
        self._counts = {TRAIN: trainers, BOARD: boards}
        self._order = None if shuffled is None else random.Random(shuffled)  # noqa: S311
        self._waiting: list[tuple[Any, Callable[[], Any]]] = []
        self.submitted: list[tuple[str, str]] = []
        self.most_at_once = 0

    def count(self, resource: str) -> int:
        """Return the number of workers with *resource*."""
        return self._counts[resource]

    def submit(self, resource: str, what: Any, function: Callable[..., Any], *args: Any) -> None:
        """Keep work until somebody waits for it."""
        self.submitted.append((resource, function.__name__))
        self._waiting.append((what, lambda: function(*args)))
        self.most_at_once = max(self.most_at_once, len(self._waiting))

    def wait(self, _seconds: float) -> tuple[Any, Callable[[], Any]] | None:
        """Do one piece of work."""
        at = self._order.randrange(len(self._waiting)) if self._order else 0
        return self._waiting.pop(at)

    def require_able(self) -> None:
        """Accept."""
