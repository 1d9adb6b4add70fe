"""Data sets: published ones found by name, or a folder of recordings."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import platformdirs

from harness.datasets.arabic_speech_commands import ArabicSpeechCommands
from harness.datasets.dataset import Dataset, Source
from harness.datasets.default import Default
from harness.datasets.espeak import Espeak
from harness.datasets.espeak.kept import Clips
from harness.datasets.espeak.sentences import overheard
from harness.datasets.folder import Folder
from harness.datasets.mini_speech_commands import MiniSpeechCommands
from harness.datasets.speech_commands import SpeechCommands
from harness.datasets.spoken_digits import WORDS as DIGITS
from harness.datasets.spoken_digits import SpokenDigits
from harness.errors import DatasetError

__all__ = [
    "DIGITS",
    "NAMES",
    "Dataset",
    "Source",
    "arabic",
    "digits",
    "find",
    "for_training",
    "sentences",
    "streams",
]

_Make = Callable[[Path, Path | None], Source]
"""Makes a data set from the cache and, if there is one, the folder with archives."""

_SELECTABLE: Final[Mapping[str, _Make]] = {
    MiniSpeechCommands.name: MiniSpeechCommands,
    SpeechCommands.name: SpeechCommands,
    Espeak.name: lambda cache, _: Espeak(cache),
}
_BESIDE: Final[Mapping[str, _Make]] = {
    SpokenDigits.name: SpokenDigits,
    ArabicSpeechCommands.name: ArabicSpeechCommands,
}
"""Data sets of words of no task: used beside that of the task, never in its place."""

_KNOWN: Final = {**_SELECTABLE, **_BESIDE}
NAMES: Final = tuple(_SELECTABLE)
"""Names of the data sets that can be measured."""


def find(name: str | None = None, environ: Mapping[str, str] = os.environ) -> Source:
    """
    Return a data set by name, or a folder of recordings by path.

    Args:
        name: Name or path; None for mini Speech Commands, or synthetic voices if that
            cannot be had.
        environ: Environment; ``KWS_DATA`` names a folder with archives, which is searched
            before any download.

    Raises:
        DatasetError: If the name is unknown (the text lists the known ones), or
            ``KWS_DATA`` is not a folder.

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
    Return the data sets to train on: recordings of people, and synthetic voices.

    The recordings are the full Speech Commands if its archive is on this machine (it is
    never fetched for training), else mini Speech Commands.
    """
    full = SpeechCommands(*_places(environ))
    people = full if full.can_train() else find(MiniSpeechCommands.name, environ)
    return people, find(Espeak.name, environ)


def digits(environ: Mapping[str, str] = os.environ) -> dict[str, Source]:
    """
    Return who says the English digits, which no model has heard: a test split only.

    ``people`` are recordings, ``synthetic`` are the test voices of eSpeak NG.
    """
    return {"people": find(SpokenDigits.name, environ), "synthetic": find(Espeak.name, environ)}


def arabic(environ: Mapping[str, str] = os.environ) -> Source:
    """Return Arabic words spoken by people, from which a model learns what to ignore."""
    return find(ArabicSpeechCommands.name, environ)


def sentences(task: tuple[str, ...], split: str = "test") -> Clips:
    """Return sentences that synthetic voices say, as :func:`overheard` does."""
    return overheard(_places({})[0], task, split)


def streams(name: str | None) -> tuple[Path, ...]:
    """Return the long recordings that a folder brings, none for a data set known by name."""
    if name is None or name in _KNOWN or not Path(name).is_dir():
        return ()
    return Folder(Path(name)).streams


def _places(environ: Mapping[str, str]) -> tuple[Path, Path | None]:
    """Return the cache, and the folder with archives or None."""
    cache, named = platformdirs.user_cache_path("spotbench"), environ.get("KWS_DATA")
    if not named:
        return cache, None
    if not Path(named).is_dir():
        msg = f"KWS_DATA={named} is not a folder; name the one that holds the archives, or unset it"
        raise DatasetError(msg)
    return cache, Path(named)
