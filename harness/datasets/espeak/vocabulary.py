"""
A wide vocabulary said by synthetic voices: what a spotter is to ignore.

About a thousand words and phrases for training, and two hundred each for validation
and test. Everyday ones are the same for every task; near ones sound like its words.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from harness.audio import CLIP_SAMPLES
from harness.datasets.dataset import Dataset, content_digest, require_words
from harness.datasets.espeak.clips import to_clip
from harness.datasets.espeak.kept import Clips, edition, read_or_make
from harness.datasets.espeak.lists import everyday, word_list
from harness.datasets.espeak.process import note, speak, variants
from harness.datasets.espeak.voices import (
    ACCENTS,
    INTONATION,
    PITCH,
    SPLITS,
    WORDS_A_MINUTE,
    Utterance,
    seeded,
    speakers,
)
from harness.files import sha256
from harness.progress import tqdm

NAME: Final = "espeak"
TAKES: Final = 14
"""Times each text is said, each time by a voice drawn anew."""

PROCESSES: Final = 2
_AT_ONCE: Final = 500
"""Utterances in one go of one process: a matter of the samples, as echo reaches into the next."""

Place = Callable[[Clips, np.random.Generator], Clips]
"""Makes samples of a fixed number from those of an utterance."""

KEPT: Final = 8
"""Lists of near words of a split that stay in the cache, the latest used."""


class Vocabulary:
    """The wide vocabulary of one task as a data set, spoken once and kept in the cache."""

    name = NAME

    def __init__(self, cache: Path, task: tuple[str, ...]) -> None:
        """Name the folder to keep clips in, and the words to keep away from."""
        self._cache = cache
        self._task = task

    def words(self, split: str) -> tuple[str, ...]:
        """Return the words and phrases of *split*, near ones first."""
        chosen = word_list(self._task, split)
        return (*chosen.near, *chosen.everyday)

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """
        Return the clips of *words* in *split*, speaking all of its list if it is not in the cache.

        Raises:
            NoRecordingsError: For words that are not in the list of that split.
            DatasetError: If eSpeak NG is not there or fails, or the cache cannot be written.

        """
        require_words(f"the vocabulary of {'/'.join(self._task)}", words, self.words(split))
        near = word_list(self._task, split).near
        said = {
            **self._said(f"{split}-everyday", everyday(split), split),
            **self._said(f"{split}-near-{sha256(' '.join(near).encode())[:12]}", near, split),
        }
        keys = tuple(f"{word}/{take}.wav" for word in sorted(set(words)) for take in range(TAKES))
        clips = np.concatenate([said[word] for word in sorted(set(words))])
        return Dataset(
            name=NAME,
            split=split,
            keys=keys,
            words=tuple(key.rpartition("/")[0] for key in keys),
            clips=clips,
            note=note(),
            digest="sha256:"
            + content_digest(
                {key: sha256(clip.tobytes()) for key, clip in zip(keys, clips, strict=True)}
            ),
        )

    def _said(self, name: str, texts: tuple[str, ...], split: str) -> dict[str, Clips]:
        folder = self._cache / NAME / edition()
        file = folder / f"{name}.clips"
        clips = read_or_make(
            file, TAKES * len(texts), lambda: spoken(plan(texts, split, variants(), TAKES), name)
        )
        file.touch()
        _forget(folder, f"{split}-near-*.clips")
        return dict(zip(texts, clips.reshape(len(texts), TAKES, -1), strict=True))


def plan(texts: Iterable[str], split: str, names: tuple[str, ...], takes: int) -> list[Utterance]:
    """Return the *takes* of each text: voices of *split*, drawn by a hash of the text."""
    voices = [(accent, name) for name in speakers(names)[split] for accent in ACCENTS]
    return [utterance for text in texts for utterance in _takes(text, split, voices, takes)]


def _takes(text: str, split: str, voices: list[tuple[str, str]], takes: int) -> Iterable[Utterance]:
    rng = seeded(SPLITS.index(split), int(sha256(text.encode())[:8], 16))
    for _ in range(takes):
        accent, name = voices[rng.integers(len(voices))]
        yield Utterance(
            text=text,
            voice=f"{accent}+{name}",
            pitch=int(rng.integers(*PITCH, endpoint=True)),
            intonation=int(rng.integers(*INTONATION, endpoint=True)),
            words_a_minute=int(rng.integers(*WORDS_A_MINUTE, endpoint=True)),
        )


def spoken(
    utterances: list[Utterance], what: str, place: Place = to_clip, samples: int = CLIP_SAMPLES
) -> Clips:
    """
    Return what *place* makes of each of *utterances*, int16 ``(utterances, samples)``.

    Several processes speak at a time.
    """
    clips = np.empty((len(utterances), samples), np.int16)
    starts = range(0, len(utterances), _AT_ONCE)

    def say(start: int) -> None:
        rng = seeded(start, len(utterances))
        for i, said in enumerate(speak(utterances[start : start + _AT_ONCE]), start):
            clips[i] = place(said, rng)

    with ThreadPoolExecutor(PROCESSES) as pool:
        list(tqdm(pool.map(say, starts), f"eSpeak NG says {what}", len(starts), disable=None))
    return clips


def _forget(folder: Path, pattern: str) -> None:
    """Remove all but the latest KEPT files."""
    files = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime)
    for file in files[:-KEPT]:
        file.unlink(missing_ok=True)
