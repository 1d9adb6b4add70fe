"""
A published archive of ``<word>/*.wav``, zip or tar.gz, unpacked word by word into the cache.

All words asked for are unpacked in one pass beside their places, verified (each
by its published content digest, or all by that of the archive) and moved there
in one step. A manifest is kept with each: a later run checks it against its
digest and each file it reads against its line, so a cache that was damaged, by
whatever, is noticed and unpacked again. One process at a time fetches and unpacks.
"""

import hashlib
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from harness.datasets.dataset import Recording, manifest, sha256
from harness.datasets.download import download
from harness.errors import DatasetError, UnreachableError
from harness.files import locked

Wanted = Callable[[str], bool]
Found = dict[str, dict[str, bytes] | None]
"""Word -> file name -> contents; None for a word that is not in the cache as it should be."""

_MANIFEST: Final = "MANIFEST.sha256"
_DIGEST: Final = "DIGEST"
"""SHA-256 of the manifest, kept where none is published."""

_DAMAGES: Final = (
    EOFError,
    OSError,
    RuntimeError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged archive may raise."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """
    Where an archive may be, and what it must hold.

    Attributes:
        file_name: Ending in ``.zip`` or ``.tar.gz``.
        url: Where it is published.
        cache: Folder for downloads and unpacked words.
        archives: A folder to look for the file in before any download.
        top: The folder of the archive that the words are in, empty for none.
        digests: Content digest of each word, where they are published.
        size: Of the file in bytes, where its words have no digests.
        sha256: Of the file, where its words have no digests.

    """

    file_name: str
    url: str
    cache: Path
    archives: Path | None
    top: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    sha256: str | None = None

    def read(self, words: Sequence[str], wanted: Wanted) -> Iterator[Recording]:
        """
        Yield each *wanted* file of *words*, verified; *wanted* is asked by file name.

        Raises:
            UnreachableError: If the archive is neither at hand nor can be fetched.
            DatasetError: If it is damaged or not what was published, or cannot be unpacked.

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
        """Whether *words* can be read without a download."""
        unpacked = all((self._folder(word) / _MANIFEST).is_file() for word in words)
        return unpacked or self._local() is not None

    @property
    def _name(self) -> str:
        return self.file_name.removesuffix(".zip").removesuffix(".tar.gz")

    def _folder(self, word: str) -> Path:
        return self.cache / self._name / word

    def _found(self, words: Sequence[str], wanted: Wanted) -> Found:
        """Read what is in the cache of *words*."""
        return {word: self._cached(word, wanted) for word in words}

    def _cached(self, word: str, wanted: Wanted) -> dict[str, bytes] | None:
        """Read an unpacked word; None if it was never unpacked, or is not what was unpacked."""
        folder = self._folder(word)
        try:
            text = (folder / _MANIFEST).read_bytes()
            if sha256(text) != (self.digests.get(word) or (folder / _DIGEST).read_text()):
                return None
            digests = dict(line.rsplit(" ", 1) for line in text.decode().splitlines())
            files = {name: (folder / name).read_bytes() for name in filter(wanted, digests)}
        except OSError:
            return None
        return files if all(sha256(files[name]) == digests[name] for name in files) else None

    def _mended(self, words: Sequence[str], wanted: Wanted) -> Found:
        """Unpack *words*, but for those that another process unpacked while we waited."""
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
        """Unpack *words* into the cache, all in one pass over the archive."""
        path = self._find()
        self._check_file(path)
        target.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".unpacking-") as scratch:
            for word, digests in self._write(path, words, Path(scratch)).items():
                self._keep(word, digests, path, Path(scratch))

    def _write(self, path: Path, words: Sequence[str], scratch: Path) -> dict[str, dict[str, str]]:
        """Write the files of *words* to *scratch*; returns the digest of each file of each word."""
        digests: dict[str, dict[str, str]] = {word: {} for word in words}
        for word in words:
            (scratch / word).mkdir()
        for member, data in self._files(path, lambda name: self._word(name, path) in digests):
            word, name = self._word(member, path), PurePosixPath(member).name
            (scratch / word / name).write_bytes(data)
            digests[word][name] = sha256(data)
        return digests

    def _keep(self, word: str, digests: Mapping[str, str], path: Path, scratch: Path) -> None:
        """Verify what was unpacked of *word*, and move it to its place in one step."""
        text = manifest(digests)
        if not digests or self.digests.get(word, sha256(text)) != sha256(text):
            msg = (
                f"{path}: the {len(digests)} recordings of {word!r} have digest {sha256(text)}, "
                f"expected {self.digests.get(word, 'at least one')}; {self._reject(path)}, or "
                f"measure what it holds with --dataset FOLDER"
            )
            raise DatasetError(msg)
        fresh, target = scratch / word, self._folder(word)
        (fresh / _MANIFEST).write_bytes(text)
        if word not in self.digests:
            (fresh / _DIGEST).write_text(sha256(text))
        if target.exists():
            target.rename(scratch / f"{word}.damaged")
        fresh.rename(target)

    def _word(self, member: str, path: Path) -> str:
        """Return the word that a member of the archive is a recording of, empty for none."""
        parts = PurePosixPath(member).parts
        if ".." in parts or member.startswith("/") or "\\" in member:
            msg = (
                f"{path} holds {member!r}, which climbs out of its folder; do not use this archive"
            )
            raise DatasetError(msg)
        above = (self.top,) if self.top else ()
        if parts[:-2] != above or len(parts) != len(above) + 2 or not member.endswith(".wav"):
            return ""
        return parts[-2]

    def _files(self, path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        """Yield name and contents of each *wanted* file of an archive, as they come."""
        try:
            yield from (_zipped if path.suffix == ".zip" else _tarred)(path, wanted)
        except _DAMAGES as error:
            msg = f"{path} is no whole archive ({error}); {self._reject(path)}"
            raise DatasetError(msg) from error

    def _check_file(self, path: Path) -> None:
        if self.sha256 is None:
            return
        size = path.stat().st_size
        if size != self.size:
            msg = f"{path} has {size:,} bytes, expected {self.size:,}; {self._reject(path)}"
            raise DatasetError(msg)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            msg = f"{path} has SHA-256 {found}, expected {self.sha256}; {self._reject(path)}"
            raise DatasetError(msg)

    def _reject(self, path: Path) -> str:
        """Remove an archive that is wrong, if we fetched it; returns what the user can do."""
        if path.parent == self.cache:
            path.unlink()
            return "it is removed: run again to fetch it afresh"
        return "fetch the archive again"

    def _local(self) -> Path | None:
        """Return the archive where it is already: where the user said, or in the cache."""
        places = [self.archives, self.cache] if self.archives else [self.cache]
        found = (place / self.file_name for place in places)
        return next((path for path in found if path.is_file()), None)

    def _find(self) -> Path:
        """Return the archive, downloaded to the cache if need be."""
        local = self._local()
        if local is not None:
            return local
        target = self.cache / self.file_name
        try:
            download(self.url, target, size=self.size)
        except UnreachableError as error:
            places = [self.archives, self.cache] if self.archives else [self.cache]
            msg = (
                f"{self.file_name} is not in {' or '.join(map(str, places))}, and {error}; put it "
                f"there, set KWS_DATA to the folder that holds it, or measure a folder with "
                f"--dataset FOLDER"
            )
            raise UnreachableError(msg) from error
        return target


def _zipped(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in filter(wanted, archive.namelist()):
            yield member, archive.read(member)


def _tarred(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if wanted(member.name) else None
            if file is not None:
                yield member.name, file.read()
