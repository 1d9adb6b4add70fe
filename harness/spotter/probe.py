"""
Trying a model out: what crashes, hangs or eats memory does so in a process of its own.

LiteRT refuses most broken files, but not all: an int8 sum without scales ends the
interpreter with a SIGABRT. So each model is first loaded and called once in a
fork of a helper process, which has imported LiteRT and runs a single thread: that
makes forking it quick and safe. The measuring process must not fork: it may have threads.
"""

import atexit
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from functools import cache
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Final, NamedTuple, Never

from harness.errors import ModelError
from harness.spotter.model import call_once

TIMEOUT_S: Final = 30.0
"""To load and call a model: milliseconds on a desk, but a Pi reads LiteRT from a slow card."""

MEMORY_BYTES: Final = 1 << 30
"""Resident, with about 50 MiB of Python and LiteRT: more than a small board can spare."""

_POLL_S: Final = 0.02
"""Between two looks at the memory, which grows by some 50 MiB meanwhile."""


class Trial(NamedTuple):
    """What was learned from a model that lived through it."""

    added_peak_bytes: int
    """
    How far loading and one call raised the peak resident memory of a process that had
    imported LiteRT; some 7 MiB of it are LiteRT's own code, read in for any model.
    """


def try_out(data: bytes, name: str) -> Trial:
    """
    Load a model, called *name* in errors, and call it once on zeros, in a process of its own.

    A model that LiteRT merely refuses passes: loading it for good says better why.

    Raises:
        ModelError: If the process died, gave no answer, or needed too much memory.

    """
    pipe, process = _helper()
    try:
        pipe.send((data, TIMEOUT_S, MEMORY_BYTES))
        fault, added_peak_bytes = pipe.recv()
    except BaseException as error:  # Ctrl-C, too: its answer must not become the next model's
        _helper.cache_clear()
        _end(pipe, process)
        if not isinstance(error, EOFError | OSError):
            raise
        msg = f"{name} was not tried out: the helper process was killed; free memory, run again"
        raise ModelError(msg) from error
    if fault:
        msg = f"{name} {fault} when loaded and called once; convert it again or remove it"
        raise ModelError(msg)
    return Trial(added_peak_bytes)


@cache
def _helper() -> tuple[Connection, subprocess.Popen[bytes]]:
    """Start the helper; it ends when its pipe closes, if need be by our death."""
    pipe, theirs = Pipe()
    with theirs:
        code = f"from harness.spotter import probe; probe._serve({theirs.fileno()})"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is ours to handle
        )
    atexit.register(_end, pipe, process)
    return pipe, process


def _end(pipe: Connection, process: subprocess.Popen[bytes]) -> None:
    pipe.close()
    process.wait()


def _serve(file_descriptor: int) -> None:
    """Be the helper: try one model after another until the pipe closes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(file_descriptor) as jobs, contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            jobs.send(_watch(jobs, *jobs.recv()))


def _watch(jobs: Connection, data: bytes, timeout_s: float, memory_bytes: int) -> tuple[str, int]:
    """Fork, and stay by the child until it ends, breaks a limit or nobody waits for it."""
    child, report = Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        jobs.close()
        _live(data, report)
    report.close()
    with child:
        start, before_bytes, peak_bytes = time.monotonic(), child.recv(), 0
        while not (ended := wait([child, jobs], _POLL_S)):
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            peak_bytes = max(peak_bytes, pages * resource.getpagesize())
            if peak_bytes > memory_bytes or time.monotonic() - start > timeout_s:
                break
        if child not in ended:
            os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    peak_bytes, code = max(peak_bytes, usage.ru_maxrss * 1024), os.waitstatus_to_exitcode(status)
    fault = ""
    if peak_bytes > memory_bytes:
        fault = f"needed more than {memory_bytes >> 20:,} MiB"
    elif time.monotonic() - start > timeout_s:
        fault = f"gave no answer within {timeout_s:g} s"
    elif code:
        fault = f"killed its interpreter ({signal.Signals(-code).name if code < 0 else code})"
    return fault, peak_bytes - before_bytes


def _live(data: bytes, report: Connection) -> Never:
    """Be the child: say how much memory it starts with, load the model, call it once, end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # loading for good says it again
        report.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        call_once(data)
    finally:
        os._exit(0)  # also after an error of Python's: that is a refusal
