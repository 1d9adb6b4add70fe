"""The pages under ``results/``: pure functions of the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tabulate import tabulate

from harness.board import describe, slug
from harness.measurement import Measurement, Record
from harness.report.columns import (
    ANATOMY,
    KIB,
    MAIN,
    OPERATING,
    Column,
    accuracy,
    interval,
    latency_us,
    percent,
    share_acted_on,
    zipped_bytes,
)
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
    def task(self) -> str:
        """The words told apart."""
        return "/".join(self.dataset["labels"])

    @property
    def note(self) -> str | None:
        """What must be said of the data set, if it is not one of people's recordings."""
        note: str | None = self.dataset.get("note")
        return note

    @property
    def title(self) -> str:
        """Task and data set; the digest tells apart what only shares a name."""
        return f"{self.task} on {self.dataset['name']}"

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
    for task in dict.fromkeys(group.task for group in groups):
        parts += _people_and_voices([group for group in groups if group.task == task])
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
        *([_warning(group.note)] if group.note else []),
        _limits(group),
        markdown_table(group.measurements),
        *(["\n".join(f"- {note}" for note in said)] if said else []),
        *(_details(group, measured) if measured else []),
        _folded("Runs these rows come from", _runs(group)),
    ]


def _people_and_voices(groups: Sequence[Group]) -> list[str]:
    """Return the section that holds the rows on recordings beside those on synthetic voices."""
    people = next((group for group in groups if not group.note), None)
    voices = next((group for group in groups if group.note), None)
    if people is None or voices is None:
        return []
    heard = {m["candidate"]: m for m in voices.measurements if m["error"] is None}
    both = [m for m in people.measurements if m["error"] is None and m["candidate"] in heard]
    if not both:
        return []
    name, other = people.dataset["name"], voices.dataset["name"]
    columns = (
        Column(heading=f"accuracy on {name}", value=accuracy, show=percent),
        Column(
            heading=f"accuracy on {other}",
            value=lambda row: accuracy(heard[row["candidate"]]),
            show=percent,
        ),
        *sorted(
            (column for column in MAIN if column.heading in _ON_PEOPLE),
            key=lambda column: _ON_PEOPLE.index(column.heading),
        ),
    )
    told = (
        f"Each candidate on both data sets; all but the second column are of {name}. "
        "What a candidate does on synthetic voices says little about people: compare down a "
        "column, not across."
    )
    return [f"## {people.task}: people and synthetic voices", told, markdown_table(both, columns)]


_ON_PEOPLE = ("detected", "false accepts", "on noise", "zipped KiB", "latency µs")


def _warning(note: str) -> str:
    return f"> [!WARNING]\n> {note[0].upper()}{note[1:]}."


def _limits(group: Group) -> str:
    budgets = [b for row in group.rows if (b := row.measurement["budget"]) is not None]
    limits = " or ".join(sorted({_budget(budget) for budget in budgets}))
    parts = [f"{group.dataset['clips']} {group.dataset['split']} clips."]
    if limits:
        parts.append(f"Limits, all strict: {limits}.")
    left_out = group.dataset["left_out"]
    out = ", ".join(f"{word} ({clips})" for word, clips in left_out.items())
    if out:
        parts.append(f"Other words, which are to be ignored: {out}.")
    return " ".join(parts)


def _budget(budget: Mapping[str, float | None]) -> str:
    shares = [
        f"{which} {100 * share:g} %"
        for which, name in (
            ("accuracy over", "min_accuracy"),
            ("detected over", "min_detection"),
            ("false accepts under", "max_false_accepts"),
        )
        if (share := budget.get(name)) is not None
    ]
    size, latency_us = budget["max_zipped_bytes"] or 0, budget["max_latency_us"] or 0
    return f"{', '.join(shares)}, under {size / KIB:g} KiB zipped and {latency_us / 1000:g} ms"


def _folded(title: str, body: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def _details(group: Group, measured: Sequence[Measurement]) -> list[str]:
    def picture(name: str, shows: str) -> str:
        return f"![{shows}]({group.slug}-{name}.svg)"

    return [
        picture("accuracy-size", "Accuracy against zipped size"),
        picture("accuracy-latency", "Accuracy against latency"),
        _folded(
            "Operating rule: what is acted on, and what should not be",
            picture("operating", "Detection against false accepts")
            + "\n\n"
            + markdown_table(measured, OPERATING),
        ),
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
            group.title + (" (synthetic voices)" if group.note else ""),
            *_winners(group),
        ]
        for name, groups in boards
        for group in groups
    ]
    table = tabulate(
        rows,
        headers=["board", "task", "pass", "most accurate", "best spotter", "smallest", "fastest"],
        tablefmt="github",
        disable_numparse=True,
    )
    return f"# Results\n\n{table}\n\n{_COLUMNS}"


def _winners(group: Group) -> list[str]:
    passed: list[Any] = [row for row in group.measurements if row["verdict"] == "pass"]
    passing = f"{len(passed)} of {len(group.rows)}"
    if not passed:
        return [passing, *["-"] * 4]

    accurate = min(passed, key=lambda row: (-accuracy(row), zipped_bytes(row)))
    small, fast = min(passed, key=zipped_bytes), min(passed, key=latency_us)
    sureness = f"{percent(accuracy(accurate))}, {interval(accurate['accuracy'])}"
    return [
        passing,
        f"{accurate['candidate']} ({sureness})",
        _best_spotter(passed),
        f"{small['candidate']} ({zipped_bytes(small) / KIB:.2f} KiB)",
        f"{fast['candidate']} ({latency_us(fast):.0f} µs)",
    ]


def _best_spotter(passed: Sequence[Any]) -> str:
    """Return who detects most among those who seldom act on other words, and how much of each."""
    detected, accepted = share_acted_on("detected"), share_acted_on("words")
    quiet = [
        row for row in passed if (share := accepted(row)) is not None and share <= FEW_FALSE_ACCEPTS
    ]
    if not quiet:
        return "-"
    best = min(quiet, key=lambda row: (-(detected(row) or 0), zipped_bytes(row)))
    shares = f"{percent(detected(best))} detected, {percent(accepted(best))} false accepts"
    return f"{best['candidate']} ({shares})"


FEW_FALSE_ACCEPTS = 0.03
"""Share of other words acted on that a spotter may have to be named in the index."""


_COLUMNS = (Path(__file__).with_name("columns.md")).read_text(encoding="utf-8")
