"""A plain folder ``<word>/*.wav`` as a data set; all of its recordings are the test split."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from harness.audio import cut_wav
from harness.datasets.dataset import Dataset, Recording, assemble
from harness.errors import DatasetError, NoRecordingsError
from harness.text import printable

STREAM: Final = "_stream"
"""Folder that holds long recordings to listen to as they are."""


class Folder:
    """
    A user's own recordings, one folder for each word.

    A folder whose name begins with ``_`` holds noise, speech or music that is no keyword.
    Its recordings may last longer than a second, and each second of them is a clip. Files
    and folders whose names begin with ``.`` are skipped; what is no printable text of a name, such
    as bytes that are not UTF-8, is written as an escape.
    """

    def __init__(self, path: Path, taken: Collection[str] = ()) -> None:
        """
        Set the folder; nothing is read yet.

        Args:
            path: Path of the folder.
            taken: Names of other data sets; a folder with one of these names is renamed to
                ``<name> (folder)`` in outputs.

        """
        self.path = path
        own = printable(path.resolve().name)
        self.name = f"{own} (folder)" if own in taken else own

    @property
    def streams(self) -> tuple[Path, ...]:
        """Paths of the long recordings in the folder STREAM; they are never cut into clips."""
        return tuple(_wav_files(self.path / STREAM)) if (self.path / STREAM).is_dir() else ()

    def words(self, split: str = "test") -> tuple[str, ...]:
        """Return the names of the folders that hold recordings."""
        return tuple(sorted(word for word, files in self._files(split).items() if files))

    def load(self, words: tuple[str, ...], split: str = "test") -> Dataset:
        """Read every clip of *words*; raises NoRecordingsError if a word has none."""
        found = self._files(split)
        chosen = {word: files for word, files in found.items() if word in words and files}
        if missing := [word for word in words if word not in chosen]:
            msg = (
                f"folder {self.path} has no WAV file for {' or '.join(missing)}: found "
                f"{', '.join(sorted(found)) or 'no word folders'}; lay it out as <word>/*.wav, "
                f"each word spelt as its label"
            )
            raise NoRecordingsError(msg)
        return assemble(self.name, split, _read(chosen))

    def _files(self, split: str) -> dict[str, list[Path]]:
        """Return the recordings in each folder."""
        if split != "test":
            msg = (
                f"folder {self.path} has a test split only, not {split!r}: all of it is for testing"
            )
            raise DatasetError(msg)
        try:
            return {
                printable(path.name): _wav_files(path)
                for path in _seen(self.path)
                if path.is_dir() and path.name != STREAM
            }
        except OSError as error:
            msg = f"folder {self.path} cannot be read: {error.strerror}; check the path"
            raise DatasetError(msg) from error


def _wav_files(folder: Path) -> list[Path]:
    """Return the WAV files directly in *folder*, sorted by name."""
    return sorted(path for path in _seen(folder) if path.suffix.lower() == ".wav")


def _seen(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def _read(files: dict[str, list[Path]]) -> Iterator[Recording]:
    for word, paths in files.items():
        for path in paths:
            key = f"{word}/{printable(path.name)}"
            try:
                data = path.read_bytes()
            except OSError as error:
                msg = f"{key} cannot be read: {error.strerror}; replace or remove {path}"
                raise DatasetError(msg) from error
            parts = cut_wav(data, key) if word.startswith("_") else [data]
            for second, part in enumerate(parts):
                place = f"@{second}s" if len(parts) > 1 else ""
                yield Recording(key=key + place, word=word, data=part)
