"""The rows that a board's page shows, from the records in its folder; and what cannot be shown."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.record import store
from harness.record.machines import NOT_RECORDED, machine_of
from harness.record.order import disagreements, place
from harness.record.schema import Measurement, Record
from harness.record.store import RecordError
from harness.report.group import Group, Row, digits_digests, newest


class Board(NamedTuple):
    """
    What the records in a board's folder come to.

    Attributes:
        name: Name of the folder.
        groups: The rows to show, those of each table together.
        faults: The records that cannot be read.
        clocks: Lines about clocks that disagree.

    """

    name: str
    groups: Sequence[Group]
    faults: Sequence[RecordError] = ()
    clocks: Sequence[str] = ()


def collect(folder: Path, models: Mapping[str, str]) -> Board:
    """
    Return what the page of the board in *folder* shows.

    A record that cannot be read costs itself alone.

    Args:
        folder: Folder of the board, which holds ``raw/*.json``.
        models: SHA-256 of each candidate's current model.

    """
    records, faults = [], []
    for path in sorted((folder / "raw").glob("*.json")):
        try:
            records.append(store.read(path))
        except RecordError as error:
            faults.append(error)
    records.sort(key=place)
    return Board(folder.name, _groups(records, models), faults, disagreements(records))


def _groups(records: Iterable[Record], models: Mapping[str, str]) -> list[Group]:
    """
    Return the newest complete row of each candidate, by data set, task and machine.

    A row whose record names no machine gives way to a newer one that does.
    """
    kept: dict[tuple[str, ...], dict[str, Row]] = {}
    for record in records:
        dataset, machine = record["dataset"], machine_of(record["board"])
        key = (dataset["name"], dataset["digest"], *digits_digests(dataset), *dataset["labels"])
        rows = kept.setdefault((*key, machine), {})
        unnamed = kept.get((*key, NOT_RECORDED), {})
        for measurement in record["measurements"]:
            name, model = measurement["candidate"], measurement["model_sha256"]
            if name not in models or model not in (models[name], None):
                continue
            if name not in rows or not _cut_short(measurement, rows[name].measurement):
                rows[name] = Row(measurement, record)
            if rows is not unnamed:
                unnamed.pop(name, None)
    groups = [
        Group(dataset=newest(rows.values())["dataset"], rows=list(rows.values()))
        for _, rows in sorted(kept.items())
        if rows
    ]
    # Recordings of people come before synthetic voices, tasks with more candidates first.
    return sorted(groups, key=lambda group: (group.note is not None, -len(group.rows)))


def _cut_short(row: Measurement, earlier: Measurement) -> bool:
    """Return whether a row has fewer windows than an *earlier* one, as after an interrupted run."""
    taken, before = row["windows"], earlier["windows"]
    return taken is not None and before is not None and len(taken) < len(before)
