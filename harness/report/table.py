"""Tables of measurements, for a terminal and for Markdown."""

from collections.abc import Callable, Sequence
from typing import Final

from tabulate import tabulate

from harness.measurement import Measurement
from harness.report.columns import FIRST_TO_GO, MAIN, TERMINAL, Column
from harness.rows import accuracy, zipped_bytes

_RANK: Final = {
    verdict: rank for rank, verdict in enumerate(("pass", "miss", "invalid", "fail", "error"))
}
_SYMBOL: Final = {
    "pass": "✅ pass",
    "miss": "☑️ miss",
    "invalid": "⚠️ invalid",
    "fail": "❌ fail",
    "error": "💥 error",
}


def in_order(rows: Sequence[Measurement]) -> list[Measurement]:
    """Return *rows* sorted: by verdict, then accuracy, then zipped size."""

    def key(row: Measurement) -> tuple[float, ...]:
        rank = _RANK[row["verdict"]]
        if row["error"] is not None:
            return (rank,)
        return (rank, -accuracy(row), zipped_bytes(row))

    return sorted(rows, key=lambda row: (key(row), row["candidate"]))


def terminal_table(rows: Sequence[Measurement], width: int | None = None) -> str:
    """
    Return the table of results for a terminal, the best of each column starred.

    Args:
        rows: Of one data set and task.
        width: Of the terminal, in characters: columns that do not fit are left to the
            report. None for all of them.

    """

    def stamp(row: Measurement) -> str:
        return row["verdict"] + "?" * not_certain(row)

    for gone in range(len(FIRST_TO_GO) + 1):
        columns = [column for column in TERMINAL if column not in FIRST_TO_GO[:gone]]
        table = _table(rows, columns, "simple", mark="*{}".format, stamp=stamp)
        if width is None or table.index("\n") <= width:
            break
    return table


def markdown_table(rows: Sequence[Measurement], columns: Sequence[Column] = MAIN) -> str:
    """Return a table in Markdown, verdict first, the best of each column in bold."""

    def stamp(row: Measurement) -> str:
        return _SYMBOL[row["verdict"]] + ", not certain" * not_certain(row)

    return _table(rows, columns, "github", mark="**{}**".format, stamp=stamp)


def details_table(rows: Sequence[Measurement], columns: Sequence[Column]) -> str:
    """Return a table in Markdown without verdicts."""
    return _table(rows, columns, "github", mark="**{}**".format)


def _table(
    rows: Sequence[Measurement],
    columns: Sequence[Column],
    style: str,
    *,
    mark: Callable[[str], str],
    stamp: Callable[[Measurement], str] | None = None,
) -> str:
    passed = [row for row in rows if row["verdict"] == "pass"]
    best = {column.heading: _best(column, passed) for column in columns}

    def cell(column: Column, row: Measurement) -> str:
        if row["error"] is not None:
            return "-"
        value = column.value(row)
        if value is None:
            return "-"
        shown = column.show(value)
        winning = row["verdict"] == "pass" and value == best[column.heading]
        return mark(shown) if winning else shown

    stamps = [("verdict", stamp)] if stamp else []
    return tabulate(
        [
            [
                *(verdict(row) for _, verdict in stamps),
                row["candidate"],
                *(cell(column, row) for column in columns),
            ]
            for row in in_order(rows)
        ],
        headers=[*dict(stamps), "candidate", *(column.heading for column in columns)],
        tablefmt=style,
        colalign=("left",) * (len(stamps) + 1) + ("right",) * len(columns),
        disable_numparse=True,
    )


def _best(column: Column, rows: Sequence[Measurement]) -> float | None:
    values = [value for row in rows if (value := column.value(row)) is not None]
    return column.best(values) if column.best and values else None


def not_certain(row: Measurement) -> bool:
    """Whether the accuracy's limit lies within its 95 % interval."""
    if row["accuracy"] is None or row["budget"] is None:
        return False
    return bool(row["accuracy"]["low"] <= row["budget"]["min_accuracy"] <= row["accuracy"]["high"])


def notes(rows: Sequence[Measurement]) -> list[str]:
    """Return a line for each row that has something to say, and one for what all rows say."""
    measured = [row for row in rows if row["error"] is None]
    shared = _shared([row["warnings"] for row in measured])
    lines = [f"every row: warning: {warning}" for warning in shared]
    for row in in_order(rows):
        said = [row["error"]] if row["error"] else row["violations"]
        own = [warning for warning in row["warnings"] if warning not in shared]
        if said or own:
            kind = row["verdict"] if said else "warning"
            lines.append(f"{row['candidate']}: {kind}: {'; '.join([*said, *own])}")
    return lines


def _shared(warnings: Sequence[Sequence[str]]) -> list[str]:
    if len(warnings) < 2:  # noqa: PLR2004  (a warning of one row alone is that row's)
        return []
    return [warning for warning in warnings[0] if all(warning in others for others in warnings)]
