"""What a run prints when it ends."""

from collections.abc import Sequence
from pathlib import Path

from harness.errors import ResultsError
from harness.record.schema import Record
from harness.report.board import describe
from harness.report.comparison import Comparison, compare
from harness.report.table import notes, terminal_table


def table(record: Record, width: int | None) -> list[str]:
    """Return the lines that show *record* on a terminal *width* characters wide, if it is one."""
    dataset, measurements = record["dataset"], record["measurements"]
    task = "/".join(dataset["labels"])
    return [
        f"\n{task} on {dataset['name']}, {dataset['clips']} test clips",
        *([f"WARNING: {dataset['note']}"] if dataset["note"] else []),
        f"{describe(record['board'])}\n",
        terminal_table(measurements, width),
        *(f"- {note}" for note in notes(measurements)),
        *_cost(record["run"]["empty_call_us"]),
        "",
    ]


def _cost(empty_call_us: float | None) -> list[str]:
    if empty_call_us is None:
        return []
    return [f"- timing itself costs {empty_call_us:.2f} µs a call, which is part of every latency"]


def comparison(
    old: Record, path: Path, records: Sequence[Record], *, allow_different: bool
) -> Comparison:
    """
    Compare that one of *records* which is of the task of *old*, read from *path*.

    Raises:
        ResultsError: If there is none, or they cannot be compared.

    """
    task = old["dataset"]["labels"]
    alike = [record for record in records if record["dataset"]["labels"] == task]
    if not alike:
        msg = (
            f"nothing to compare: {path} is of the task {'/'.join(task)}; measure a candidate of "
            f"that task"
        )
        raise ResultsError(msg)
    return compare(old, alike[0], allow_different=allow_different)


def comparison_lines(found: Comparison, path: Path) -> list[str]:
    """Return the lines that show what changed since the record at *path*."""
    worse = [f"REGRESSION: {regression}" for regression in found.regressions]
    return [f"compared with {path}\n", found.table, *worse, ""]
