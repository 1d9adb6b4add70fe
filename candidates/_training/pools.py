"""
Pools of features in the cache: made once for a front-end, and shared by its networks.

A pool is a file: the SHA-256 over its key and its features in hexadecimal, then the
features. One that is damaged, half written or of another key is made again.
"""

import contextlib
import dataclasses
import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy
from tqdm import tqdm

from candidates._training import augment, features
from candidates._training.features import Clips, Work, made_from
from harness import audio, frontends
from harness.candidate.candidate import Candidate, ReadyModel
from harness.candidate.specification import specification_hash
from harness.candidate.training import Augmentation
from harness.datasets import noise
from harness.errors import DatasetError
from harness.files import locked, sha256

Pool = npt.NDArray[Any]
"""Features, read-only and mapped into memory: ``(clips, variants, *shape)``."""

LIMIT_BYTES: Final = 8 << 30
"""Of all pools together; those not used for longest are removed first."""

POOL_BYTES: Final = 1 << 30
"""Of one pool, unless its clips alone need more: larger features have fewer variants."""

_WRITING: Final = ".writing-"
_DIGEST_BYTES: Final = 64
_PROBED: Final = 32
_ROOM: Final = 16
"""How much larger than those of the first clips a feature may be and still fit a float16."""


@dataclass(frozen=True, kw_only=True)
class Pools:
    """
    The pools of one front-end.

    Attributes:
        folder: Where they are kept.
        frontend: Clip to features.

    """

    folder: Path
    frontend: Any

    def of(self, clips: Clips, how: Augmentation | None, variants: int, what: str) -> Pool:
        """
        Return the pool of *clips*, made if it is not there.

        Args:
            clips: int16 ``(clips, CLIP_SAMPLES)``, at least one.
            how: How they are varied; None for features of the clips as they are, in float32.
            variants: Varied copies of each.
            what: What to call them while they are made.

        Raises:
            DatasetError: If the pool cannot be written, as on a full disk.

        """
        work = self._work(clips, how, variants)
        plan = _Plan(clips=clips, work=work, key=_key(clips, work), what=what)
        try:
            return plan.read_or_make(self.folder)
        except OSError as error:
            msg = (
                f"features of {what} cannot be kept in {self.folder}: {error.strerror}; make "
                f"room or choose another folder, with XDG_CACHE_HOME"
            )
            raise DatasetError(msg) from error

    def _work(self, clips: Clips, how: Augmentation | None, variants: int) -> Work:
        most = POOL_BYTES // (2 * len(clips) * int(np.prod(self.frontend.shape)))
        return Work(
            frontend=self.frontend,
            how=how,
            variants=max(1, min(variants, most)) if how else 1,
            dtype="float16" if how and self._is_small(clips[:_PROBED]) else "float32",
        )

    def _is_small(self, clips: Clips) -> bool:
        """Whether features of *clips* fit a float16 with room to spare."""
        largest = max(float(np.abs(self.frontend(clip)).max()) for clip in clips)
        return largest * _ROOM < float(np.finfo(np.float16).max)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    clips: Clips
    work: Work
    key: bytes
    what: str

    def read_or_make(self, folder: Path) -> Pool:
        file = folder / f"{sha256(self.key)[:24]}.pool"
        pool = self._read(file)
        if pool is not None:
            return pool
        with locked(_lock(file)):
            pool = self._read(file)  # another process may have made it meanwhile
            if pool is None:
                self._make(file)
                _forget(folder)
                pool = self._mapped(file)
        return pool

    def _read(self, file: Path) -> Pool | None:
        """Return the pool in *file*; None unless it is whole and of this key."""
        with contextlib.suppress(FileNotFoundError):
            with file.open("rb") as opened:
                digest = opened.read(_DIGEST_BYTES).decode(errors="replace")
            if file.stat().st_size == _DIGEST_BYTES + self._bytes:
                pool = self._mapped(file)
                found = hashlib.sha256(self.key)
                found.update(pool.data.cast("B"))
                if found.hexdigest() == digest:
                    file.touch()
                    return pool
        return None

    def _mapped(self, file: Path) -> Pool:
        return np.memmap(file, self.work.dtype, "r", _DIGEST_BYTES, self._shape)

    @property
    def _shape(self) -> tuple[int, ...]:
        return (len(self.clips), self.work.variants, *self.work.frontend.shape)

    @property
    def _bytes(self) -> int:
        return int(np.prod(self._shape)) * np.dtype(self.work.dtype).itemsize

    def _make(self, file: Path) -> None:
        """Write *file* in one step."""
        digest = hashlib.sha256(self.key)
        with tempfile.TemporaryDirectory(
            dir=file.parent, prefix=f"{_WRITING}{file.stem}-"
        ) as scratch:
            fresh = Path(scratch) / file.name
            with fresh.open("wb") as opened, self._progress() as bar:
                opened.write(b" " * _DIGEST_BYTES)
                for part in made_from(self.clips, self.work):
                    digest.update(part.tobytes())
                    opened.write(part.tobytes())
                    bar.update(len(part))
                opened.seek(0)
                opened.write(digest.hexdigest().encode())
            fresh.replace(file)

    def _progress(self) -> "tqdm[Any]":
        return tqdm(
            total=len(self.clips), desc=f"features of {self.what}", unit="clip", disable=None
        )


def _key(clips: Clips, work: Work) -> bytes:
    """Name all that a pool follows from: its clips, its front-end, the variation, the code."""
    how = dataclasses.asdict(work.how) if work.how else None
    if how:
        del how["masked_frames"], how["masked_bins"]  # masks come when a batch is drawn
    parts = {
        "clips": hashlib.sha256(np.ascontiguousarray(clips).data).hexdigest(),
        "frontend": specification_hash(
            Candidate(network=ReadyModel(path="of no matter"), frontend=work.frontend)
        ),
        "how": how,
        "variants": work.variants,
        "dtype": work.dtype,
        "edition": _edition(),
    }
    return json.dumps(parts, sort_keys=True).encode()


@cache
def _edition() -> str:
    """Name the code that features follow from, and the libraries it uses."""
    files = [*sorted(Path(frontends.__file__).parent.glob("*.py"))]
    files += [Path(str(module.__file__)) for module in (augment, features, audio, noise)]
    code = b"".join(file.read_bytes() for file in files)
    return sha256(code + f"{np.__version__} {scipy.__version__}".encode())


def _lock(file: Path) -> Path:
    """Return the lock of one pool: others may be made at the same time."""
    return file.with_suffix(".lock")


def _forget(folder: Path) -> None:
    """Remove what killed writers left, and the pools not used for longest, down to the limit."""
    for left in folder.glob(f"{_WRITING}*"):
        pool = left.name.removeprefix(_WRITING).partition("-")[0]
        # Its writer is at work where the lock is held.
        with contextlib.suppress(BlockingIOError), locked(folder / f"{pool}.lock", wait=False):
            shutil.rmtree(left, ignore_errors=True)
    room = LIMIT_BYTES
    for file in sorted(folder.glob("*.pool"), key=lambda file: -file.stat().st_mtime_ns):
        room -= file.stat().st_size
        if room < 0:
            file.unlink(missing_ok=True)
            _lock(file).unlink(missing_ok=True)
