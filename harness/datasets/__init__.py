"""Data sets: found by name, or a folder of recordings."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from harness.datasets.dataset import Dataset, Source
from harness.datasets.folder import Folder
from harness.datasets.mini_speech_commands import MiniSpeechCommands
from harness.errors import DatasetError

__all__ = ["DEFAULT", "NAMES", "Dataset", "Source", "find"]

DEFAULT = MiniSpeechCommands.name
NAMES = (MiniSpeechCommands.name,)


def find(name: str, environ: Mapping[str, str] = os.environ) -> Source:
    """
    Return the data set called *name*, or the folder of that path.

    ``KWS_DATA`` in *environ* names a folder with archives, looked in before any download.

    Raises:
        DatasetError: For a name that is neither, listing the known ones.

    """
    if name == MiniSpeechCommands.name:
        archives = environ.get("KWS_DATA")
        return MiniSpeechCommands(
            platformdirs.user_cache_path("spotbench"), Path(archives) if archives else None
        )
    if Path(name).is_dir():
        return Folder(Path(name))
    msg = f"unknown data set {name!r}: neither a folder nor one of {', '.join(NAMES)}"
    raise DatasetError(msg)
