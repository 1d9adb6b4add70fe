"""The machine as files and commands, so that a test can replace it by a captured one."""

import os
import secrets
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Final

import platformdirs

from harness.errors import ResultsError
from harness.files import locked, write_text

_ROOT: Final = Path("/")

TIMEOUT_S: Final = 5.0
"""Longest time that a command may take, in seconds; each answers in milliseconds."""


class Machine:
    """
    The machine as files and commands.

    Attributes:
        core: Number of the core that latency is measured on, by default the core of
            :func:`pin_to_one_core`; None if the system does not tell.

    """

    def __init__(self, root: Path = _ROOT, core: int | None = None) -> None:
        self._root = root
        state = platformdirs.user_state_path("spotbench") if root == _ROOT else root / "state"
        self._number = state / "machine-number"
        self.core = _last_core() if core is None else core
        self._hung = set[str]()

    def read(self, path: str) -> str | None:
        """Return the text of a file under the root, stripped; None if it cannot be read."""
        try:
            return (self._root / path).read_text(errors="replace").strip("\0\n ")
        except OSError:
            return None

    @cached_property
    def drawn_number(self) -> str:
        """
        A random number of 32 hexadecimal digits, drawn once on a machine and kept for its user.

        Where nothing can be kept, each run draws its own.
        """
        drawn = secrets.token_hex(16)
        with suppress(OSError, ResultsError), locked(self._number.with_suffix(".lock")):
            if self._number.exists():
                return self._number.read_text(errors="replace")
            write_text(self._number, drawn)
        return drawn

    def run(self, *command: str) -> str | None:
        """Return what *command* prints, stripped; None if it is missing, fails or once hung."""
        if command[0] in self._hung or shutil.which(command[0]) is None:
            return None
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
            )
        except subprocess.TimeoutExpired:
            self._hung.add(command[0])
            return None
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()


def pin_to_one_core() -> None:
    """Keep this process on the last of its cores, if the system allows it."""
    core = _last_core()
    if core is not None:
        os.sched_setaffinity(0, [core])


def _last_core() -> int | None:
    return max(os.sched_getaffinity(0)) if sys.platform == "linux" else None
