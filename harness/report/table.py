"""Tables of measurements, for a terminal and for Markdown."""

import re
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, Final

from tabulate import tabulate

from harness.record.metrics import ACCURACY, SIZE, not_certain
from harness.record.schema import Measurement
from harness.report import columns as tables
from harness.report.columns import Column
from harness.text import markdown, printable

_DOUBT: Final = "?: not certain, because a limit lies within the 95 % interval"
_NOT_JUDGED: Final = "{} not judged, because it is expected to be missed on other data sets"
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_RANK: Final = {
    verdict: rank for rank, verdict in enumerate(("pass", "miss", "invalid", "fail", "error"))
}
_SYMBOL: Final = {
    "pass": "✅\u00a0pass",
    "miss": "☑️\u00a0miss",
    "invalid": "⚠️\u00a0invalid",
    "fail": "❌\u00a0fail",
    "error": "💥\u00a0error",
}


def in_order(rows: Sequence[Measurement]) -> list[Measurement]:
    """Return *rows* sorted: by verdict, then accuracy, then zipped size."""

    def key(row: Measurement) -> tuple[float, ...]:
        rank = _RANK[row["verdict"]]
        if row["error"] is not None:
            return (rank,)
        return (rank, -(ACCURACY.value(row) or 0), SIZE.value(row) or 0)

    return sorted(rows, key=lambda row: (key(row), row["candidate"]))


def terminal_table(rows: Sequence[Measurement], width: int | None = None) -> str:
    """
    Return the table of results for a terminal, the best of each column starred.

    Args:
        rows: Rows of one data set and task.
        width: Width of the terminal in characters; columns that do not fit are left out.
            None to show all columns.

    """
    every = tables.terminal()
    leaving = [column for column in reversed(every) if not column.kept]
    for gone in range(len(leaving) + 1):
        columns = [column for column in every if column not in leaving[:gone]]
        table = _table(rows, columns, "simple", mark="*{}".format, verdict=str)
        if width is None or table.index("\n") <= width:
            break
    left_out = ", ".join(column.heading for column in every if column not in columns)
    return (
        f"{table}\n- no room for these columns, see the report: {left_out}" if left_out else table
    )


def markdown_table(rows: Sequence[Measurement], columns: Sequence[Column] | None = None) -> str:
    """Return a table in Markdown, verdict first, the best of each column in bold."""
    columns = tables.main() if columns is None else columns
    symbol = _SYMBOL.__getitem__
    return _table(rows, columns, "github", mark="**{}**".format, verdict=symbol)


def details_table(rows: Sequence[Measurement], columns: Sequence[Column]) -> str:
    """Return a table in Markdown without verdicts."""
    return _table(rows, columns, "github", mark="**{}**".format)


def _table(
    rows: Sequence[Measurement],
    columns: Sequence[Column],
    style: str,
    *,
    mark: Callable[[str], str],
    verdict: Callable[[str], str] | None = None,
) -> str:
    safe = markdown if style == "github" else printable
    columns = [column for column in columns if not _gives_way(column, rows)]
    passed = [row for row in rows if row["verdict"] == "pass"]
    best = [_best(column, passed) for column in columns]

    def cell(column: Column, row: Measurement, top: Any) -> str:
        if row["error"] is not None:
            return "-"
        value = column.value(row)
        if value is None:
            return "-"
        shown = safe(column.show(value))
        if not column.judged(row):
            return f"{shown} (not judged)"
        winning = row["verdict"] == "pass" and value == top
        return mark(shown) if winning else shown

    def stamp(row: Measurement) -> list[str]:
        return [verdict(row["verdict"]) + "?" * not_certain(row)] if verdict else []

    titles = ["verdict", "candidate"] if verdict else ["candidate"]
    return tabulate(
        [
            [*stamp(row), safe(row["candidate"]), *map(cell, columns, repeat(row), best)]
            for row in in_order(rows)
        ],
        headers=[*titles, *(safe(column.heading) for column in columns)],
        tablefmt=style,
        colalign=("left",) * len(titles) + ("right",) * len(columns),
        disable_numparse=True,
    )


def _gives_way(column: Column, rows: Sequence[Measurement]) -> bool:
    """Whether a row has the value that takes the place of what *column* holds."""
    instead = column.gives_way_to
    return instead is not None and any(instead(row) is not None for row in rows)


def _best(column: Column, rows: Sequence[Measurement]) -> Any:
    judged = filter(column.judged, rows)
    values = [value for row in judged if (value := column.value(row)) is not None]
    return column.best(values) if column.best else None


def notes(rows: Sequence[Measurement]) -> list[str]:
    """Return one line for each warning that all rows share, and one for each row with notes."""
    measured = [row for row in rows if row["error"] is None]
    shared = _shared([row["warnings"] for row in measured])
    lines = [_DOUBT] if any(map(not_certain, rows)) else []
    lines += [f"every row: warning: {warning}" for warning in shared.values()]
    for row in in_order(rows):
        if unjudged := row.get("not_judged"):
            lines.append(f"{row['candidate']}: {_NOT_JUDGED.format(' and '.join(unjudged))}")
        reasons = [row["error"]] if row["error"] else row["violations"]
        own = [warning for warning in row["warnings"] if _kind(warning) not in shared]
        if reasons or own:
            kind = row["verdict"] if reasons else "warning"
            lines.append(f"{row['candidate']}: {kind}: {'; '.join([*reasons, *own])}")
    return lines


def _shared(warnings: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return each kind of warning that every row has, with one text for all of them."""
    if len(warnings) < 2:  # noqa: PLR2004  (a single row shares no warning)
        return {}
    by_kind = [{_kind(warning): warning for warning in row} for row in warnings]
    return {
        kind: _merged([row[kind] for row in by_kind])
        for kind in by_kind[0]
        if kind.count("#") <= 1 and all(kind in row for row in by_kind)
    }


def _kind(warning: str) -> str:
    return _NUMBER.sub("#", warning)


def _merged(warnings: Sequence[str]) -> str:
    """Merge warnings that differ in one number into one, with the range of that number."""
    if len(set(warnings)) == 1:
        return warnings[0]
    numbers = sorted((number for w in warnings for number in _NUMBER.findall(w)), key=float)
    return _NUMBER.sub(f"{numbers[0]}-{numbers[-1]}", warnings[0])
