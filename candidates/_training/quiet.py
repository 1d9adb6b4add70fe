"""Keeping the terminal for progress, results and reasons, and what libraries say in a file."""

import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet(log: Path) -> Iterator[None]:
    """
    Send what TensorFlow's own code writes to standard error to the file *log*.

    Its lines about CUDA, oneDNN and nodes are written by C++, some before any level of
    logging is read, so only the file descriptor can be turned away. Python's ``sys.stderr``
    still is what it was: progress bars and tracebacks are seen, and so is a crash.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    shown, theirs = os.dup(2), sys.stderr
    with (
        os.fdopen(shown, "w", buffering=1, encoding="utf-8", errors="backslashreplace") as ours,
        log.open("wb") as file,
    ):
        theirs.flush()
        os.dup2(file.fileno(), 2)
        sys.stderr = ours
        faulthandler.enable(ours)
        try:
            yield
        finally:
            faulthandler.disable()
            sys.stderr = theirs
            os.dup2(shown, 2)
