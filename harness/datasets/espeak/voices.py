"""Who says what, and how: the plan of the synthetic data set, before anything is spoken."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

WORDS: Final = ("down", "go", "left", "no", "right", "stop", "up", "yes")
"""Those of mini Speech Commands."""

DIGITS: Final = (
    *("zero", "one", "two", "three", "four"),
    *("five", "six", "seven", "eight", "nine"),
)
"""Said by test voices alone: words that no model has heard."""

_SAID: Final = (*WORDS, *DIGITS)

ACCENTS: Final = {
    "en": "gb",
    "en-029": "caribbean",
    "en-gb-scotland": "scotland",
    "en-gb-x-gbclan": "lancaster",
    "en-gb-x-gbcwmd": "midlands",
    "en-gb-x-rp": "received",
    "en-us": "us",
    "en-us-nyc": "nyc",
}
"""eSpeak NG's name of each English accent, and ours for keys."""

_UNLIKE_PEOPLE: Final = re.compile(r"robo|demonic|tweaky", re.IGNORECASE)
"""Voice variants that imitate machines and monsters are left out."""

SPLITS: Final = ("training", "validation", "test")
TAKES: Final = 3
"""Times a voice says a word in an accent, each with another pitch and speed."""

PITCH: Final = (20, 80)
INTONATION: Final = (20, 80)
WORDS_A_MINUTE: Final = (120, 220)

_SEED: Final = 1
_TURNS: Final = (
    *("training", "training", "test", "training"),
    *("training", "validation", "training", "training", "test", "training"),
)
"""Whose turn it is to get a family of voices: seven, two and one in ten."""


class Utterance(NamedTuple):
    """
    One word, as eSpeak NG is to say it.

    Attributes:
        text: The word.
        voice: Accent and voice variant, in eSpeak NG's words.
        pitch, intonation: From 0 to 100, 50 being its default.
        words_a_minute: How fast it speaks.

    """

    text: str
    voice: str
    pitch: int
    intonation: int
    words_a_minute: int


def plan(word: str, split: str, variants: Sequence[str]) -> dict[str, Utterance]:
    """
    Return key -> utterance of every clip of *word* in *split*, in the order they are spoken.

    Args:
        word: One of WORDS or DIGITS.
        split: ``training``, ``validation`` or ``test``.
        variants: Every voice variant there is.

    """
    rng = generator(word, split)
    utterances = {}
    for speaker in speakers(variants)[split]:
        for accent, short in ACCENTS.items():
            for take in range(TAKES):
                key = f"{word}/{speaker.replace(' ', '-')}_{short}_{take}.wav"
                utterances[key] = Utterance(
                    text=word,
                    voice=f"{accent}+{speaker}",
                    pitch=int(rng.integers(*PITCH, endpoint=True)),
                    intonation=int(rng.integers(*INTONATION, endpoint=True)),
                    words_a_minute=int(rng.integers(*WORDS_A_MINUTE, endpoint=True)),
                )
    return utterances


def generator(word: str, split: str, *purpose: int) -> np.random.Generator:
    """Return the random numbers of *word* in *split*, a stream for each *purpose*."""
    return seeded(SPLITS.index(split), _SAID.index(word), *purpose)


def seeded(*purpose: int) -> np.random.Generator:
    """Return random numbers, the same ones for the same *purpose*."""
    return np.random.default_rng((_SEED, *purpose))


def speakers(variants: Sequence[str]) -> dict[str, list[str]]:
    """
    Return the voice variants of each split: no family of voices is on two sides.

    Families take turns in the order of a hash of their names, so that two
    splits differ by no more than chance would have it.
    """
    families: dict[str, list[str]] = {}
    for variant in sorted(variants):
        if not _UNLIKE_PEOPLE.search(variant):
            families.setdefault(family(variant), []).append(variant)
    found: dict[str, list[str]] = {split: [] for split in SPLITS}
    for turn, name in enumerate(sorted(families, key=_shuffled)):
        found[_TURNS[turn % len(_TURNS)]] += families[name]
    return found


def family(variant: str) -> str:
    """
    Return what a voice variant has in common with others that differ in little but a setting.

    ``klatt3`` and ``klatt5`` are one family, ``f1`` to ``f5`` and ``m1`` to ``m8`` are not.
    """
    if re.fullmatch(r"[fm]\d", variant):
        return variant
    return re.sub(r"^anxious|(?<=whisper)f$|\d+$", "", variant.lower())


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
