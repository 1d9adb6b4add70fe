"""Clips kept in the cache, for as long as what they follow from stays the same."""

import contextlib
import hashlib
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from harness import audio
from harness.audio import CLIP_SAMPLES
from harness.datasets import noise
from harness.datasets.espeak.process import PACKAGE
from harness.errors import DatasetError, ResultsError
from harness.files import locked, sha256, write_bytes

Clips = npt.NDArray[np.int16]

SOURCES: Final = (
    *sorted(Path(__file__).parent.glob("*.py")),
    *sorted(Path(__file__).parent.glob("*.txt")),
    Path(audio.__file__),
    Path(noise.__file__),
)
"""The code that clips follow from."""

_DIGEST_BYTES: Final = 64
"""Of a SHA-256 in hexadecimal, which stands before the samples in a file."""


def edition() -> str:
    """Name what clips follow from: eSpeak NG, the code line by line, NumPy and SciPy."""
    texts = [source.read_bytes() for source in SOURCES]
    versions = f"{np.__version__} {scipy.__version__}"
    return f"{metadata.version(PACKAGE)}-{sha256(b''.join(texts) + versions.encode())[:12]}"


def read_or_make(file: Path, count: int, make: Callable[[], Clips]) -> Clips:
    """
    Return the *count* clips kept in *file*; they are made if they are not there.

    One process at a time makes them. Of other editions beside the folder of *file* the one
    made last stays, so that two versions of this code can share a cache; older ones, and what
    writers left that were killed, are removed.

    Raises:
        DatasetError: If they cannot be kept.

    """
    clips = _read(file, count)
    if clips is not None:
        return clips
    editions = file.parents[1]
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(editions.with_name(f"{editions.name}.lock")))
        except OSError as error:
            fault = f"synthetic speech cannot be kept in {editions}: {error.strerror}"
            msg = f"{fault}; make room or choose another folder, with XDG_CACHE_HOME"
            raise DatasetError(msg) from error
        clips = _read(file, count)
        if clips is None:
            clips = make()
            _write(file, clips)
        return clips


def _read(file: Path, count: int) -> Clips | None:
    """Return the clips kept in *file*; None if they are not there, or not as they were written."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    digest, samples = data[:_DIGEST_BYTES], memoryview(data)[_DIGEST_BYTES:]
    if (
        digest != hashlib.sha256(samples).hexdigest().encode()
        or len(samples) != 2 * count * CLIP_SAMPLES
    ):
        return None
    return np.frombuffer(samples, "<i2").reshape(count, CLIP_SAMPLES)


def _write(file: Path, clips: Clips) -> None:
    samples = clips.astype("<i2").tobytes()
    try:
        write_bytes(file, sha256(samples).encode() + samples)
    except ResultsError as error:
        msg = f"synthetic speech cannot be kept: {error}, with XDG_CACHE_HOME"
        raise DatasetError(msg) from error
    others = [path for path in file.parents[1].iterdir() if path != file.parent]
    old = sorted(others, key=lambda path: path.stat().st_mtime)[:-1]
    for left in (*old, *file.parent.glob(".writing-*")):
        shutil.rmtree(left, ignore_errors=True)
