"""Recording a run: one raw file for each task."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import NoRecordingsError
from harness.measure.revision import revision
from harness.measure.run import Run
from harness.measure.subject import Subject
from harness.record import store
from harness.record.schema import Record


class Recorder:
    """
    Turns a run into records; its circumstances are noted before anything is measured.

    Attributes:
        run: The run.
        empty_call_us: What timing a call costs, in microseconds, once that is measured.

    """

    def __init__(self, run: Run, root: Path, results: Path) -> None:
        self.run = run
        self.empty_call_us: float | None = None
        self._info = {
            "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **revision(root, results),
            "profile": run.conditions.profile.name,
        }

    @property
    def circumstances(self) -> dict[str, dict[str, Any]]:
        """What of a record is known before anything is measured."""
        board, name = self.run.conditions.facts, self.run.speech.name
        return {"run": self._info, "board": board, "dataset": {"name": name}}

    @property
    def finished(self) -> list[Subject]:
        """The candidates there is anything to record of."""
        return [subject for subject in self.run.subjects.values() if subject.finished]

    def require_any(self) -> None:
        """Raise NoRecordingsError if the data set has no recordings for any candidate."""
        absent = [subject.absent for subject in self.run.subjects.values()]
        if absent and all(absent):
            raise NoRecordingsError(absent[0])

    def records(self) -> list[Record]:
        """
        Return one record for each task with anything to record.

        A broken module has no task: its error stands with the first task there is.
        """
        tasks = self.run.speech.tasks
        return [
            self._record(words, subjects)
            for words in tasks
            if (subjects := [s for s in self.finished if (s.words or tasks[0]) == words])
        ]

    def save(self, records: Sequence[Record], results: Path) -> list[Path]:
        """Write *records*; returns their paths."""
        commit = self._info["commit"] or "no-commit"
        stem = f"{self._info['started'].replace(':', '').replace('-', '')}-{commit[:10]}"
        return [
            store.write(
                record,
                results / str(record["board"]["name"]) / "raw",
                stem if len(records) == 1 else f"{stem}-{'-'.join(record['dataset']['labels'])}",
            )
            for record in records
        ]

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
                "left_out": dict(sorted(Counter(others.words).items())) if others else {},
            },
            measurements=[subject.row() for subject in subjects],
        )
