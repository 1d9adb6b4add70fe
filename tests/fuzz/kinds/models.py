"""
Models: tried in a child process as every model is, and then used by the process that measures.

The product starts its helper process by a command of its own, which takes a second. Here a fork of
this process, which has imported everything, does the same work, but for a case now and then.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple
from unittest import mock

import numpy as np

from harness import Candidate, ReadyModel, children
from harness.candidate.registry import Registry
from harness.candidate.trigger import Trigger
from harness.children import helper
from harness.measure import scoring
from harness.measure.machine import Machine
from harness.measure.scoring import ModelFile, Scored, Trial
from harness.measure.speech import Speech
from harness.measure.subject import Conditions, Subject
from harness.record import store
from harness.spotter.probe import Origin
from tests.fuzz.case import Kind, Made
from tests.fuzz.flatbuffer import edited
from tests.fuzz.mutate import damaged
from tests.unit import models
from tests.unit.models import INSTANT, Clips, loud, loudness_model, silent
from tests.unit.recordings import wav_bytes
from tests.unit.records import record

_REAL: Final = 200
"""One case in so many is tried by a helper process that the product starts."""

_EDITED: Final = 0.65
_CHANGED: Final = 0.98
"""Shares of the cases that are edited, and that are edited or damaged."""

_WORDS: Final = ("bird", "down", "go", "left", "no", "right", "stop", "up", "yes")
_CLIPS: Final = {
    f"{word}/{i}.wav": clip for word in _WORDS for i, clip in enumerate((loud(), silent()))
}
_STREAM: Final = wav_bytes(np.tile(loud(), 2))

_NOISE: Final = np.stack([loud(), silent()])
_LITTLE_NOISE: Final[dict[str, Any]] = {
    "noise_clips": lambda: _NOISE,
    "noise_kinds": lambda: ("loud", "silent"),
}
"""Two clips in place of some hundred."""


class _Base(NamedTuple):
    """
    What a model is made from.

    Attributes:
        name: Name of the candidate, whose file is ``<name>.tflite``.
        candidate: The candidate.
        origin: Where a child process gets it from.
        data: Contents of a good or a bad file.

    """

    name: str
    candidate: Candidate
    origin: Origin
    data: bytes


def _bases() -> Iterator[_Base]:
    registry = Registry()
    for name in registry.names():
        candidate = registry.load(name)
        data = (registry.folder / "models" / f"{name}.tflite").read_bytes()
        yield _Base(name, candidate, registry.package, data)
    made = Candidate(network=ReadyModel(path="models/case.tflite"))
    for data in (
        loudness_model(),
        loudness_model(3),
        models.nan_model(),
        models.unscaled_sum(),
        models.weightless(),
    ):
        yield _Base("case", made, made, data)


BASES: Final = tuple(_bases())


def make(generator: Random) -> Made:
    """Return a model whose flatbuffer was edited, or its bytes damaged, or neither."""
    number = generator.randrange(len(BASES))
    name, _, _, data = BASES[number]
    how = generator.random()
    if how < _EDITED:
        data = edited(data, generator)
    elif how < _CHANGED:
        data = damaged(data, generator, [generator.choice(BASES).data])
    return Made(number, f"{name}.tflite", data)


def measured(made: Made, folder: Path, generator: Random) -> None:
    """Score a model, listen with it and time it; its row must be one that a record can hold."""
    base = BASES[made.base]
    (folder / "stream.wav").write_bytes(_STREAM)
    if generator.randrange(2):
        (folder / "stream.csv").write_text("0.5,1.5,go\n")
    speech = Speech(Clips(_CLIPS), recordings=[folder / "stream.wav"])
    file = ModelFile(origin=base.origin, data=made.data, heard=frozenset(), trigger=Trigger())
    with ExitStack() as stack:
        if generator.randrange(_REAL):
            stack.enter_context(mock.patch.multiple(children, **_QUICK))
        stack.enter_context(mock.patch.multiple(scoring, **_LITTLE_NOISE))
        scored = Trial(base.candidate, base.name, file, speech).scored()
    facts = dict.fromkeys(("throttled", "model", "governor"))
    conditions = Conditions(profile=INSTANT, machine=Machine(folder, core=0), facts=facts)
    subject = Subject(base.name, _Loader(base.candidate, scored), conditions)
    subject.prepare()
    subject.take_window(subject.timed)
    row = subject.row()
    assert row["error"] is None, row["error"]
    whole = record(row, labels=list(base.candidate.words))
    assert store.read(store.write(whole, folder, "record")) == whole, "the record is another"


class _Loader(NamedTuple):
    """Gives a subject a candidate that is scored already."""

    candidate: Candidate
    scored: Scored

    def load(self, _name: str) -> Candidate:
        """Return the candidate."""
        return self.candidate

    def score(self, _candidate: Candidate, _name: str) -> Scored:
        """Return its scores."""
        return self.scored


class _Fork(NamedTuple):
    """Stands for the process that the product starts."""

    pid: int

    def wait(self) -> None:
        """Wait until it ends."""
        os.waitpid(self.pid, 0)


@cache
def _forked_helper() -> tuple[Connection, _Fork]:
    """Fork this process into a helper, which ends when its pipe closes."""
    pipe, theirs = Pipe()
    pid = os.fork()
    if pid == 0:
        try:
            pipe.close()
            helper.serve(theirs.fileno())
        finally:
            os._exit(0)
    theirs.close()
    return pipe, _Fork(pid)


_QUICK: Final[dict[str, Any]] = {
    "_helper": _forked_helper,
    "TIMEOUT_S": 5.0,
    "MEMORY_BYTES": 512 << 20,
}
"""A helper process that is there at once, and less time and memory than the product allows."""

MODELS: Final = Kind("models", make, (measured,))
