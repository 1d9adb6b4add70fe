"""The machine measured on, as files and commands: a test can put those of another in its place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

TIMEOUT_S: Final = 5.0
"""How long a command may take; each answers in milliseconds."""


class Machine:
    """
    The machine as files and commands.

    Attributes:
        core: The one that is measured on, by default that of :func:`pin_to_one_core`.

    """

    def __init__(self, root: Path = Path("/"), core: int | None = None) -> None:
        self._root = root
        self.core = _last_core() if core is None else core
        self._hung = set[str]()

    def read(self, path: str) -> str | None:
        """Return the text of a file under the root, stripped; None if there is none."""
        try:
            return (self._root / path).read_text(errors="replace").strip("\0\n ")
        except OSError:
            return None

    def run(self, *command: str) -> str | None:
        """Return what *command* prints, stripped; None if it is missing, fails or ever hung."""
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
    """Keep this process on the last of its cores, where the system allows that."""
    core = _last_core()
    if core is not None:
        os.sched_setaffinity(0, [core])


def _last_core() -> int | None:
    return max(os.sched_getaffinity(0)) if sys.platform == "linux" else None
