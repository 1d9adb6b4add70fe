"""
A published archive of recordings, zip or tar.gz, unpacked word by word into the cache.

All requested words are unpacked in one pass to a scratch folder and verified, each by
its published content digest or all by the digest of the archive. Then each is moved to
its place in one step. A word that is damaged in the cache is unpacked again. One
process at a time fetches and unpacks.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.datasets.dataset import Recording, content_digest
from harness.datasets.fetching import kept
from harness.datasets.fetching.download import download
from harness.datasets.fetching.kept import Wanted
from harness.datasets.fetching.members import Limits, Place, WrongError, members, word_folders
from harness.errors import DatasetError, UnreachableError
from harness.files import locked, sha256

Found = dict[str, dict[str, bytes] | None]
"""Word -> file name -> contents; None for a word that the cache lacks or holds damaged."""

Check = Callable[[str, Path], None]
"""Takes a word and the folder it was unpacked to; raises WrongError if a file is wrong."""

GENEROUS: Final = Limits(files=10_000, file_bytes=1 << 20, total_bytes=4 << 30)
"""Limits above what any published set of spoken words needs."""

_SCRATCH: Final = ".unpacking-"
"""Beginning of the names of scratch folders."""


def require_files(word: str, folder: Path, expected: Iterable[str]) -> None:
    """Raise WrongError if the *folder* of *word* lacks an *expected* file."""
    names = sorted(expected)
    if missing := [name for name in names if not (folder / name).exists()]:
        msg = f"lacks {len(missing)} of {len(names)} files of {word!r}, the first {missing[0]}"
        raise WrongError(msg)


def _accept(_word: str, _folder: Path) -> None:
    """Accept every word, as its digest is checked anyway."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """
    A published archive: its places and its verified contents.

    Attributes:
        file_name: Name of the file, ending in ``.zip`` or ``.tar.gz``.
        url: Address that it is published at.
        cache: Folder for downloads and unpacked words.
        archives: Folder that is searched for the file before any download, or None.
        top: Folder in the archive that holds everything, empty for none.
        place: Turns the path of a member below *top* into its word and file name.
        limits: Most that is unpacked: as much as was published.
        check: Checks a word; its error is clearer than that of a wrong digest.
        digests: Content digest of each word, empty if none are published.
        size: Size of the file in bytes; None if its words have digests.
        sha256: SHA-256 of the file; None if its words have digests.
        otherwise: What a user can do without the archive.

    """

    file_name: str
    url: str
    cache: Path
    archives: Path | None
    top: str = ""
    place: Place = word_folders
    limits: Limits = GENEROUS
    check: Check = _accept
    digests: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    sha256: str | None = None
    otherwise: str = "measure a folder with --dataset FOLDER"

    def read(self, words: Sequence[str], wanted: Wanted) -> Iterator[Recording]:
        """
        Yield each wanted file of *words*, verified.

        Args:
            words: Words to read.
            wanted: Returns whether a file is wanted, by its name.

        Raises:
            UnreachableError: If the archive is not on this machine and cannot be fetched,
                or the fetched file is not the published one.
            DatasetError: If the file on this machine is not the published one, or cannot
                be unpacked.

        """
        found = self._found(words, wanted)
        missing = [word for word, files in found.items() if files is None]
        if missing:
            found |= self._mended(missing, wanted)
        for word, files in found.items():
            if files is None:
                msg = (
                    f"{self._folder(word)} cannot be read back; point XDG_CACHE_HOME to "
                    f"another folder"
                )
                raise DatasetError(msg)
            for name, data in files.items():
                yield Recording(key=f"{word}/{name}", word=word, data=data)

    def at_hand(self, words: Iterable[str]) -> bool:
        """Return whether *words* can be read without a download."""
        if self._local() is not None:
            return True
        return all(self._cached(word, lambda _: True) is not None for word in words)

    @property
    def _name(self) -> str:
        return self.file_name.removesuffix(".zip").removesuffix(".tar.gz")

    def _folder(self, word: str) -> Path:
        return self.cache / self._name / word

    def _found(self, words: Sequence[str], wanted: Wanted) -> Found:
        """Read *words* from the cache."""
        return {word: self._cached(word, wanted) for word in words}

    def _cached(self, word: str, wanted: Wanted) -> dict[str, bytes] | None:
        """Read a word from the cache; None if the cache lacks it or holds it damaged."""
        return kept.read(self._folder(word), self.digests.get(word), wanted)

    def _mended(self, words: Sequence[str], wanted: Wanted) -> Found:
        """Unpack *words*, except those that another process unpacked while this one waited."""
        target = self.cache / self._name
        try:
            with locked(target.with_name(f"{self._name}.lock")):
                found = self._found(words, wanted)
                missing = [word for word, files in found.items() if files is None]
                if missing:
                    self._unpack(missing, target)
                return found | self._found(missing, wanted)
        except OSError as error:
            msg = (
                f"cannot unpack {', '.join(words)} to {target}: {error.strerror}; make room or "
                f"point XDG_CACHE_HOME to another folder"
            )
            raise DatasetError(msg) from error

    def _unpack(self, words: Sequence[str], target: Path) -> None:
        """Unpack *words* to *target* from the archive on this machine, else from a fetched one."""
        local = self._local()
        if local is None:
            self._unpack_fetched(words, target)
            return
        try:
            self._unpack_file(local, words, target)
        except WrongError as error:
            cure = "fetch the archive again"
            if local.parent == self.cache:
                local.unlink()
                cure = "it is removed: run again to fetch it anew"
            msg = f"{local} {error}; {cure}, or {self.otherwise}"
            raise DatasetError(msg) from error

    def _unpack_fetched(self, words: Sequence[str], target: Path) -> None:
        """Fetch the archive and unpack *words*; raises UnreachableError for a wrong one, too."""
        path = self.cache / self.file_name
        try:
            download(self.url, path, size=self.size)
            self._unpack_file(path, words, target)
        except WrongError as error:
            path.unlink()
            reason = f"what {self.url} sent {error}; is it the login page of a network?"
        except UnreachableError as error:
            reason = str(error)
        else:
            return
        places = " or ".join(map(str, self._places))
        msg = (
            f"{self.file_name} is not in {places}, and {reason}; put it "
            f"there, set KWS_DATA to the folder that holds it, or {self.otherwise}"
        )
        # The cause goes into records, so it names no folder of this machine.
        elsewhere = "not in KWS_DATA, and " if self.archives else ""
        raise UnreachableError(msg) from UnreachableError(elsewhere + reason)

    def _unpack_file(self, path: Path, words: Sequence[str], target: Path) -> None:
        """Unpack *words* in one pass; raises WrongError if they are not as published."""
        self._check_file(path)
        target.mkdir(exist_ok=True)
        for leftover in target.glob(f"{_SCRATCH}*"):  # of a killed process, as we hold the lock
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=_SCRATCH) as scratch:
            for word, digests in self._write(path, words, Path(scratch)).items():
                self._keep(word, digests, Path(scratch))

    def _write(self, path: Path, words: Sequence[str], scratch: Path) -> dict[str, dict[str, str]]:
        """Write the files of *words* to *scratch*; return the digest of each file, by word."""
        digests: dict[str, dict[str, str]] = {word: {} for word in words}
        for word in words:
            (scratch / word).mkdir()
        for word, name, data in members(path, self.top, self.place, words, self.limits):
            (scratch / word / name).write_bytes(data)
            digests[word][name] = sha256(data)
        return digests

    def _keep(self, word: str, digests: Mapping[str, str], scratch: Path) -> None:
        """Verify the unpacked files of *word*, and move them to their place in one step."""
        found, published = content_digest(digests), self.digests.get(word)
        fresh, target = scratch / word, self._folder(word)
        self.check(word, fresh)
        if not digests or published not in (None, found):
            msg = (
                f"holds {len(digests)} recordings of {word!r} with digest {found}, "
                f"expected {published or 'at least one'}"
            )
            raise WrongError(msg)
        kept.write_manifest(fresh, published, digests)
        if target.exists():
            target.rename(scratch / f"{word}.damaged")
        fresh.rename(target)

    def _check_file(self, path: Path) -> None:
        if self.sha256 is None:
            return
        size = path.stat().st_size
        if size != self.size:
            msg = f"has {size:,} bytes, expected {self.size:,}"
            raise WrongError(msg)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            msg = f"has SHA-256 {found}, expected {self.sha256}"
            raise WrongError(msg)

    @property
    def _places(self) -> list[Path]:
        """Folders that may hold the archive."""
        return [self.archives, self.cache] if self.archives else [self.cache]

    def _local(self) -> Path | None:
        """Return the path of the archive on this machine, None if it is not here."""
        found = (place / self.file_name for place in self._places)
        return next((path for path in found if path.is_file()), None)
