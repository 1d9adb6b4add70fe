"""Writing files in one step, so that a file is whole or absent; and a lock between processes."""

import fcntl
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import ResultsError


def sha256(data: bytes) -> str:
    """Return the SHA-256 of *data*, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write *value* as indented JSON, each innermost list on one line so that diffs can be read."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    # No JSON string holds a line break, so this changes no string.
    flat = re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\n *", " ", found[0]), text)
    write_text(path, flat + "\n")


def require_writable(folder: Path) -> None:
    """Raise ResultsError unless files can be written to *folder*; make it if it is missing."""
    probe = folder / ".writable"
    write_text(probe, "")
    probe.unlink()


def write_text(path: Path, text: str) -> None:
    """Write *text* to *path* in one step, as :func:`write_bytes` does."""
    write_bytes(path, text.encode(errors="backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write *data* to *path* in one step: the file is whole or absent, never in part."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as scratch:
            fresh = Path(scratch) / path.name
            fresh.write_bytes(data)
            fresh.replace(path)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; make room or choose another folder"
        raise ResultsError(msg) from error


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """
    Hold the lock *path*, which one process at a time can hold.

    The lock is an empty file, made if it is missing. A killed process releases it.

    Args:
        path: The lock.
        wait: Whether to wait for another process that holds it, and print a line.

    Raises:
        BlockingIOError: If another process holds it and *wait* is false.
        OSError: If *path* cannot be locked.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise
            print(f"waiting for another process that holds {path}", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
