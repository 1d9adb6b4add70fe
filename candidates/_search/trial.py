"""One try of a study, and what it came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from candidates._search.variations import Label

State = Literal["running", "completed", "stopped", "refused", "failed"]
FINISHED: Final = ("completed", "stopped")
"""States of trials that count."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What a trial came to.

    Attributes:
        state: How it ended.
        rungs: Its row at each rung that it reached: measured values, as in a record.
        row: Its row in the end, or what it was refused for; None if nothing was measured.
        reason: Why it was refused or failed; empty otherwise.
        worker: Machine that it was trained on, or empty.
        seconds: Time that its training took, on its worker.

    """

    state: State
    rungs: list[dict[str, Any]] = field(default_factory=list)
    row: dict[str, Any] | None = None
    reason: str = ""
    worker: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """
    One try of a study.

    Attributes:
        number: Its number, from 0.
        point: A label for each field that varies.
        outcome: What it came to; its state is ``running`` if it has not ended.

    """

    number: int
    point: Mapping[str, Label]
    outcome: Outcome

    @property
    def state(self) -> State:
        """How it ended, or that it has not."""
        return self.outcome.state
