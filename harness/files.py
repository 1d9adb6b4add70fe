"""Writing files in one step: each is there whole, or not at all."""

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
    """SHA-256 of *data*, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write *value* as indented JSON, each innermost list on one line so that diffs can be read."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    # A line break is never inside a JSON string, so what is said there stays as it is.
    flat = re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\n *", " ", found[0]), text)
    write_text(path, flat + "\n")


def require_writable(folder: Path) -> None:
    """Raise ResultsError unless files can be written under *folder*, which is made if need be."""
    probe = folder / ".writable"
    write_text(probe, "")
    probe.unlink()


def write_text(path: Path, text: str) -> None:
    """Write *text* to *path* in one step, see :func:`write_bytes`."""
    write_bytes(path, text.encode(errors="backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write *data* to *path* in one step: it is there whole, or not at all."""
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
def locked(path: Path) -> Iterator[None]:
    """
    Hold the lock *path*, an empty file that is made if need be: one process at a time does.

    Whoever has to wait says so. A process that is killed lets go, too. Raises OSError
    where there can be no lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process, which holds {path}", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
