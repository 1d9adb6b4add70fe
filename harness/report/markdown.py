"""The pages under ``results/``: pure functions of the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tabulate import tabulate

from harness.board import describe, slug
from harness.measurement import Measurement, Record
from harness.report.columns import ANATOMY, KIB, accuracy, latency_us, zipped_bytes
from harness.report.table import markdown_table, notes


class Row(NamedTuple):
    """A measurement and the record it stands in."""

    measurement: Measurement
    record: Record


@dataclass(frozen=True, kw_only=True)
class Group:
    """What may share a table: the rows of one data set and one task."""

    dataset: Mapping[str, Any]
    rows: Sequence[Row]

    @property
    def measurements(self) -> list[Measurement]:
        """The rows without their records."""
        return [row.measurement for row in self.rows]

    @property
    def title(self) -> str:
        """Task and data set; the digest tells apart what only shares a name."""
        return f"{'/'.join(self.dataset['labels'])} on {self.dataset['name']}"

    @property
    def slug(self) -> str:
        """Title and digest as the beginning of a file's name."""
        return slug(f"{self.title} {self.digest}")

    @property
    def digest(self) -> str:
        """The beginning of the content digest."""
        return str(self.dataset["digest"]).removeprefix("sha256:")[:8]


def board_page(groups: Sequence[Group]) -> str:
    """Return ``results/<board>/report.md``."""
    newest = max((row.record for group in groups for row in group.rows), key=_started)
    board = newest["board"]
    parts = [f"# {board['name']}", describe(board) + ".", _LEGEND]
    titles = [group.title for group in groups]
    for group in groups:
        parts += _section(group, ambiguous=titles.count(group.title) > 1)
    return "\n\n".join(parts) + "\n"


_LEGEND = """\
Sorted by verdict, then accuracy; the best of each column is bold. How to read the columns: \
[results](../README.md#how-to-read-the-columns)."""


def _started(record: Record) -> str:
    return str(record["run"]["started"])


def _section(group: Group, *, ambiguous: bool) -> list[str]:
    said = notes(group.measurements)
    measured = [m for m in group.measurements if m["error"] is None]
    return [
        f"## {group.title}" + (f" ({group.digest})" if ambiguous else ""),
        _limits(group),
        markdown_table(group.measurements),
        *(["\n".join(f"- {note}" for note in said)] if said else []),
        *(_details(group, measured) if measured else []),
        _folded("Runs these rows come from", _runs(group)),
    ]


def _limits(group: Group) -> str:
    budgets = {
        (b["min_accuracy"], b["max_zipped_bytes"], b["max_latency_us"])
        for row in group.rows
        if (b := row.measurement["budget"]) is not None
    }
    limits = " or ".join(
        f"accuracy over {100 * least:g} %, under {size / KIB:g} KiB zipped and {us / 1000:g} ms"
        for least, size, us in sorted(budgets)
    )
    parts = [f"{group.dataset['clips']} {group.dataset['split']} clips."]
    if limits:
        parts.append(f"Limits, all strict: {limits}.")
    left_out = group.dataset["left_out"]
    out = ", ".join(f"{word} ({clips})" for word, clips in left_out.items())
    if out:
        parts.append(f"Words that are no label, left out: {out}.")
    return " ".join(parts)


def _folded(title: str, body: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def _details(group: Group, measured: Sequence[Measurement]) -> list[str]:
    def picture(name: str, shows: str) -> str:
        return f"![{shows}]({group.slug}-{name}.svg)"

    return [
        picture("accuracy-size", "Accuracy against zipped size"),
        picture("accuracy-latency", "Accuracy against latency"),
        _folded("Latency of every call", picture("latency", "Distribution of latency")),
        _folded("Front-end and inference", picture("stages", "Stages of the latency")),
        _folded("Anatomy, initialisation and tail", markdown_table(measured, ANATOMY)),
        _folded("Confusion", picture("confusion", "Confusion matrices")),
    ]


def _runs(group: Group) -> str:
    runs: dict[str, list[Row]] = {}
    for row in group.rows:
        runs.setdefault(_started(row.record), []).append(row)
    lines = [_run(rows) for _, rows in sorted(runs.items())]
    return tabulate(lines, headers="keys", tablefmt="github", disable_numparse=True)


def _run(rows: Sequence[Row]) -> dict[str, str]:
    """Return a line of the table of runs: when, with what, and under which conditions."""
    run, board = rows[0].record["run"], rows[0].record["board"]
    return {
        "started": run["started"],
        "commit": (run["commit"] or "-")[:10] + (" (edited)" if run["dirty"] else ""),
        "profile": run["profile"],
        "LiteRT": str(board["litert"]),
        "NumPy": str(board["numpy"]),
        "Python": str(board["python"]),
        "governor": str(board["governor"] or "-"),
        "clock MHz": _span(rows, "clock_mhz"),
        "°C": _span(rows, "temperature_c"),
        "load": _span(rows, "load_1min"),
        "candidates": ", ".join(sorted(row.measurement["candidate"] for row in rows)),
    }


def _span(rows: Sequence[Row], reading: str) -> str:
    """Return least and greatest value of a reading of the board during the windows of *rows*."""
    values = [
        moment[reading]
        for row in rows
        for window in row.measurement["windows"] or []
        for moment in window["board"].values()
        if moment.get(reading) is not None
    ]
    return f"{min(values):g}-{max(values):g}" if values else "-"


def index_page(boards: Sequence[tuple[str, Sequence[Group]]]) -> str:
    """Return ``results/README.md``: every board, and who wins on it."""
    rows = [
        [
            f"[{name}]({name}/report.md)",
            group.title,
            *_winners(group),
        ]
        for name, groups in boards
        for group in groups
    ]
    table = tabulate(
        rows,
        headers=["board", "task", "most accurate", "smallest", "fastest"],
        tablefmt="github",
        disable_numparse=True,
    )
    return f"# Results\n\n{table}\n\n{_COLUMNS}"


def _winners(group: Group) -> list[str]:
    passed = [row for row in group.measurements if row["verdict"] == "pass"]
    if not passed:
        return ["none passes"] * 3

    accurate = min(passed, key=lambda row: (-accuracy(row), zipped_bytes(row)))
    small, fast = min(passed, key=zipped_bytes), min(passed, key=latency_us)
    return [
        f"{accurate['candidate']} ({accuracy(accurate):.1%})",
        f"{small['candidate']} ({zipped_bytes(small) / KIB:.2f} KiB)",
        f"{fast['candidate']} ({latency_us(fast):.0f} µs)",
    ]


_COLUMNS = (Path(__file__).with_name("columns.md")).read_text(encoding="utf-8")
