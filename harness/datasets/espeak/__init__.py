"""
Synthetic speech, made on the spot by eSpeak NG: every word of mini Speech Commands.

It needs no recordings and no network, only the package espeakng-loader (eSpeak NG,
GPL-3.0-or-later: an optional part, run in a process of its own). It is split by voice.
Synthetic voices are far more alike from clip to clip than people are, so what a
model does here says little about what it does on people.
"""

from collections.abc import Collection
from importlib import metadata
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from harness.audio import CLIP_SAMPLES, Clip
from harness.datasets.dataset import Dataset, content_digest, require_words, sha256
from harness.datasets.espeak.clips import to_clip
from harness.datasets.espeak.process import PACKAGE, speak, variants
from harness.datasets.espeak.voices import WORDS, Utterance, generator, plan
from harness.errors import DatasetError, ResultsError
from harness.files import write_bytes

NAME: Final = "espeak"

_DIGEST_BYTES: Final = 64
"""Of a SHA-256 in hexadecimal, which stands before the samples in a file of the cache."""


class Espeak:
    """Synthetic speech, spoken once and kept in the cache."""

    name = NAME

    def __init__(self, cache: Path) -> None:
        """Name the folder to keep clips in; nothing is spoken yet."""
        self._cache = cache

    def words(self, split: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return the eight words, the same in every split."""
        return WORDS

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """
        Return the clips of *words* in *split*, speaking what is not in the cache yet.

        Raises:
            NoRecordingsError: For words that are never said.
            DatasetError: If eSpeak NG is not there or fails, or the cache cannot be written.

        """
        require_words(NAME, words, WORDS)
        spoken = {key: clip for word in words for key, clip in self._word(word, split).items()}
        keys = tuple(sorted(spoken))
        return Dataset(
            name=NAME,
            split=split,
            keys=keys,
            words=tuple(key.partition("/")[0] for key in keys),
            clips=np.stack([spoken[key] for key in keys]),
            note=f"synthetic voices (eSpeak NG, {PACKAGE} {metadata.version(PACKAGE)}), not people",
            digest="sha256:" + content_digest({key: sha256(spoken[key].tobytes()) for key in keys}),
        )

    def _word(self, word: str, split: str) -> dict[str, Clip]:
        utterances = plan(word, split, variants())
        file = self._cache / NAME / _edition() / f"{split}-{word}.clips"
        clips = _read(file, len(utterances))
        if clips is None:
            clips = _spoken(utterances.values(), generator(word, split, 1), f"{word} ({split})")
            _write(file, clips)
        return dict(zip(utterances, clips, strict=True))


def _edition() -> str:
    """Name what clips follow from: this package, line by line, and that of eSpeak NG."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    texts = b"".join(source.read_bytes() for source in sources)
    return f"{metadata.version(PACKAGE)}-{sha256(texts)[:12]}"


def _spoken(
    utterances: Collection[Utterance], rng: np.random.Generator, what: str
) -> npt.NDArray[np.int16]:
    bar = tqdm(
        speak(tuple(utterances)),
        total=len(utterances),
        desc=f"eSpeak NG says {what}",
        unit="clip",
        leave=False,
        disable=None,  # where nobody watches
    )
    return np.stack([to_clip(samples, rng) for samples in bar])


def _read(file: Path, count: int) -> npt.NDArray[np.int16] | None:
    """Return the clips kept in *file*; None if they are not there, or not as they were written."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    digest, samples = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if digest != sha256(samples).encode() or len(samples) != 2 * count * CLIP_SAMPLES:
        return None
    return np.frombuffer(samples, "<i2").reshape(count, CLIP_SAMPLES)


def _write(file: Path, clips: npt.NDArray[np.int16]) -> None:
    samples = clips.astype("<i2").tobytes()
    try:
        write_bytes(file, sha256(samples).encode() + samples)
    except ResultsError as error:
        msg = f"synthetic speech cannot be kept: {error}, with XDG_CACHE_HOME"
        raise DatasetError(msg) from error
