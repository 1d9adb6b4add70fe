"""
Synthetic speech, made on the spot by eSpeak NG: every word of mini Speech Commands.

Test voices say the ten digits, too, if asked for them: no training may hear those.
What else is said to train on is in :mod:`harness.datasets.espeak.vocabulary`.

It needs no recordings and no network, only the package espeakng-loader (eSpeak NG,
GPL-3.0-or-later: an optional part, run in a process of its own). It is split by voice.
Synthetic voices are far more alike from clip to clip than people are, so what a
model does here says little about what it does on people.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

import numpy as np

from harness.audio import Clip
from harness.datasets.dataset import Dataset, content_digest, require_words
from harness.datasets.espeak.clips import to_clip
from harness.datasets.espeak.kept import Clips, edition, read_or_make
from harness.datasets.espeak.process import note, speak, variants
from harness.datasets.espeak.voices import DIGITS, WORDS, Utterance, generator, plan
from harness.files import sha256
from harness.progress import tqdm
from harness.sharing import gather

NAME: Final = "espeak"


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
        digits = DIGITS if split == "test" else ()
        require_words(NAME, [word for word in words if word not in digits], WORDS)
        spoken = {key: clip for word in words for key, clip in self._word(word, split).items()}
        keys = tuple(sorted(spoken))
        return Dataset(
            name=NAME,
            split=split,
            keys=keys,
            words=tuple(key.partition("/")[0] for key in keys),
            clips=gather(spoken[key] for key in keys),
            note=note(),
            digest="sha256:" + content_digest({key: sha256(spoken[key].tobytes()) for key in keys}),
        )

    def _word(self, word: str, split: str) -> dict[str, Clip]:
        utterances = plan(word, split, variants())
        file = self._cache / NAME / edition() / f"{split}-{word}.clips"

        def make() -> Clips:
            return _spoken(utterances.values(), generator(word, split, 1), f"{word} ({split})")

        clips = read_or_make(file, len(utterances), make)
        return dict(zip(utterances, clips, strict=True))


def _spoken(utterances: Collection[Utterance], rng: np.random.Generator, what: str) -> Clips:
    bar = tqdm(
        speak(tuple(utterances)),
        total=len(utterances),
        desc=f"eSpeak NG says {what}",
        unit="clip",
        leave=False,
        disable=None,  # where nobody watches
    )
    return np.stack([to_clip(samples, rng) for samples in bar])
