"""The lines that a run prints when it ends."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import ResultsError
from harness.record.schema import Record
from harness.report import listed, render
from harness.report.board import describe
from harness.report.comparison import Comparison, compare
from harness.report.group import missing_speech
from harness.report.table import notes, terminal_table


def table(record: Record, width: int | None) -> list[str]:
    """
    Return the lines that show *record*.

    Args:
        record: A record.
        width: Width of the terminal in characters, None if the output is no terminal.

    """
    dataset, measurements = record["dataset"], record["measurements"]
    task = "/".join(dataset["labels"])
    return [
        f"\n{task} on {dataset['name']}, {dataset['clips']} test clips",
        *([f"WARNING: {dataset['note']}"] if dataset["note"] else []),
        f"{describe(record['board'])}\n",
        terminal_table(measurements, width),
        *(f"- {note}" for note in [*notes(measurements), *missing_speech(dataset)]),
        *_cost(record["run"]["empty_call_us"]),
        "",
    ]


def _cost(empty_call_us: float | None) -> list[str]:
    if empty_call_us is None:
        return []
    return [f"- every latency includes the cost of timing a call, {empty_call_us:.2f} µs"]


def rendered(models: Mapping[str, str], board: Path, *, publish: bool) -> list[str]:
    """
    Render the pages after a run; return the lines that name those of text.

    Args:
        models: SHA-256 of each candidate's current model.
        board: Folder of the board that was measured.
        publish: Whether to list the board in the index if it is not listed yet.

    """
    everything = publish or listed(board)
    lines: list[str] = []
    pages = render(
        board.parent,
        models,
        None if everything else board,
        warn=lambda text: lines.append(f"WARNING: {text}"),
    )
    lines += [f"wrote {path}" for path in pages if path.suffix != ".svg"]
    if not everything:
        index = board.parent / "README.md"
        lines.append(f"{index} does not list {board.name}; add --publish to list it")
    return lines


def comparison(
    old: Record, path: Path, records: Sequence[Record], *, allow_different: bool
) -> Comparison:
    """
    Compare an earlier record with the one of *records* that has the same task.

    Args:
        old: The earlier record.
        path: Path of the earlier record, for errors.
        records: The records of this run.
        allow_different: Whether to compare even if their circumstances differ.

    Raises:
        ResultsError: If no record has that task, or the two cannot be compared.

    """
    task = old["dataset"]["labels"]
    alike = [record for record in records if record["dataset"]["labels"] == task]
    if not alike:
        msg = (
            f"nothing to compare: {path} has the task {'/'.join(task)}; measure a candidate of "
            f"that task"
        )
        raise ResultsError(msg)
    return compare(old, alike[0], allow_different=allow_different)


def comparison_lines(found: Comparison, path: Path) -> list[str]:
    """Return the lines that show the changes since the record at *path*."""
    worse = [f"REGRESSION: {regression}" for regression in found.regressions]
    return [f"compared with {path}\n", found.table, *worse, ""]
