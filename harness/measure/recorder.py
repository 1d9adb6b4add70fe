"""Turning a run into records, one raw file for each task."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import NoRecordingsError
from harness.files import locked_folder, require_writable
from harness.measure.revision import revision
from harness.measure.run import Run
from harness.measure.subject import Subject
from harness.record import store
from harness.record.machines import board_folder
from harness.record.order import next_number
from harness.record.schema import Record
from harness.text import slug


class Recorder:
    """
    Turns a run into records.

    Time and commit are taken on construction, before anything is measured.

    Attributes:
        run: The run to record.
        publish: Whether the user says that the results are to be published: listed in the
            index, and kept with records of this kind of board that name no machine.
        empty_call_us: Cost of timing a call, in microseconds; None until it is measured.

    """

    def __init__(self, run: Run, root: Path, results: Path, *, publish: bool = False) -> None:
        self.run = run
        self.publish = publish
        self.empty_call_us: float | None = None
        self._number: int | None = None
        self._info = {
            "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **revision(root, results),
            "profile": run.conditions.profile.name,
        }

    @property
    def circumstances(self) -> dict[str, dict[str, Any]]:
        """The parts of a record that are known before anything is measured."""
        board, name = self.run.conditions.facts, self.run.speech.name
        return {"run": self._info, "board": board, "dataset": {"name": name}}

    @property
    def finished(self) -> list[Subject]:
        """The candidates that have a window or an error to record."""
        return [subject for subject in self.run.subjects.values() if subject.finished]

    def require_any(self) -> None:
        """Raise NoRecordingsError if the data set has no recordings for any candidate."""
        absent = [subject.absent for subject in self.run.subjects.values()]
        if absent and all(absent):
            raise NoRecordingsError(absent[0])

    def records(self) -> list[Record]:
        """
        Return one record for each task that has a row.

        A candidate with a broken module has no task; its error goes into the first record.
        """
        tasks = self.run.speech.tasks
        return [
            self._record(words, subjects)
            for words in tasks
            if (subjects := [s for s in self.finished if (s.words or tasks[0]) == words])
        ]

    def folder(self, results: Path) -> Path:
        """Return the folder of *results* that the records belong in."""
        return board_folder(results, self.run.conditions.facts, publish=self.publish)

    def save(self, records: Sequence[Record], results: Path) -> list[Path]:
        """
        Write *records* and return their paths.

        With the first of them the run gets its number, greater than that of any run before.
        """
        require_writable(results)
        with locked_folder(results):
            folder = self.folder(results) / "raw"
            self._number = self._number or next_number(folder)
            return [self._save(record, folder, alone=len(records) == 1) for record in records]

    def _save(self, record: Record, folder: Path, *, alone: bool) -> Path:
        record["run"]["number"] = self._number
        commit = self._info["commit"] or "no-commit"
        stem = f"{self._info['started'].replace(':', '').replace('-', '')}-{commit[:10]}"
        task = "" if alone else "-" + slug(" ".join(record["dataset"]["labels"]))
        return store.write(record, folder, stem + task)

    def _record(self, words: tuple[str, ...], subjects: Sequence[Subject]) -> Record:
        dataset, others = self.run.speech.task(words), self.run.speech.others(words)
        cost_us = self.empty_call_us
        return Record(
            format=store.FORMAT,
            run={**self._info, "empty_call_us": None if cost_us is None else round(cost_us, 3)},
            board=self.run.conditions.facts,
            dataset={
                "name": dataset.name,
                "split": dataset.split,
                "labels": list(words),
                "clips": len(dataset),
                "digest": dataset.digest,
                "note": dataset.note,
                "digits": self._digits(),
                "left_out": dict(sorted(Counter(others.words).items())) if others else {},
            },
            measurements=[subject.row() for subject in subjects],
        )

    def _digits(self) -> dict[str, dict[str, Any]]:
        """Return what digits every row was scored on, or why there were none."""
        speech = self.run.speech
        found = {
            who: {"name": dataset.name, "clips": len(dataset), "digest": dataset.digest}
            for who, (dataset, _) in speech.digits().items()
        }
        return {**found, **{who: {"missing": why} for who, why in speech.missing.items()}}
