"""What travels between the driver and its workers. Speech does not: each worker has its own."""

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import harness
from harness.candidate.candidate import Candidate
from harness.errors import SpotbenchError

_ROOT: Final = Path(harness.__file__).parents[1]
_ROOMS: Final = ("harness", "candidates/_training", "candidates/_search")


class WorkerError(SpotbenchError):
    """A worker that must not take part: its code or its speech is not the driver's."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """
    A candidate to try.

    Attributes:
        name: What to call it.
        candidate: The candidate.
        base: Candidate that the study varies.
        code: Digest of the driver's code, which a worker's must equal.
        speech: Digest of the speech of *base*, which a worker's must equal.

    """

    name: str
    candidate: Candidate
    base: Candidate
    code: str
    speech: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """
    A candidate before any training.

    Attributes:
        model: ``.tflite`` file of its network, untrained.
        zipped_bytes: Size of that file, zipped: that of the trained one to a few per cent.

    """

    model: bytes
    zipped_bytes: int


@dataclass(frozen=True, kw_only=True)
class Reached:
    """
    A training that is paused at a rung.

    Attributes:
        row: What validation came to.
        state: What another worker can go on from.
        worker: Machine that it ran on.
        seconds: Time that it took.

    """

    row: dict[str, Any]
    state: bytes
    worker: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Trained:
    """
    A training that has ended.

    Attributes:
        row: What validation came to.
        model: The ``.tflite`` file.
        card: Its card.
        worker: Machine that it ran on.
        seconds: Time that it took.

    """

    row: dict[str, Any]
    model: bytes
    card: dict[str, Any]
    worker: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Work:
    """
    The functions that workers run; a test has others in their place.

    Attributes:
        speech: Candidate to the digest of the speech that it is trained and validated on.
        draft: Task to Draft.
        train: Task, epochs to be done in all, and the state to go on from or None, to Reached
            or, after the last epoch, Trained.
        measure: Task, ``.tflite`` file and the English words that it heard, to a row as in a
            record, measured where it runs.

    """

    speech: Callable[[Candidate], str]
    draft: Callable[[Task], Draft]
    train: Callable[[Task, int, bytes | None], Reached | Trained]
    measure: Callable[[Task, bytes, frozenset[str]], dict[str, Any]]


@cache
def code_digest() -> str:
    """Return a digest of the code that trials follow from, as it is on this machine."""
    found = hashlib.sha256()
    files = [file for room in _ROOMS for file in (_ROOT / room).rglob("*.py")]
    for file in sorted([*files, _ROOT / "candidates" / "_networks.py"]):
        found.update(f"{file.relative_to(_ROOT)}\n".encode() + file.read_bytes())
    return found.hexdigest()


def require_same(what: str, wanted: str, found: str, cure: str) -> None:
    """Raise WorkerError unless the digest of *what* that was *found* here is the one *wanted*."""
    if wanted != found:
        msg = f"a worker on {platform.node()} has other {what} than the study; {cure}"
        raise WorkerError(msg)


def require_code(task: Task) -> None:
    """Raise WorkerError unless this process runs the code of the driver."""
    require_same("code", task.code, code_digest(), "check out the driver's commit there")


def require_speech(task: Task, found: str) -> None:
    """Raise WorkerError unless *found*, the digest of the speech here, is that of the study."""
    require_same("speech", task.speech, found, "give it the same archives, with KWS_DATA")
