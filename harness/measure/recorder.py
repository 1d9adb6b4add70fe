"""Turning a run into records, one raw file for each task."""

import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import NoRecordingsError, SpotbenchError
from harness.files import write_text
from harness.measure.revision import revision
from harness.measure.run import Run
from harness.measure.subject import Subject
from harness.record import store
from harness.record.schema import Measurement, Record


class Recorder:
    """
    Turns a run into records.

    Time and commit are taken on construction, before anything is measured. What is measured
    is kept as it comes, in a record of its own for each task whose name ends with
    ``-unfinished``. It is a record like any other, and goes when :meth:`save` has written
    the one that takes its place.

    Attributes:
        run: The run to record.
        empty_call_us: Cost of timing a call, in microseconds; None until it is measured.

    """

    def __init__(self, run: Run, root: Path, results: Path) -> None:
        self.run = run
        self.empty_call_us: float | None = None
        self._results = results
        self._rows: dict[str, Measurement] = {}
        self._unfinished: dict[tuple[str, ...], Path] = {}
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

    def _of(self, words: tuple[str, ...]) -> list[Subject]:
        first = self.run.speech.tasks[0]
        return [subject for subject in self.finished if (subject.words or first) == words]

    def keep(self, subject: Subject) -> None:
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
            with contextlib.suppress(SpotbenchError):
                self._keep(subject.words or tasks[0])

    def _keep(self, words: tuple[str, ...]) -> None:
        rows = [self._rows.get(subject.name) for subject in self._of(words)]
        record = self._record(words, [row for row in rows if row])
        if words in self._unfinished:
            # In one line, which takes a fifth of the time that a layout takes.
            text = json.dumps(record, ensure_ascii=False, allow_nan=False)
            write_text(self._unfinished[words], text)
        else:
            stem = f"{self._stem}-{'-'.join(words)}-unfinished"
            self._unfinished[words] = store.write(record, self._folder, stem)

    def save(self, records: Sequence[Record]) -> list[Path]:
        """Write *records*, remove what was kept of them, and return their paths."""
        stem = self._stem
        paths = [
            store.write(
                record,
                self._folder,
                stem if len(records) == 1 else f"{stem}-{'-'.join(record['dataset']['labels'])}",
            )
            for record in records
        ]
        for record in records:
            kept = self._unfinished.pop(tuple(record["dataset"]["labels"]), None)
            if kept is not None:
                kept.unlink(missing_ok=True)
        return paths

    @property
    def _stem(self) -> str:
        commit = self._info["commit"] or "no-commit"
        return f"{self._info['started'].replace(':', '').replace('-', '')}-{commit[:10]}"

    @property
    def _folder(self) -> Path:
        return self._results / str(self.run.conditions.facts["name"]) / "raw"

    def _record(self, words: tuple[str, ...], rows: Sequence[Measurement]) -> Record:
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
