"""Data sets: found by name, or a folder of recordings."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import platformdirs

from harness.datasets.dataset import Dataset, Source
from harness.datasets.default import Default
from harness.datasets.espeak import Espeak
from harness.datasets.folder import Folder
from harness.datasets.mini_speech_commands import MiniSpeechCommands
from harness.errors import DatasetError

__all__ = ["NAMES", "Dataset", "Source", "find", "for_training"]

_KNOWN: Final[Mapping[str, Callable[[Path, Path | None], Source]]] = {
    MiniSpeechCommands.name: MiniSpeechCommands,
    Espeak.name: lambda cache, _: Espeak(cache),
}
NAMES: Final = tuple(_KNOWN)


def find(name: str | None = None, environ: Mapping[str, str] = os.environ) -> Source:
    """
    Return the data set called *name*, or the folder of that path.

    Without a name: mini Speech Commands, and where that can't be had, synthetic voices.
    ``KWS_DATA`` in *environ* names a folder with archives, looked in before any download.

    Raises:
        DatasetError: For a name that is neither, listing the known ones.

    """
    if name is None:
        return Default(find(MiniSpeechCommands.name, environ), find(Espeak.name, environ))
    if name in _KNOWN:
        archives = environ.get("KWS_DATA")
        cache = platformdirs.user_cache_path("spotbench")
        return _KNOWN[name](cache, Path(archives) if archives else None)
    if Path(name).is_dir():
        return Folder(Path(name))
    msg = f"unknown data set {name!r}: neither a folder nor one of {', '.join(NAMES)}"
    raise DatasetError(msg)


def for_training() -> tuple[Source, Source]:
    """Return what to train on: recordings of people, and synthetic voices."""
    return find(MiniSpeechCommands.name), find(Espeak.name)
