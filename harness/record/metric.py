"""What a metric is: one measured quantity, with everything that tables and budgets need."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from harness.record.changes import Comparison
from harness.record.rows import Share
from harness.record.units import Unit

Table = Literal["main", "terminal", "operating", "stream", "latency", "anatomy", "seeds"]
"""A table: the main one of a report, the one on a terminal, or one of a report's details."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """
    One measured quantity.

    Attributes:
        name: Name in verdicts and in ``misses``.
        heading: Heading of its column.
        meaning: What the column shows, for readers of the results.
        value: Reads the value from a row of a record; returns None if the row lacks it.
        unit: Unit of the recorded value.
        title: Name in running text and pictures; empty if it is that in verdicts.
        better: Which of two values is better; None if neither is.
        limit: Name of its limit in a budget; empty if it cannot be limited.
        required: Whether every budget must limit it.
        share: Reads the count and interval behind a share; None if it is no share.
        comparison: How two rows are compared in it; None if they are not.
        tables: The tables that show it.
        pictured: Whether a picture shows accuracy against it.
        wins: Tells which rows may be called best at it; None where nobody is.
        beside: Names of metrics, the first of which that a winner has is shown with its value.
        stands_in_for: Name of a metric that takes its place in tables where any row has it.

    """

    name: str
    heading: str
    meaning: str
    value: Callable[[Any], float | None]
    unit: Unit
    title: str = ""
    better: Literal["higher", "lower"] | None = None
    limit: str = ""
    required: bool = False
    share: Callable[[Any], Share | None] | None = None
    comparison: Comparison | None = None
    tables: tuple[Table, ...] = ()
    pictured: bool = False
    wins: Callable[[Any], bool] | None = None
    beside: tuple[str, ...] = ()
    stands_in_for: str = ""

    @property
    def noun(self) -> str:
        """Its name in running text."""
        return self.title or self.name

    @property
    def bound(self) -> str:
        """The word between the metric and its limit."""
        return "over" if self.better == "higher" else "under"

    def beats(self, value: float, other: float) -> bool:
        """Whether *value* is better than *other*; an equal one is not."""
        return value > other if self.better == "higher" else value < other

    def best(self, values: list[float]) -> float | None:
        """Return the best of *values*, None if there is none or no value is better."""
        if self.better is None or not values:
            return None
        return max(values) if self.better == "higher" else min(values)
