"""What a data set is, once it is read: labelled clips of one split, and where they came from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, Clip, decode_wav
from harness.errors import NoRecordingsError
from harness.files import sha256


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """
    Labelled clips of one split.

    Attributes:
        name: Of the source, as given to ``--dataset``.
        split: ``training``, ``validation`` or ``test``.
        keys: ``<word>/<file>.wav`` of each clip, sorted.
        words: The word spoken in each clip.
        clips: int16, shape ``(len(keys), CLIP_SAMPLES)``.
        digest: SHA-256 over names and contents, see :func:`content_digest`.
        note: What every output must say of it, None for recordings of people.

    """

    name: str
    split: str
    keys: tuple[str, ...]
    words: tuple[str, ...]
    clips: npt.NDArray[np.int16]
    digest: str
    note: str | None = None

    def __len__(self) -> int:
        return len(self.keys)


class Source(Protocol):
    """Where recordings come from: one per data set."""

    @property
    def name(self) -> str:
        """As in records and reports."""
        ...

    def words(self, split: str) -> tuple[str, ...]:
        """Every word there are recordings of in *split*."""
        ...

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Read the clips of *words* in *split*; raises DatasetError or AudioError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Recording:
    """The bytes of one WAV file and what they say."""

    key: str
    word: str
    data: bytes


def assemble(
    name: str,
    split: str,
    recordings: Iterable[Recording],
    decode: Callable[[bytes, str], Clip] = decode_wav,
) -> Dataset:
    """Decode *recordings* into a data set, sorted by key; *decode* gets the bytes and the key."""
    ordered = sorted(recordings, key=lambda recording: recording.key)
    clips = np.empty((len(ordered), CLIP_SAMPLES), np.int16)
    for clip, recording in zip(clips, ordered, strict=True):
        clip[:] = decode(recording.data, recording.key)
    return Dataset(
        name=name,
        split=split,
        keys=tuple(recording.key for recording in ordered),
        words=tuple(recording.word for recording in ordered),
        clips=clips,
        digest="sha256:" + content_digest({r.key: sha256(r.data) for r in ordered}),
    )


def require_words(name: str, words: Iterable[str], known: Iterable[str]) -> None:
    """Raise NoRecordingsError for *words* that the data set *name* does not have."""
    unknown = [word for word in words if word not in known]
    if unknown:
        msg = f"{name} has no recordings of {', '.join(unknown)}; it has {', '.join(known)}"
        raise NoRecordingsError(msg)


def content_digest(digests: Mapping[str, str]) -> str:
    r"""SHA-256 over the lines ``<name> <SHA-256>\n``, names sorted: contents, not container."""
    return sha256(manifest(digests))


def manifest(digests: Mapping[str, str]) -> bytes:
    r"""Return the lines ``<name> <SHA-256>\n``, names sorted, that a content digest is taken of."""
    return "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items())).encode()
