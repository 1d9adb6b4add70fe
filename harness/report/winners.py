"""The best candidate at each metric, its lead, and how sure the lead is."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.record import metrics
from harness.record.changes import Lead, Values
from harness.record.metric import Metric
from harness.record.rows import judged
from harness.report.columns import interval
from harness.report.group import Group, Row


class Winner(NamedTuple):
    """
    The best candidate at one metric.

    Attributes:
        at: Name of the metric.
        candidate: Name of the candidate.
        value: Its value, with unit.
        ahead_of: Name of the next best candidate, ``-`` if there is none.
        by: Size of the lead over it, ``-`` if there is none.
        sureness: How sure the lead is, ``-`` if there is none.

    """

    at: str
    candidate: str
    value: str
    ahead_of: str
    by: str
    sureness: str


def winners(group: Group) -> Iterator[Winner]:
    """Yield the best row of *group* at each metric, among the rows that pass."""
    for metric in metrics.METRICS:
        ranked = _ranked(metric, group.passed)
        if ranked:
            yield _winner(metric, *ranked[:2])


def _winner(metric: Metric, first: Row, second: Row | None = None) -> Winner:
    name, value = first.measurement["candidate"], _value(metric, first)
    if second is None:
        return Winner(metric.name, name, value, "-", "-", "-")
    ahead_of = second.measurement["candidate"]
    return Winner(metric.name, name, value, ahead_of, *_lead(metric, first, second))


def _ranked(metric: Metric, entrants: Sequence[Row]) -> list[Row]:
    """Return the rows that can win from best to worst; of equal rows, the smaller model first."""
    if metric.wins is None:
        return []
    sign = -1 if metric.better == "higher" else 1

    def key(row: Row) -> tuple[float, float, str]:
        value, size = (m.value(row.measurement) or 0 for m in (metric, metrics.SIZE))
        return sign * value, size, row.measurement["candidate"]

    may_win = [
        row
        for row in entrants
        if metric.value(row.measurement) is not None
        and judged(row.measurement, metric.name)
        and metric.wins(row.measurement)
    ]
    return sorted(may_win, key=key)


def _value(metric: Metric, row: Row) -> str:
    """Return the winner's value, with its interval or the metric to read it with."""
    text = metric.unit.text(metric.value(row.measurement) or 0)
    for other in map(metrics.metric, metric.beside):
        beside = other.value(row.measurement)
        if beside is not None:
            return f"{text}, at {other.unit.text(beside)} {other.name}"
    share = metric.share(row.measurement) if metric.share else None
    return f"{text} ({interval(share)} %)" if share else text


def _lead(metric: Metric, first: Row, second: Row) -> Lead:
    if metric.comparison is None:
        return Lead("-", "-")
    old, new = (metric.value(row.measurement) or 0 for row in (second, first))
    again = any(row.measurement.get("attempts") for row in (first, second))
    return metric.comparison.lead(
        second.measurement,
        first.measurement,
        Values(old, new, worse=False),
        side_by_side=first.record is second.record and not again,
    )
