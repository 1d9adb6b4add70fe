"""Writing files in one step, so that a file is whole or absent; and locks between processes."""

import fcntl
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from harness.errors import ResultsError
from harness.scratch import scratch


def sha256(data: bytes) -> str:
    """Return the SHA-256 of *data*, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """Return *value* as indented JSON, each innermost list on a line, so that diffs can be read."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    # No JSON string holds a line break, so this changes no string.
    flat = re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\n *", " ", found[0]), text)
    return _encoded(flat + "\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write *value* to *path* in one step, as :func:`json_bytes` returns it."""
    write_bytes(path, json_bytes(value))


def require_writable(folder: Path) -> None:
    """Raise ResultsError unless files can be written to *folder*; make it if it is missing."""
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()  # without a name that two runs could share


def write_text(path: Path, text: str) -> None:
    """Write *text* to *path* in one step, as :func:`write_bytes` does."""
    write_bytes(path, _encoded(text))


def write_bytes(path: Path, data: bytes) -> None:
    """Write *data* to *path* in one step: the file is whole or absent, never in part."""
    with _writing(path), _fresh(path.parent, data) as fresh:
        fresh.replace(path)


def write_new(folder: Path, names: Iterable[str], data: bytes) -> Path:
    """
    Write *data* to *folder* under the first of *names* that is free; return the path.

    Of any number of processes that do so at one moment, each gets a name of its own. The
    file is whole or absent.
    """
    with _writing(folder), _fresh(folder, data) as fresh:
        return next(folder / name for name in names if _moved(fresh, folder / name))


def _moved(fresh: Path, path: Path) -> bool:
    """Give the file *fresh* the name *path* in one step, unless that is taken."""
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            return False
        fresh.replace(path)
    return True


@contextmanager
def _fresh(folder: Path, data: bytes) -> Iterator[Path]:
    """Keep a new file with *data* in *folder* that no other process knows of."""
    folder.mkdir(parents=True, exist_ok=True)
    with scratch(folder) as place:
        fresh = place / "fresh"
        fresh.write_bytes(data)
        yield fresh


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn an error of the system into one that says what cannot be written."""
    try:
        yield
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; make room or choose another folder"
        raise ResultsError(msg) from error


def _encoded(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


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
        _lock(file.fileno(), path, wait=wait)
        yield


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """
    Hold *folder* itself as a lock, as :func:`locked` does, without a file that would stay.

    Where the file system has no such locks, nothing is held.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path, *, wait: bool = True) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not wait:
            raise
        print(f"waiting for another process that holds {path}", file=sys.stderr)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
