"""What a metric is: one measured quantity, and everything the house has to know of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from harness.record.changes import Comparison
from harness.record.rows import Share
from harness.record.units import Unit

Table = Literal["main", "terminal", "operating", "latency", "anatomy"]
"""The tables of a report: the main one, as a page is wide; a terminal's; the details."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """
    One measured quantity.

    Attributes:
        name: What verdicts and ``misses`` call it.
        heading: Heading of its column.
        meaning: What the column holds, for whoever reads the results.
        value: Reads it from a row of a record; None where the row lacks it.
        unit: Unit it is recorded in.
        title: What running text and pictures call it; empty for the name.
        better: Which of two values is the better one; None where neither is.
        limit: Name of its limit in a budget; empty where it can have none.
        required: Whether every budget must limit it.
        share: Reads the count and interval behind a share.
        comparison: How two rows are compared in it; None for not at all.
        tables: The tables that show it.
        pictured: Whether a picture shows accuracy against it.
        wins: Tells which rows may be called best at it; None where nobody is.
        beside: Name of a metric that a winner's value is shown with.

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
    beside: str = ""

    @property
    def noun(self) -> str:
        """What running text calls it."""
        return self.title or self.name

    @property
    def bound(self) -> str:
        """The word between the metric and its limit."""
        return "over" if self.better == "higher" else "under"

    def beats(self, value: float, other: float) -> bool:
        """Whether *value* is better than *other*; an equal one is not."""
        return value > other if self.better == "higher" else value < other

    def best(self, values: list[float]) -> float | None:
        """Return the best of *values*, None where none is better than another."""
        if self.better is None or not values:
            return None
        return max(values) if self.better == "higher" else min(values)
