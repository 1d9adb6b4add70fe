"""Killing work at many moments, and looking after each at what it left behind."""

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import os, signal, sys, time

{setup}

for moment in range({kills}):
    worker = os.fork()
    if worker == 0:
        try:
            while True:
                work()
        finally:
            os._exit(1)
    time.sleep(moment * {step_s})
    os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    assert os.WIFSIGNALED(status), "the work ended by itself"
    check()
"""


def kill_often(setup: str, *arguments: object, kills: int, step_s: float) -> None:
    """
    Kill ``work()`` again and again, each time *step_s* later, and call ``check()`` after each.

    Args:
        setup: Code that defines the two; ``sys.argv[1:]`` are *arguments*.
        arguments: Given to it as text.
        kills: How often.
        step_s: The moments are 0, 1, 2, ... of these after the work has begun.

    """
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(setup=setup, kills=kills, step_s=step_s)]
        + [str(argument) for argument in arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
