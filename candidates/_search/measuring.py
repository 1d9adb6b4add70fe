"""
What runs on a board: a model is scored and timed as the main job does it, on validation clips.

No TensorFlow here, and neither Optuna nor Dask: a board needs the measuring side alone.
"""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from candidates._search.task import Task, require_code
from harness import datasets
from harness.candidate.candidate import Candidate
from harness.datasets import Dataset, Source
from harness.datasets.spoken_digits import NEVER_TRAINED
from harness.errors import ModelError
from harness.measure import board
from harness.measure.machine import Machine, pin_to_one_core
from harness.measure.scoring import ModelFile, Scored, Trial
from harness.measure.speech import Speech
from harness.measure.subject import Conditions, Subject
from harness.measure.timing import PROFILES
from harness.record.schema import Measurement

_KEPT: Final = ("size", "sparsity", "parameters", "macs", "added_peak_bytes", "warnings")
"""Parts of a record's row that a study keeps as they are."""


def measure(task: Task, model: bytes, heard: frozenset[str]) -> dict[str, Any]:
    """
    Return the row of *model*, scored and timed on this machine.

    Args:
        task: What the model is of.
        model: The ``.tflite`` file.
        heard: English words that its training contained.

    Raises:
        WorkerError: If this machine has other code.
        DatasetError: If it has no speech.
        ModelError: If the model cannot be measured.

    """
    require_code(task)
    allowed = os.sched_getaffinity(0)
    pin_to_one_core()
    try:
        return _measured(task, _Given(task.candidate, model, heard))
    finally:
        os.sched_setaffinity(0, allowed)


def _measured(task: Task, given: "_Given") -> dict[str, Any]:
    machine = Machine()
    facts = board.facts(machine)
    subject = Subject(
        task.name, given, Conditions(profile=PROFILES["quick"], machine=machine, facts=facts)
    )
    subject.prepare()
    if subject.error or subject.absent:
        raise ModelError(subject.error or subject.absent)
    for _ in range(PROFILES["quick"].windows):
        subject.take_window(subject.timed)
    subject.take_again()
    row = subject.row()
    return {
        **_brief(row),
        "invalid": row["violations"] if row["verdict"] == "invalid" else [],
        "board": str(facts["name"]),
    }


def _brief(row: Measurement) -> dict[str, Any]:
    """Return what a study keeps of a row: its numbers, but not every clip, call and threshold."""
    accuracy, rule, latency = row["accuracy"], row["operating_rule"], row["latency_us"]
    if accuracy is None or rule is None or latency is None:
        raise AssertionError  # it has no error
    return {
        **{part: row[part] for part in _KEPT},
        "accuracy": {key: accuracy[key] for key in ("correct", "total", "low", "high")},
        "operating_rule": {key: rule[key] for key in ("threshold", "detected", "false_accepts")},
        "latency_us": {part: times for part, times in latency.items() if part != "histogram"},
        "windows": [{"p50_us": window["p50_us"]} for window in row["windows"] or ()],
    }


@dataclass(frozen=True)
class _Given:
    """Where a subject gets a candidate from that is in no folder."""

    candidate: Candidate
    model: bytes
    heard: frozenset[str]

    def load(self, _name: str) -> Candidate:
        """Return the candidate."""
        return self.candidate

    def score(self, candidate: Candidate, name: str) -> Scored:
        """Score the validation clips."""
        model = ModelFile(origin=candidate, data=self.model, heard=self.heard)
        return Trial(candidate, name, model, _speech()).scored()


@cache
def _speech() -> Speech:
    people, _ = datasets.for_training()
    return Speech(_Validation(people))


@dataclass(frozen=True)
class _Validation:
    """A source whose validation split stands in for its test split, which no search reads."""

    source: Source

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.source.name

    def words(self, _split: str) -> tuple[str, ...]:
        """Return the words of the validation split, but for digits and their like."""
        words = self.source.words("validation")
        return tuple(word for word in words if word not in NEVER_TRAINED)

    def load(self, words: tuple[str, ...], _split: str) -> Dataset:
        """Read clips of the validation split."""
        return self.source.load(words, "validation")
