"""
Running a function in a child process, in case what it runs crashes, hangs or eats memory.

The child is a fork of a helper process. The helper runs a single thread, so forking it is
quick and safe. The measuring process must not fork, because it may have threads.
"""

import atexit
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Final, Generic, TypeVar

from harness import errors
from harness.children.helper import Child, Job, send_descriptors

__all__ = ["CORES", "Begun", "Child", "ChildError", "begin", "run"]

TIMEOUT_S: Final = 30.0
"""
Longest time of a step that asks for no more, in seconds.

A desktop computer takes milliseconds, but a Pi reads LiteRT from a slow card.
"""

MEMORY_BYTES: Final = 1 << 30
"""
Most resident memory of a child, in bytes, beside what it shares: more than a small board can spare.

Python, SciPy and LiteRT take about 70 MiB of it.
"""

CORES: Final = frozenset(os.sched_getaffinity(0) if sys.platform == "linux" else ())
"""Cores that a child may use: all that this process could, before it was kept on one."""

Result = TypeVar("Result")

_unanswered: Final[list[Connection]] = []
"""The pipe of the helper process while a child is at work, or a job was sent in part."""


class ChildError(Exception):
    """
    A child process gave no result; the text says what it did, and at which step.

    Attributes:
        step: The step, as in ``when imported``.
        cure: What helps; None if that depends on what was run.

    """

    def __init__(self, fault: str, step: str, cure: str | None = None) -> None:
        super().__init__(f"{fault} {step}".strip())
        self.step = step
        self.cure = cure


class Begun(Generic[Result]):
    """Work that a child process has begun; see :func:`begin`."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def wait(self) -> None:
        """Wait until the child is done, or dead."""
        if not self._pipe.closed:
            wait([self._pipe])

    def result(self) -> Result:
        """Return what the work returned, or raise, as :func:`run` does."""
        try:
            kind, *answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            _give_up(self._pipe)
            fault = "was not tried: the helper process was killed"
            raise ChildError(fault, "", "free memory and run again") from error
        _unanswered.remove(self._pipe)
        if kind == "error":
            name, text = answer
            raise getattr(errors, name)(text)
        if kind == "fault":
            raise ChildError(*answer)
        result: Result = answer[0]
        return result


def run(work: Callable[..., Result], *given: object, share: Sequence[int] = ()) -> Result:
    """
    Return what *work* returns in a child process.

    The child has the module path and the working directory of this process, and may use every
    core that this process had at first. What it prints is lost, and so is every process that it
    starts.

    Args:
        work: A function of a module of the harness. It is given a :class:`Child` first.
        given: Its other arguments.
        share: File descriptors of memory that the child is to share.

    Raises:
        SpotbenchError: If *work* raised one.
        ChildError: If the child died, hung, needed too much memory or raised anything else,
            or if the helper process was killed.

    """
    return begin(work, *given, share=share).result()


def begin(work: Callable[..., Result], *given: object, share: Sequence[int] = ()) -> Begun[Result]:
    """
    Begin *work* in a child process, as :func:`run` does, and return without its result.

    There is one child at a time: work whose result nobody asked for yet is given up.
    """
    job = Job(
        work=work,
        given=given,
        descriptors=len(share),
        folder=os.getcwd(),
        path=tuple(sys.path),
        timeout_s=TIMEOUT_S,
        memory_bytes=MEMORY_BYTES,
    )
    for pipe in tuple(_unanswered):  # a late answer must not reach the next caller
        _give_up(pipe)
    pipe, _ = _helper()
    _unanswered.append(pipe)
    with contextlib.suppress(OSError):  # of a helper that was killed: the result says so
        pipe.send(job)
        send_descriptors(pipe, share)
    return Begun(pipe)


def _give_up(pipe: Connection) -> None:
    """End the helper process, and its child, unless that was done before."""
    if pipe in _unanswered:
        _unanswered.remove(pipe)
        helper = _helper()
        _helper.cache_clear()
        _end(*helper)


@cache
def _helper() -> tuple[Connection, subprocess.Popen[bytes]]:
    """Start the helper process; it ends when its pipe closes, as it does when we die."""
    pipe, theirs = Pipe()
    with theirs:
        code = f"from harness.children.helper import serve; serve({theirs.fileno()})"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C must reach the measuring process alone
        )
    os.sched_setaffinity(process.pid, CORES)
    atexit.register(_end, pipe, process)
    return pipe, process


def _end(pipe: Connection, process: subprocess.Popen[bytes]) -> None:
    pipe.close()
    process.wait()
