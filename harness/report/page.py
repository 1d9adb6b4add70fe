"""``results/<board>/report.md``, a page for each board: a pure function of the records."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tabulate import tabulate

from harness.record.metrics import (
    ACCURACY,
    DETECTION,
    DIGITS,
    FALSE_ACCEPTS_PER_HOUR,
    LATENCY,
    MISSED,
    NOISE,
    SIZE,
    limited,
    pictured,
)
from harness.record.order import Place, place
from harness.record.schema import Measurement
from harness.record.store import RecordError
from harness.report import columns as tables
from harness.report.board import describe
from harness.report.collect import Board
from harness.report.columns import Column, of_metric
from harness.report.group import Group, Row, headings, missing_speech, newest
from harness.report.table import details_table, markdown_table, notes
from harness.text import markdown


def board_page(board: Board) -> str:
    """Return the page of *board*."""
    groups = board.groups
    parts = [f"# {markdown(board.name)}"]
    if groups:
        newest_record = newest(row for group in groups for row in group.rows)
        parts += [markdown(describe(newest_record["board"])) + ".", _LEGEND]
    if board.faults:
        parts.append(_not_shown(board.faults))
    if board.clocks:
        parts.append("\n".join(f"- {markdown(line)}" for line in board.clocks))
    for group, heading in zip(groups, headings(groups), strict=True):
        parts += _section(group, heading)
    for of_one in dict.fromkeys((group.task, group.machine) for group in groups):
        both = [group for group in groups if (group.task, group.machine) == of_one]
        parts += _people_and_voices(both)
    return "\n\n".join(parts) + "\n"


_LEGEND = """\
Rows are sorted by verdict, then accuracy. The best value of each column, among candidates that \
pass, is bold. How to read the columns: [results](../README.md#how-to-read-the-columns)."""


def _not_shown(faults: Sequence[RecordError]) -> str:
    named = (f"raw/{fault.path.name} {fault.why}" for fault in faults)
    lines = "".join(f"\n> - {markdown(text)}" for text in named)
    return f"> [!WARNING]\n> Not shown, because these records cannot be read:\n>{lines}"


def _section(group: Group, heading: str) -> list[str]:
    lines = [*notes(group.measurements), *missing_speech(group.dataset)]
    measured = [m for m in group.measurements if m["error"] is None]
    return [
        f"## {markdown(heading)}",
        *([_warning(group.note)] if group.note else []),
        _limits(group),
        markdown_table(group.measurements),
        *(["\n".join(f"- {markdown(line)}" for line in lines)] if lines else []),
        *(_details(group, measured) if measured else []),
        _folded("Runs that these rows come from", _runs(group)),
    ]


def _people_and_voices(groups: Sequence[Group]) -> list[str]:
    """Return the section that shows each candidate on recordings and on synthetic voices."""
    people = next((group for group in groups if not group.note), None)
    voices = next((group for group in groups if group.note), None)
    if people is None or voices is None:
        return []
    synthetic = {m["candidate"]: m for m in voices.measurements if m["error"] is None}
    both = [m for m in people.measurements if m["error"] is None and m["candidate"] in synthetic]
    if not both:
        return []
    name, other = people.dataset["name"], voices.dataset["name"]
    accuracy = of_metric(ACCURACY)
    columns = (
        replace(accuracy, heading=f"accuracy on {name}", best=None),
        replace(
            accuracy,
            heading=f"accuracy on {other}",
            value=lambda row: ACCURACY.value(synthetic[row["candidate"]]),
            best=None,
            judged=lambda row: accuracy.judged(synthetic[row["candidate"]]),
        ),
        *map(of_metric, (DETECTION, DIGITS, NOISE, SIZE, LATENCY)),
    )
    text = (
        f"Each candidate on both data sets. All columns except accuracy on {other} are measured "
        f"on {name}. Results on synthetic voices say little about people: compare candidates "
        "within a column, not columns with each other."
    )
    heading = f"## {markdown(people.task)}: people and synthetic voices"
    return [heading, markdown(text), markdown_table(both, columns)]


def _warning(note: str) -> str:
    return f"> [!WARNING]\n> {markdown(note[0].upper() + note[1:])}."


def _limits(group: Group) -> str:
    budgets = [b for row in group.rows if (b := row.measurement["budget"]) is not None]
    limits = " or ".join(sorted({_budget(budget) for budget in budgets}))
    parts = [f"{group.dataset['clips']} {group.dataset['split']} clips."]
    if limits:
        parts.append(f"Limits, all strict: {limits}.")
    left_out = group.dataset["left_out"]
    out = ", ".join(f"{word} ({clips})" for word, clips in left_out.items())
    if out:
        parts.append(f"Other words, which must not trigger the operating rule: {out}.")
    return markdown(" ".join(parts))


def _budget(budget: Mapping[str, float | None]) -> str:
    return ", ".join(
        f"{metric.noun} {metric.bound} {metric.unit.round(limit)}"
        for metric in limited()
        if (limit := budget.get(metric.limit)) is not None
    )


def _folded(title: str, *parts: str) -> str:
    return "\n\n".join([f"<details>\n<summary>{title}</summary>", *parts, "</details>"])


def _details(group: Group, measured: Sequence[Measurement]) -> list[str]:
    picture = partial(_picture, group)

    def table(columns: Sequence[Column]) -> str:
        return details_table(measured, columns)

    return [
        *(
            picture(f"accuracy-{cost.name}", f"Accuracy against {cost.noun}")
            for cost in pictured()
            if any(cost.value(row) is not None for row in measured)
        ),
        _folded(
            "Operating rule: keywords, other words and noise that trigger it",
            picture("operating", "Detection against false accepts"),
            table(tables.operating()),
        ),
        *_stream_details(group, measured),
        _folded(
            "Latency: all calls, the two stages, the slowest calls",
            picture("latency", "Distribution of latency"),
            picture("stages", "Stages of the latency"),
            table(tables.latency()),
        ),
        _folded("Confusion", picture("confusion", "Confusion matrices")),
        *_seeds_details(measured),
        _folded("Anatomy: operators, zeros, sizes", table(tables.anatomy())),
    ]


def _seeds_details(measured: Sequence[Measurement]) -> list[str]:
    """Return how far chance moved the trainings that were made from several seeds."""
    several = [row for row in measured if row.get("seeds")]
    if not several:
        return []
    text = (
        "What chance does: each was trained from several seeds, and validation chose one of them. "
        "Least to greatest over the seeds, on validation clips, with the mean."
    )
    return [
        _folded(
            "Seeds: how far chance moves a training", text, details_table(several, tables.seeds())
        )
    ]


def _stream_details(group: Group, measured: Sequence[Measurement]) -> list[str]:
    """Return what is told of a stream, if there was one; without keywords there is no picture."""
    if all(FALSE_ACCEPTS_PER_HOUR.value(row) is None for row in measured):
        return []
    pictures = []
    if any(MISSED.value(row) is not None for row in measured):
        pictures = [_picture(group, "stream", "Words missed against false accepts per hour")]
    title = "Stream: false accepts per hour, and words missed"
    return [_folded(title, *pictures, details_table(measured, tables.stream()))]


def _picture(group: Group, name: str, shows: str) -> str:
    return f"![{shows}]({group.slug}-{name}.svg)"


def _runs(group: Group) -> str:
    runs: dict[Place, list[Row]] = {}
    for row in group.rows:
        runs.setdefault(place(row.record["run"]), []).append(row)
    lines = [_run(rows) for _, rows in sorted(runs.items())]
    return tabulate(lines, headers="keys", tablefmt="github", disable_numparse=True)


def _run(rows: Sequence[Row]) -> dict[str, str]:
    """Return a line of the table of runs: time, versions, readings of the board, candidates."""
    run, board = rows[0].record["run"], rows[0].record["board"]
    line = {
        "started": run["started"],
        "commit": (run["commit"] or "-")[:10] + (" (edited)" if run["dirty"] else ""),
        "profile": run["profile"],
        "LiteRT": str(board["litert"]),
        "NumPy": str(board["numpy"]),
        "Python": str(board["python"]),
        "governor": str(board["governor"] or "-"),
        "throttled": _throttled(rows),
        "clock MHz": _span(rows, "clock_mhz"),
        "°C": _span(rows, "temperature_c"),
        "load": _span(rows, "load_1min"),
        "candidates": ", ".join(sorted(row.measurement["candidate"] for row in rows)),
    }
    return {heading: markdown(str(text)) for heading, text in line.items()}


def _throttled(rows: Sequence[Row]) -> str:
    """Return each value of the throttling bits that was read."""
    return ", ".join(sorted(set(_read(rows, "throttled")))) or "-"


def _span(rows: Sequence[Row], reading: str) -> str:
    """Return the least and greatest value of a reading during the windows of *rows*."""
    values = _read(rows, reading)
    return f"{min(values):g}-{max(values):g}" if values else "-"


def _read(rows: Sequence[Row], reading: str) -> list[Any]:
    return [
        moment[reading]
        for row in rows
        for window in row.measurement["windows"] or []
        for moment in window["board"].values()
        if moment.get(reading) is not None
    ]
