"""Recording a session: one raw file a task, and the pages rendered from them."""

import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import NoRecordingsError
from harness.measure.row import measurement
from harness.measure.session import Session, Subject
from harness.record import store
from harness.record.schema import Record
from harness.report import render


class Run:
    """
    A session and its circumstances, taken down before anything is measured.

    Attributes:
        session: What is measured.
        empty_call_us: What timing a call costs, once that is measured.

    """

    def __init__(self, session: Session, root: Path, results: Path) -> None:
        self.session = session
        self.empty_call_us: float | None = None
        self._info = {
            "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **revision(root, results),
            "profile": session.profile.name,
        }

    def records(self) -> list[Record]:
        """
        Return one record for each task with anything to tell.

        A broken module has no task: its error stands with the first task there is.
        """
        loaded = list(self.session.datasets)
        return [
            self._record(words, subjects)
            for words in loaded
            if (subjects := [s for s in self._finished() if (s.words or loaded[0]) == words])
        ]

    def _finished(self) -> list[Subject]:
        return [subject for subject in self.session.subjects.values() if subject.finished]

    def _empty_call_us(self) -> float | None:
        return None if self.empty_call_us is None else round(self.empty_call_us, 3)

    def require_any(self) -> None:
        """Raise NoRecordingsError if the data set has no recordings for any candidate."""
        absent = [subject.absent for subject in self.session.subjects.values()]
        if absent and all(absent):
            raise NoRecordingsError(absent[0])

    @property
    def circumstances(self) -> dict[str, dict[str, Any]]:
        """What of a record is known before anything is measured."""
        name = self.session.source_name
        return {"run": self._info, "board": self.session.facts, "dataset": {"name": name}}

    def save(self, records: Sequence[Record], results: Path) -> list[Path]:
        """Write *records*; returns their paths."""
        commit = self._info["commit"] or "no-commit"
        stem = f"{self._info['started'].replace(':', '').replace('-', '')}-{commit[:10]}"
        return [
            store.write(
                record,
                results / str(self.session.facts["name"]) / "raw",
                stem if len(records) == 1 else f"{stem}-{'-'.join(record['dataset']['labels'])}",
            )
            for record in records
        ]

    def render(self, results: Path) -> list[Path]:
        """Render the pages if this run has anything to show on them; returns their paths."""
        return render(results, self.session.registry.models()) if self._finished() else []

    def _record(self, words: tuple[str, ...], subjects: Sequence[Subject]) -> Record:
        dataset, others = self.session.dataset(words), self.session.others(words)
        return Record(
            format=store.FORMAT,
            run={**self._info, "empty_call_us": self._empty_call_us()},
            board=self.session.facts,
            dataset={
                "name": dataset.name,
                "split": dataset.split,
                "labels": list(words),
                "clips": len(dataset),
                "digest": dataset.digest,
                "note": dataset.note,
                "left_out": dict(sorted(Counter(others.words).items())) if others else {},
            },
            measurements=[measurement(subject) for subject in subjects],
        )


def revision(root: Path, results: Path) -> dict[str, Any]:
    """Return the commit of *root* and whether it was edited, results apart; nulls without git."""
    commit = _git(root, "rev-parse", "HEAD")
    apart = {"results", os.path.relpath(results, root)}
    inside = [f":(exclude){path}" for path in sorted(apart) if not path.startswith(".")]
    changes = _git(root, "status", "--porcelain", "--", ".", *inside)
    if commit is None or changes is None:
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(changes)}


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
