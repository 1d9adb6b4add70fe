"""Data sets: found by name, or a folder of recordings."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import platformdirs

from harness.datasets.arabic_speech_commands import ArabicSpeechCommands
from harness.datasets.dataset import Dataset, Source
from harness.datasets.default import Default
from harness.datasets.espeak import Espeak
from harness.datasets.folder import Folder
from harness.datasets.mini_speech_commands import MiniSpeechCommands
from harness.datasets.speech_commands import SpeechCommands
from harness.datasets.spoken_digits import SpokenDigits
from harness.errors import DatasetError

__all__ = ["NAMES", "Dataset", "Source", "arabic", "digits", "find", "for_training"]

_Make = Callable[[Path, Path | None], Source]
"""From the cache, and the folder with archives, to a data set."""

_SELECTABLE: Final[Mapping[str, _Make]] = {
    MiniSpeechCommands.name: MiniSpeechCommands,
    SpeechCommands.name: SpeechCommands,
    Espeak.name: lambda cache, _: Espeak(cache),
}
_BESIDE: Final[Mapping[str, _Make]] = {
    SpokenDigits.name: SpokenDigits,
    ArabicSpeechCommands.name: ArabicSpeechCommands,
}
"""Words of no task: heard in training or measured beside the task, never in its place."""

_KNOWN: Final = {**_SELECTABLE, **_BESIDE}
NAMES: Final = tuple(_SELECTABLE)
"""What a user can select to be measured."""


def find(name: str | None = None, environ: Mapping[str, str] = os.environ) -> Source:
    """
    Return the data set called *name*, or the folder of that path.

    Without a name: mini Speech Commands, and where that can't be had, synthetic voices.
    ``KWS_DATA`` in *environ* names a folder with archives, looked in before any download.

    Raises:
        DatasetError: For a name that is neither, listing the known ones; for ``KWS_DATA``
            that is no folder.

    """
    if name is None:
        return Default(find(MiniSpeechCommands.name, environ), find(Espeak.name, environ))
    if name in _KNOWN:
        return _KNOWN[name](*_places(environ))
    if Path(name).is_dir():
        return Folder(Path(name), taken=_KNOWN)
    msg = f"unknown data set {name!r}: neither a folder nor one of {', '.join(NAMES)}"
    raise DatasetError(msg)


def for_training(environ: Mapping[str, str] = os.environ) -> tuple[Source, Source]:
    """
    Return what to train on: recordings of people, and synthetic voices.

    The people are those of the full Speech Commands where its archive is at hand (it
    is never fetched for that), and of mini Speech Commands elsewhere.
    """
    full = SpeechCommands(*_places(environ))
    people = full if full.can_train() else find(MiniSpeechCommands.name, environ)
    return people, find(Espeak.name, environ)


def digits(environ: Mapping[str, str] = os.environ) -> Source:
    """Return people's English digits, the words that no model heard: a test split only."""
    return find(SpokenDigits.name, environ)


def arabic(environ: Mapping[str, str] = os.environ) -> Source:
    """Return people's Arabic words, from which a model learns what to ignore."""
    return find(ArabicSpeechCommands.name, environ)


def _places(environ: Mapping[str, str]) -> tuple[Path, Path | None]:
    """Return the cache, and the folder with archives if one is named."""
    cache, named = platformdirs.user_cache_path("spotbench"), environ.get("KWS_DATA")
    if not named:
        return cache, None
    if not Path(named).is_dir():
        msg = f"KWS_DATA={named} is no folder; name the one that holds the archives, or unset it"
        raise DatasetError(msg)
    return cache, Path(named)
