"""What a data set is: labelled clips of one split, and their source."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from harness.audio import Clip, decode_wav
from harness.errors import NoRecordingsError
from harness.files import sha256
from harness.sharing import gather, reorder


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """
    Labelled clips of one split.

    Attributes:
        name: Name of the source, as given to ``--dataset``.
        split: ``training``, ``validation`` or ``test``.
        keys: Key of each clip, ``<word>/<file>.wav``, sorted.
        words: Word spoken in each clip.
        clips: The clips, int16, shape ``(len(keys), CLIP_SAMPLES)``.
        digest: SHA-256 over names and contents, see :func:`content_digest`.
        note: Warning that every output must show; None for recordings of people.

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
    """A data set before it is read: it knows its words and reads their clips."""

    @property
    def name(self) -> str:
        """Name of the data set in records and reports."""
        ...

    def words(self, split: str) -> tuple[str, ...]:
        """Return every word that has recordings in *split*."""
        ...

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Read the clips of *words* in *split*; raises DatasetError or AudioError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Recording:
    """
    One WAV file.

    Attributes:
        key: Key of its clip, ``<word>/<file>.wav``.
        word: The spoken word.
        data: Contents of the file.

    """

    key: str
    word: str
    data: bytes


def assemble(
    name: str,
    split: str,
    recordings: Iterable[Recording],
    decode: Callable[[bytes, str], Clip] = decode_wav,
) -> Dataset:
    """
    Decode recordings into a data set, sorted by key; no clip and no recording is held twice.

    Args:
        name: Name of the data set.
        split: ``training``, ``validation`` or ``test``.
        recordings: The recordings, in any order.
        decode: Turns the contents of a file into a clip; its key is for errors.

    """
    found: list[tuple[str, str]] = []
    digests: dict[str, str] = {}

    def decoded() -> Iterator[Clip]:
        for recording in recordings:
            found.append((recording.key, recording.word))
            digests[recording.key] = sha256(recording.data)
            yield decode(recording.data, recording.key)

    clips = gather(decoded())
    order = sorted(range(len(found)), key=found.__getitem__)
    reorder(clips, order)
    return Dataset(
        name=name,
        split=split,
        keys=tuple(found[place][0] for place in order),
        words=tuple(found[place][1] for place in order),
        clips=clips,
        digest="sha256:" + content_digest(digests),
    )


def require_words(name: str, words: Iterable[str], known: Iterable[str]) -> None:
    """Raise NoRecordingsError if the data set *name* lacks any of *words*."""
    unknown = [word for word in words if word not in known]
    if unknown:
        msg = f"{name} has no recordings of {', '.join(unknown)}; it has {', '.join(known)}"
        raise NoRecordingsError(msg)


def content_digest(digests: Mapping[str, str]) -> str:
    r"""
    Return the SHA-256 over the lines ``<name> <SHA-256>\n``, sorted by name.

    It is the same however the files are archived.
    """
    return sha256(manifest(digests))


def manifest(digests: Mapping[str, str]) -> bytes:
    r"""Return the lines ``<name> <SHA-256>\n``, sorted by name: what a content digest covers."""
    return "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items())).encode()
