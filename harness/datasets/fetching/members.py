"""
The members of an archive; each is checked against published limits before it is unpacked.

A few kilobytes can unpack to gigabytes. A zip lists all its members, so all are checked
before the first is unpacked. A tar names each member right before its contents, so each
is checked there; the caller must discard everything if a later member is refused.
"""

import re
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, Self

Spot = tuple[str, str]
"""The word that a member belongs to, and the file name it gets."""

Place = Callable[[str], Spot | None]
"""Turns the path of a member into its spot; None for a member that is not unpacked."""

Member = tuple[str, str, bytes]
"""Word, file name and contents."""

_DAMAGES: Final = (
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Exceptions that reading a damaged archive can raise."""

_EXTENSIONS: Final = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
"""Types of members of a tar that hold a long name, or other fields, of those that follow."""

_EXTENSION_BYTES: Final = 1 << 20

_LONGEST: Final = 200
"""Most characters of a name, or of a fault, that an error tells: an archive can hold any text."""

_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression methods of the published zips."""

_FOLDER_AND_FILE: Final = re.compile(r"([^/]+)/([\w.-]{1,100}\.wav)", re.ASCII)


class WrongError(Exception):
    """An archive that is not the published one; its text follows the name of the file."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    The most that an archive may unpack to.

    Attributes:
        files: Most files of one word.
        file_bytes: Largest size of one file, in bytes.
        total_bytes: Largest size of all files of all words together, in bytes.

    """

    files: int
    file_bytes: int
    total_bytes: int


def word_folders(path: str) -> Spot | None:
    """Place ``<word>/<file>.wav``, the layout of Speech Commands."""
    found = _FOLDER_AND_FILE.fullmatch(path)
    return (found[1], found[2]) if found else None


def members(
    path: Path, top: str, place: Place, words: Collection[str], limits: Limits
) -> Iterator[Member]:
    """
    Yield the files of *words*.

    Args:
        path: The archive, ``.zip`` or ``.tar.gz``.
        top: Folder in the archive that holds everything, empty for none.
        place: Turns the path of a member below *top* into its spot.
        words: Words to unpack; files of other words are skipped.
        limits: Limits; a member that exceeds them is refused before it is read.

    Raises:
        WrongError: If the archive is damaged, exceeds *limits*, has no folder *top*,
            or names a member outside its folder.

    """
    selection = _Selection(top, place, words, limits)
    try:
        yield from (_zipped if path.suffix == ".zip" else _tarred)(path, selection)
    except _DAMAGES as error:
        msg = f"is not a complete archive ({error!s:.{_LONGEST}})"
        raise WrongError(msg) from error
    selection.require_top()


@dataclass
class _Selection:
    """Chooses the members to unpack, and counts them against the limits."""

    top: str
    place: Place
    words: Collection[str]
    limits: Limits
    files: Counter[str] = field(default_factory=Counter)
    total_bytes: int = 0
    tops: set[str] = field(default_factory=set)

    def spot(self, member: str, size: int) -> Spot | None:
        """Return the spot of *member*, None to skip it; raises WrongError beyond the limits."""
        path = PurePosixPath(member)
        if ".." in path.parts or member.startswith("/") or "\\" in member:
            msg = f"holds {member!r:.{_LONGEST}}, which climbs out of its folder"
            raise WrongError(msg)
        self.tops.update(path.parts[:1])
        if self.top and self.top not in path.parts[:1]:
            return None
        spot = self.place(path.relative_to(self.top).as_posix())
        if spot is None or spot[0] not in self.words:
            return None
        self._count(member, spot[0], size)
        return spot

    def _count(self, member: str, word: str, size: int) -> None:
        """Count *member*; raises WrongError beyond the limits."""
        self.files[word] += 1
        self.total_bytes += size
        for what, found, most in (
            (f"{size:,} bytes in {member!r:.{_LONGEST}}", size, self.limits.file_bytes),
            (f"{self.files[word]:,} files of {word!r}", self.files[word], self.limits.files),
            (f"{self.total_bytes:,} bytes in all", self.total_bytes, self.limits.total_bytes),
        ):
            if found > most:
                msg = f"holds {what}, expected at most {most:,}"
                raise WrongError(msg)

    def require_top(self) -> None:
        """Raise WrongError if no member was in the folder *top*."""
        if self.top and self.top not in self.tops:
            found = ", ".join(f"{top!r:.{_LONGEST}}" for top in sorted(self.tops)[:3]) or "nothing"
            msg = f"holds {found}, expected {self.top!r}: it is another version"
            raise WrongError(msg)


def _zipped(path: Path, selection: _Selection) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        found = [
            (member, spot)
            for member in archive.infolist()
            if (spot := selection.spot(member.filename, member.file_size))
        ]
        if odd := [member for member, _ in found if member.compress_type not in _METHODS]:
            named = f"{odd[0].filename!r:.{_LONGEST}}"
            msg = f"packs {named} by method {odd[0].compress_type}, expected DEFLATE"
            raise WrongError(msg)
        for member, (word, name) in found:
            with archive.open(member) as file:
                # Bounded, because the size in a header can be wrong.
                yield word, name, file.read(selection.limits.file_bytes)


class _Header(tarfile.TarInfo):
    """A header of a tar; what extends it is held in memory whole, so its size is limited."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header; raises WrongError for an extension of a size that nobody needs."""
        header = super().frombuf(buf, encoding, errors)
        if header.type in _EXTENSIONS and header.size > _EXTENSION_BYTES:
            msg = f"holds a name of {header.size:,} bytes, expected at most {_EXTENSION_BYTES:,}"
            raise WrongError(msg)
        return header


def _tarred(path: Path, selection: _Selection) -> Iterator[Member]:
    with tarfile.open(path, "r|gz", tarinfo=_Header) as archive:
        for member in archive:
            # Else all headers are held, of which there may be millions.
            archive.members = []  # type: ignore[attr-defined]
            spot = selection.spot(member.name, member.size)
            file = archive.extractfile(member) if spot and member.isreg() else None
            if spot and file:
                yield *spot, file.read(selection.limits.file_bytes)
