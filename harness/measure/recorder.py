"""Turning a run into records, one raw file for each task."""

import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import NoRecordingsError, SpotbenchError
from harness.files import json_bytes, locked_folder, require_writable, write_bytes
from harness.measure.revision import revision
from harness.measure.run import Run
from harness.measure.subject import Subject
from harness.record import store
from harness.record.machines import board_folder
from harness.record.order import next_number
from harness.record.schema import Measurement, Record
from harness.text import slug


class Recorder:
    """
    Turns a run into records.

    Time and commit are taken on construction, before anything is measured. Each task has one
    file, which holds what has been measured so far, and is replaced as that grows.

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
        self._rows: dict[str, Measurement] = {}
        self._paths: dict[tuple[str, ...], Path] = {}
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
        return [
            self._record(words, [subject.row() for subject in subjects])
            for words in self.run.speech.tasks
            if (subjects := self._of(words))
        ]

    def folder(self, results: Path) -> Path:
        """Return the folder of *results* that the records belong in."""
        return board_folder(results, self.run.conditions.facts, publish=self.publish)

    def _of(self, words: tuple[str, ...]) -> list[Subject]:
        first = self.run.speech.tasks[0]
        return [subject for subject in self.finished if (subject.words or first) == words]

    def keep(self, subject: Subject, results: Path) -> None:
        """
        Write the row of a candidate as it stands, so that no death of this process loses it.

        Without a task that is known, or room to write, it is left to :meth:`save`, which says
        what is wrong.
        """
        tasks = self.run.speech.tasks
        if not subject.finished or not tasks:
            return
        row = subject.row()
        if row != self._rows.get(subject.name):
            self._rows[subject.name] = row
            words = subject.words or tasks[0]
            rows = [self._rows[s.name] for s in self._of(words) if s.name in self._rows]
            with contextlib.suppress(SpotbenchError):
                self._write(self._record(words, rows), results, readable=False)

    def save(self, records: Sequence[Record], results: Path) -> list[Path]:
        """Write *records*, in place of what was kept of them, and return their paths."""
        return [self._write(record, results, readable=True) for record in records]

    def _write(self, record: Record, results: Path, *, readable: bool) -> Path:
        """Write a record to the one file of its task; not *readable* takes a fifth of the time."""
        words = tuple(record["dataset"]["labels"])
        if words not in self._paths:
            self._paths[words] = self._write_new(record, results)
            return self._paths[words]
        data = json_bytes(record) if readable else _in_one_line(record)
        write_bytes(self._paths[words], data)
        return self._paths[words]

    def _write_new(self, record: Record, results: Path) -> Path:
        """
        Write the first record of a task to a new file.

        With the first of all the run gets its number, greater than that of any run before.
        """
        require_writable(results)
        with locked_folder(results):
            folder = self.folder(results) / "raw"
            self._number = self._number or next_number(folder)
            record["run"]["number"] = self._number
            commit = self._info["commit"] or "no-commit"
            stem = f"{self._info['started'].replace(':', '').replace('-', '')}-{commit[:10]}"
            task = slug(" ".join(record["dataset"]["labels"]))
            return store.write(record, folder, f"{stem}-{task}")

    def _record(self, words: tuple[str, ...], rows: Sequence[Measurement]) -> Record:
        dataset, others = self.run.speech.task(words), self.run.speech.others(words)
        cost_us = self.empty_call_us
        return Record(
            format=store.FORMAT,
            run={
                **self._info,
                "empty_call_us": None if cost_us is None else round(cost_us, 3),
                **({"number": self._number} if self._number else {}),
            },
            board=self.run.conditions.facts,
            dataset={
                "name": dataset.name,
                "split": dataset.split,
                "labels": list(words),
                "clips": len(dataset),
                "digest": dataset.digest,
                "note": dataset.note,
                "digits": self._digits(),
                "no_sentences": self.run.speech.no_sentences,
                "left_out": dict(sorted(Counter(others.words).items())) if others else {},
            },
            measurements=list(rows),
        )

    def _digits(self) -> dict[str, dict[str, Any]]:
        """Return what digits every row was scored on, or why there were none."""
        speech = self.run.speech
        found = {
            who: {"name": dataset.name, "clips": len(dataset), "digest": dataset.digest}
            for who, (dataset, _) in speech.digits().items()
        }
        return {**found, **{who: {"missing": why} for who, why in speech.missing.items()}}


def _in_one_line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, allow_nan=False).encode(errors="backslashreplace")
