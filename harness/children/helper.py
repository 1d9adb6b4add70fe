"""The helper process: it forks one child after another, and kills one that breaks a limit."""

import contextlib
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, Final, Never

from harness import errors
from harness.errors import SpotbenchError

_POLL_S: Final = 0.02
"""Seconds between two checks of the memory, which can grow by some 50 MiB in that time."""

Answer = tuple[Any, ...]
"""``("result", value)``, ``("error", class, text)`` or ``("fault", text, step)``."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What the helper process needs to know to run one child; see :func:`harness.children.run`."""

    work: Callable[..., Any]
    given: tuple[Any, ...]
    descriptors: int
    folder: str
    path: tuple[str, ...]
    timeout_s: float
    memory_bytes: int


class Child:
    """
    What a function that runs in a child process is given.

    Attributes:
        descriptors: File descriptors of the memory that it shares.

    """

    def __init__(self, descriptors: Sequence[int], reports: Connection) -> None:
        self.descriptors = descriptors
        self._reports = reports

    def begin(self, step: str, more_s: float = 0.0) -> None:
        """
        Begin a step of the work.

        Args:
            step: When a fault of the step happens, as in ``when imported``.
            more_s: How much longer than the common limit the step may take, in seconds.

        """
        self._reports.send(("step", step, more_s))


def send_descriptors(pipe: Connection, descriptors: Sequence[int]) -> None:
    """Send open file descriptors to the process at the other end of *pipe*."""
    if descriptors:
        with socket.socket(fileno=os.dup(pipe.fileno())) as connection:
            socket.send_fds(connection, [b"."], list(descriptors))


def _receive_descriptors(pipe: Connection, count: int) -> list[int]:
    if not count:
        return []
    with socket.socket(fileno=os.dup(pipe.fileno())) as connection:
        return list(socket.recv_fds(connection, 1, count)[1])


def serve(file_descriptor: int) -> None:
    """Run the helper process: one child after another until the pipe closes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(file_descriptor) as jobs, contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            job = jobs.recv()
            jobs.send(_fork(jobs, job, _receive_descriptors(jobs, job.descriptors)))


def _fork(jobs: Connection, job: Job, descriptors: Sequence[int]) -> Answer:
    """Fork a child and return its answer or its fault; nothing that it started is left."""
    reports, theirs = Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        jobs.close()
        _run_child(job, descriptors, theirs)
    theirs.close()
    limit_bytes = job.memory_bytes + sum(os.fstat(number).st_size for number in descriptors)
    for number in descriptors:
        os.close(number)
    with reports:
        answer, step, peak_bytes = _watch(jobs, reports, pid, job.timeout_s, limit_bytes)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)  # changes nothing about a child that has ended
    _, status, usage = os.wait4(pid, 0)
    if max(peak_bytes, usage.ru_maxrss * 1024) > limit_bytes:
        return "fault", f"needed more than {job.memory_bytes >> 20:,} MiB", step
    if answer is None:
        return "fault", _death(os.waitstatus_to_exitcode(status)), step
    return answer


def _watch(
    jobs: Connection, reports: Connection, pid: int, timeout_s: float, limit_bytes: int
) -> tuple[Answer | None, str, int]:
    """
    Wait for a child's answer.

    Returns:
        The answer, None if there is none because the child ended, needs too much memory or
        nobody waits for it any more; the child's last step; and its memory, in bytes.

    """
    step, limit_s, start = "", timeout_s, time.monotonic()
    while True:
        ready = wait([reports, jobs], _POLL_S)
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        memory_bytes = pages * resource.getpagesize()
        if jobs in ready or memory_bytes > limit_bytes:
            return None, step, memory_bytes
        if reports in ready:
            try:
                kind, *answer = reports.recv()
            except EOFError:
                return None, step, memory_bytes
            if kind != "step":
                return (kind, *answer, *([step] if kind == "fault" else [])), step, memory_bytes
            step, limit_s, start = answer[0], timeout_s + answer[1], time.monotonic()
        elif time.monotonic() - start > limit_s:
            return ("fault", f"gave no answer within {limit_s:,.3g} s", step), step, memory_bytes


def _death(code: int) -> str:
    if code < 0:
        names = {number.value: number.name for number in signal.Signals}
        return f"crashed its process ({names.get(-code, f'signal {-code}')})"
    return f"ended its process (status {code})"


def _run_child(job: Job, descriptors: Sequence[int], reports: Connection) -> Never:
    """Run the child process: do the work, report, exit."""
    try:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.chdir(job.folder)
        sys.path[:] = job.path
        reports.send(_answer(job, Child(descriptors, reports)))
    finally:
        os._exit(0)


def _answer(job: Job, child: Child) -> Answer:
    try:
        return "result", job.work(child, *job.given)
    except SpotbenchError as error:
        # A candidate may define one of its own, which the measuring process does not know.
        ours = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
        return "error", ours.__name__, str(error)
    except BaseException as error:  # noqa: BLE001  (whatever it raises)
        return "fault", f"raised {type(error).__name__}: {error}"
