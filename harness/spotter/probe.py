"""
The probe: load and call a model in a child process, in case it crashes, hangs or eats memory.

LiteRT refuses most broken files, but not all: an int8 sum without scales ends the
process with a SIGABRT. So each model is first loaded and called once in a fork of a
helper process. The helper has imported LiteRT and runs a single thread, so forking it
is quick and safe. The measuring process must not fork, because it may have threads.
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
"""
Longest time to load and call a model, in seconds.

A desktop computer takes milliseconds, but a Pi reads LiteRT from a slow card.
"""

MEMORY_BYTES: Final = 1 << 30
"""
Most resident memory of the child process, in bytes: more than a small board can spare.

Python and LiteRT take about 50 MiB of it.
"""

_POLL_S: Final = 0.02
"""Seconds between two checks of the memory, which can grow by some 50 MiB in that time."""


class Probed(NamedTuple):
    """
    Result of probing a model that did no harm.

    Attributes:
        added_peak_bytes: How far loading and one call raised the peak resident memory
            of a process that had imported LiteRT, in bytes. Some 7 MiB of it are
            LiteRT's own code, which is read in for every model.

    """

    added_peak_bytes: int


def probe(data: bytes, name: str) -> Probed:
    """
    Load a model and call it once on zeros, in a child process.

    A model that LiteRT merely refuses passes: the measuring process loads it
    again and reports the reason.

    Args:
        data: Contents of the ``.tflite`` file.
        name: What errors call the model.

    Raises:
        ModelError: If the process died, gave no answer, or needed too much memory.

    """
    pipe, process = _helper()
    try:
        pipe.send((data, TIMEOUT_S, MEMORY_BYTES))
        fault, added_peak_bytes = pipe.recv()
    except BaseException as error:  # Ctrl-C, too: a late answer must not reach the next model
        _helper.cache_clear()
        _end(pipe, process)
        if not isinstance(error, EOFError | OSError):
            raise
        msg = f"{name} was not probed: the helper process was killed; free memory and run again"
        raise ModelError(msg) from error
    if fault:
        msg = f"{name} {fault} when loaded and called once; convert it again or remove it"
        raise ModelError(msg)
    return Probed(added_peak_bytes)


@cache
def _helper() -> tuple[Connection, subprocess.Popen[bytes]]:
    """Start the helper process; it ends when its pipe closes, as it does when we die."""
    pipe, theirs = Pipe()
    with theirs:
        code = f"from harness.spotter.probe import _serve; _serve({theirs.fileno()})"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C must reach the measuring process alone
        )
    atexit.register(_end, pipe, process)
    return pipe, process


def _end(pipe: Connection, process: subprocess.Popen[bytes]) -> None:
    pipe.close()
    process.wait()


def _serve(file_descriptor: int) -> None:
    """Run the helper process: probe one model after another until the pipe closes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(file_descriptor) as jobs, contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            jobs.send(_watch(jobs, *jobs.recv()))


def _watch(jobs: Connection, data: bytes, timeout_s: float, memory_bytes: int) -> tuple[str, int]:
    """
    Fork a child that loads the model; kill it if it breaks a limit or nobody waits any more.

    Returns:
        What went wrong, empty for nothing; and the bytes that the peak memory rose by.

    """
    child, report = Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        jobs.close()
        _run_child(data, report)
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
        fault = f"crashed its process ({signal.Signals(-code).name if code < 0 else code})"
    return fault, peak_bytes - before_bytes


def _run_child(data: bytes, report: Connection) -> Never:
    """Run the child process: report its peak memory, load the model, call it once, exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # LiteRT prints it again on the real load
        report.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        call_once(data)
    finally:
        os._exit(0)  # also after a Python exception: then LiteRT merely refused the model
