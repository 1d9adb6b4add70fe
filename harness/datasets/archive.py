"""
A zip archive of ``<name>/<word>/*.wav``, unpacked word by word into the cache.

A word is unpacked beside its place, verified against its published content
digest and moved there in one step. The digest's own text, a line for each file
with its SHA-256, is kept with it: a later run checks that text against the
published digest and each file it reads against its line, so a cache that was
damaged, by whatever, is noticed and unpacked again.
"""

import errno
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.datasets.dataset import manifest, sha256
from harness.datasets.download import download
from harness.errors import DatasetError

_MANIFEST = "MANIFEST.sha256"


@dataclass(frozen=True, kw_only=True)
class Archive:
    """
    Where an archive may be, and what its words must hold.

    Attributes:
        name: Of the archive (``<name>.zip``) and of its top folder.
        url: Where it is published.
        digests: Content digest of each word.
        cache: Folder for downloads and unpacked words.
        archives: A folder to look for ``<name>.zip`` in before any download.

    """

    name: str
    url: str
    digests: Mapping[str, str]
    cache: Path
    archives: Path | None

    def read(self, word: str, wanted: Callable[[str], bool]) -> dict[str, bytes]:
        """Return file name -> bytes of each *wanted* file of *word*, verified."""
        files = self._cached(word, wanted)
        if files is None:
            files = {name: data for name, data in self._unpack(word).items() if wanted(name)}
        return files

    def _folder(self, word: str) -> Path:
        return self.cache / self.name / word

    def _cached(self, word: str, wanted: Callable[[str], bool]) -> dict[str, bytes] | None:
        """Read an unpacked word; None if it was never unpacked, or is not what was published."""
        folder = self._folder(word)
        try:
            text = (folder / _MANIFEST).read_bytes()
            if sha256(text) != self.digests[word]:
                return None
            digests = dict(line.rsplit(" ", 1) for line in text.decode().splitlines())
            files = {name: (folder / name).read_bytes() for name in filter(wanted, digests)}
        except OSError:
            return None
        return files if all(sha256(files[name]) == digests[name] for name in files) else None

    def _unpack(self, word: str) -> dict[str, bytes]:
        """Unpack all of *word* into the cache and return it."""
        path = self._find()
        try:
            with zipfile.ZipFile(path) as archive:
                files = {
                    PurePosixPath(member).name: archive.read(member)
                    for member in archive.namelist()
                    if self._is_of(member, word, path)
                }
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error) as error:
            msg = f"{path} is no whole zip archive ({error}); remove it and run again"
            raise DatasetError(msg) from error
        text = manifest({name: sha256(data) for name, data in files.items()})
        if sha256(text) != self.digests[word]:
            msg = (
                f"{path}: the {len(files)} recordings of {word!r} have digest {sha256(text)}, "
                f"expected {self.digests[word]}; fetch the archive again, or measure what "
                f"it holds with --dataset FOLDER"
            )
            raise DatasetError(msg)
        self._store(word, {**files, _MANIFEST: text})
        return files

    def _is_of(self, member: str, word: str, path: Path) -> bool:
        parts = PurePosixPath(member).parts
        if ".." in parts or member.startswith("/") or "\\" in member:
            msg = (
                f"{path} holds {member!r}, which climbs out of its folder; do not use this archive"
            )
            raise DatasetError(msg)
        return parts[:-1] == (self.name, word) and member.endswith(".wav")

    def _store(self, word: str, files: Mapping[str, bytes]) -> None:
        """Write *files* beside the word's folder, then move them there in one step."""
        target = self._folder(word)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{word}-") as scratch:
                fresh = Path(scratch) / "fresh"
                fresh.mkdir()
                for name, data in files.items():
                    (fresh / name).write_bytes(data)
                if target.exists():
                    target.rename(Path(scratch) / "damaged")
                fresh.rename(target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and target.is_dir():
                return  # another process unpacked the same word meanwhile
            msg = (
                f"cannot unpack {word!r} to {target}: {error.strerror}; make room or "
                f"point XDG_CACHE_HOME to another folder"
            )
            raise DatasetError(msg) from error

    def _find(self) -> Path:
        """Return the archive: where the user said, else in the cache, else downloaded to it."""
        file_name = f"{self.name}.zip"
        places = [self.archives, self.cache] if self.archives else [self.cache]
        for place in places:
            if (place / file_name).is_file():
                return place / file_name
        target = self.cache / file_name
        try:
            download(self.url, target)
        except DatasetError as error:
            looked = " or ".join(str(place) for place in places)
            msg = (
                f"{file_name} is not in {looked}, and {error}; put it there, set KWS_DATA "
                f"to the folder that holds it, or measure a folder with --dataset FOLDER"
            )
            raise DatasetError(msg) from error
        return target
