"""Drivers, schedulers and workers as processes of their own, on loopback."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from tests.search.stubs import PAUSE

ROOT: Final = Path(__file__).parents[2]
LONGEST_S: Final = 120.0
"""No step of a test takes as long, however busy the machine is."""


class Process:
    """One process; it is killed with all that it started when it is left."""

    def __init__(
        self, *words: str, root: Path = ROOT, environ: Mapping[str, str] | None = None
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *words],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.running:  # once it has ended, its number may be another's
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        self._process.send_signal(number)

    def interrupt(self) -> None:
        """Send what a terminal sends on Ctrl-C: to this process and all that it started."""
        os.killpg(self._process.pid, signal.SIGINT)

    def ended(self) -> tuple[int, str]:
        """Wait for its end; returns exit status and output."""
        output, _ = self._process.communicate(timeout=LONGEST_S)
        return self._process.returncode, output


def driver(folder: Path, space: str, trials: int, *options: str, pause_s: float = 0.0) -> Process:
    """Start a driver whose study is in *folder* / *space*."""
    words = ("-m", "tests.search.drive", space, "--trials", str(trials), "--results", str(folder))
    return Process(*words, *options, environ={PAUSE: str(pause_s)})


@contextmanager
def scheduler(port: int | None = None, root: Path = ROOT) -> Iterator[tuple[str, Process]]:
    """Start a scheduler; yields its address."""
    port = port or free_port()
    words = ("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port))
    with Process(*words, "--no-dashboard", root=root) as process:
        until(lambda: _listens(port), "the scheduler listens")
        yield f"tcp://127.0.0.1:{port}", process


def worker(
    address: str, resource: str, root: Path = ROOT, environ: Mapping[str, str] | None = None
) -> Process:
    """Start a worker with *resource*, as a user does."""
    words = ("-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard")
    return Process(*words, "--resources", f"{resource}=1", root=root, environ=environ)


def until(true: Callable[[], Any], what: str) -> Any:
    """Wait until *true* returns something; returns it."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        found = true()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(what)


def outcomes(folder: Path) -> list[dict[str, Any]]:
    """Return what the journal in *folder* says of trials that have ended, in order of ending."""
    journal = folder / "journal.log"
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    told = (json.loads(line).get("user_attr", {}).get("outcome") for line in lines)
    return [outcome for outcome in told if outcome]


def copied_with_another_line(folder: Path) -> Path:
    """Return a copy of our code in which one file is another."""
    for room in ("harness", "candidates", "tests/search"):
        ignore = shutil.ignore_patterns("models", "__pycache__")
        shutil.copytree(ROOT / room, folder / room, ignore=ignore)
    shutil.copy(ROOT / "tests" / "__init__.py", folder / "tests" / "__init__.py")
    with (folder / "harness" / "text.py").open("a") as file:
        file.write("# another line\n")
    return folder


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
