"""Who is best at what, by how much, and how sure that is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from harness.record import rows
from harness.report.columns import (
    ACCURACY,
    DETECTED,
    FALSE_ACCEPTS,
    HEADLINE,
    ZIPPED,
    Column,
    interval,
)
from harness.report.group import Group, Row

FEW_FALSE_ACCEPTS: Final = 0.03
"""Share of other words that a candidate must stay under to be called good at detection."""

_LEAST_P: Final = 0.01
"""A p-value below it is told as that."""


class Lead(NamedTuple):
    """By how much one row is ahead of another, and how sure that is."""

    by: str
    sureness: str


@dataclass(frozen=True, kw_only=True)
class _Contest:
    """
    Something to be best at.

    Attributes:
        at: What.
        column: The values compared.
        show: What to tell of the winner.
        lead: Of the winner over the next best.
        enters: Which rows take part.

    """

    at: str
    column: Column
    show: Callable[[Any], str]
    lead: Callable[[Row, Row], Lead]
    enters: Callable[[Any], bool] = lambda _row: True


class Winner(NamedTuple):
    """The best at something; ``-`` where there is no other to compare with."""

    at: str
    candidate: str
    value: str
    ahead_of: str
    by: str
    sureness: str


def winners(group: Group) -> Iterator[Winner]:
    """Yield the best of those rows of *group* that pass, at one thing after another."""
    for contest in _CONTESTS:
        ranked = _ranked(contest, group.passed)
        if ranked:
            yield _winner(contest, *ranked[:2])


def _winner(contest: _Contest, first: Row, second: Row | None = None) -> Winner:
    name, value = first.measurement["candidate"], contest.show(first.measurement)
    if second is None:
        return Winner(contest.at, name, value, "-", "-", "-")
    lead = contest.lead(first, second)
    return Winner(contest.at, name, value, second.measurement["candidate"], *lead)


def _ranked(contest: _Contest, entrants: Sequence[Row]) -> list[Row]:
    """Return those who take part from best to worst, of equals the smaller first."""
    sign = -1 if contest.column.best is max else 1

    def key(row: Row) -> tuple[float, int, str]:
        measured = row.measurement
        value = sign * contest.column.value(measured)
        return value, rows.zipped_bytes(measured), measured["candidate"]

    return sorted((row for row in entrants if contest.enters(row.measurement)), key=key)


def _clips(answers: rows.Answers) -> Callable[[Row, Row], Lead]:
    """Return what tells a lead in clips, paired: both rows were asked the same ones."""

    def lead(first: Row, second: Row) -> Lead:
        pairs = rows.paired(second.measurement, first.measurement, answers)
        more, clips = pairs.won - pairs.lost, first.record["dataset"]["clips"]
        by = f"{more} of {clips:,} clips" if more else "being smaller"
        chance = "beyond chance" if pairs.beyond_chance else "may be chance"
        p_value = f"p = {pairs.p_value:.2f}" if pairs.p_value >= _LEAST_P else f"p < {_LEAST_P}"
        return Lead(by, f"{pairs.won} won, {pairs.lost} lost: {chance} ({p_value})")

    return lead


def _smaller(first: Row, second: Row) -> Lead:
    ratio = rows.zipped_bytes(first.measurement) / rows.zipped_bytes(second.measurement)
    return Lead(f"{100 * (1 - ratio):.0f} % smaller", "exact")


def _faster(first: Row, second: Row) -> Lead:
    ratio = rows.latency_us(first.measurement) / rows.latency_us(second.measurement)
    by = f"{100 * (1 - ratio):.0f} % faster"
    again = any(row.measurement.get("attempts") for row in (first, second))
    if first.record is not second.record or again:
        return Lead(by, "not measured side by side")
    pairs = list(
        zip(*(rows.window_medians_us(row.measurement) for row in (first, second)), strict=False)
    )
    faster = sum(mine < theirs for mine, theirs in pairs)
    return Lead(by, f"faster in {faster} of {len(pairs)} windows")


def _quiet(row: Any) -> bool:
    accepted = rows.share_acted_on("words")(row)
    return accepted is not None and accepted < FEW_FALSE_ACCEPTS


_CONTESTS: Final = (
    _Contest(
        at="accuracy",
        column=ACCURACY,
        show=lambda row: f"{ACCURACY.show(ACCURACY.value(row))} ({interval(row['accuracy'])} %)",
        lead=_clips(rows.correct),
    ),
    _Contest(
        at="detection",
        column=DETECTED,
        show=lambda row: (
            f"{DETECTED.show(DETECTED.value(row))}, at "
            f"{FALSE_ACCEPTS.show(FALSE_ACCEPTS.value(row))} false accepts"
        ),
        lead=_clips(rows.detected),
        enters=_quiet,
    ),
    _Contest(
        at="size",
        column=ZIPPED,
        show=lambda row: f"{ZIPPED.show(ZIPPED.value(row))} KiB zipped",
        lead=_smaller,
    ),
    _Contest(
        at="latency",
        column=HEADLINE,
        show=lambda row: f"{HEADLINE.show(HEADLINE.value(row))} µs",
        lead=_faster,
    ),
)
