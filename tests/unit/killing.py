"""Killing work at many moments, and looking after each at what it left behind."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def kill_often(setup: str, *arguments: object, kills: int) -> None:
    """
    Kill ``work()`` again and again, and call ``check()`` after each time.

    Args:
        setup: Code that defines the two; ``sys.argv[1:]`` are *arguments*.
        arguments: Given to it as text.
        kills: How often, at most.

    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.killed", str(kills), *map(str, arguments)],
        cwd=ROOT,
        input=setup,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
