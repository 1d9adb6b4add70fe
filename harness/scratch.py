"""Folders to write a file in before it is moved to its place, and their removal after a kill."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = ".writing-"


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """
    Make a folder in *parent* that is removed in the end.

    It is locked until then, by which :func:`sweep` sees that it is in use. Raises OSError if
    the folder cannot be made.
    """
    with contextlib.ExitStack() as stack:
        while True:
            folder = Path(tempfile.mkdtemp(dir=parent, prefix=_PREFIX))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(folder, os.O_RDONLY)
                stack.callback(os.close, descriptor)
                with contextlib.suppress(OSError):  # some network file systems lock no folder
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
            if folder.exists():  # else it was swept before it was locked
                break
        yield folder


def sweep(results: Path) -> None:
    """Remove what killed processes have left in a folder of results and in those of its boards."""
    for level in ("", "*/", "*/raw/"):
        for folder in results.glob(f"{level}{_PREFIX}*"):
            with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                descriptor = os.open(folder, os.O_RDONLY)
                stack.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
