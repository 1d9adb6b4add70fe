"""The rows that a board's page shows, from the records in its folder; and what cannot be shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.record import store
from harness.record.machines import NOT_RECORDED, machine_of
from harness.record.order import disagreements, place, place_of
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
    kept, faults, places = _Kept(models), [], []
    for path in sorted(sorted((folder / "raw").glob("*.json")), key=place_of):
        try:
            record = store.read(path)
        except RecordError as error:
            faults.append(error)
        else:
            kept.add(record)
            places.append(place(record["run"]))
    return Board(folder.name, kept.groups(), faults, disagreements(places))


class _Kept:
    """
    The newest complete row of each candidate, by data set, task and machine.

    Records are added one after another, the oldest first, and nothing else of them is held.
    A row whose record names no machine gives way to a newer one that does.
    """

    def __init__(self, models: Mapping[str, str]) -> None:
        self._models = models
        self._rows: dict[tuple[str, ...], dict[str, Row]] = {}

    def add(self, record: Record) -> None:
        """Keep the rows of *record* that are to be shown so far."""
        dataset, machine = record["dataset"], machine_of(record["board"])
        key = (dataset["name"], dataset["digest"], *digits_digests(dataset), *dataset["labels"])
        rows = self._rows.setdefault((*key, machine), {})
        unnamed = self._rows.get((*key, NOT_RECORDED), {})
        rest: Record = {**record, "measurements": []}
        for measurement in record["measurements"]:
            name, model = measurement["candidate"], measurement["model_sha256"]
            if name not in self._models or model not in (self._models[name], None):
                continue
            if name not in rows or not _cut_short(measurement, rows[name].measurement):
                rows[name] = Row(measurement, rest)
            if rows is not unnamed:
                unnamed.pop(name, None)

    def groups(self) -> list[Group]:
        """Return the rows to show; recordings of people come first, then the larger groups."""
        groups = [
            Group(dataset=newest(rows.values())["dataset"], rows=list(rows.values()))
            for _, rows in sorted(self._rows.items())
            if rows
        ]
        return sorted(groups, key=lambda group: (group.note is not None, -len(group.rows)))


def _cut_short(row: Measurement, earlier: Measurement) -> bool:
    """Return whether a row has fewer windows than an *earlier* one, as after an interrupted run."""
    taken, before = row["windows"], earlier["windows"]
    return taken is not None and before is not None and len(taken) < len(before)
