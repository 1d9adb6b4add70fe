"""The recordings that a stream is made of, none used twice, and the backgrounds they become."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, amplitude
from harness.datasets.noise import KINDS, Samples
from harness.stream.sounds import music, noises

Clips = npt.NDArray[np.int16]

QUARTER_S: Final = 900
"""Most seconds of other words, of digits, and of noise and tones together."""

SLOT_S: Final = 3
"""Seconds of an utterance of a sentence, and of what one keyword is said over."""

LEVELS_DBFS: Final = (-50, -42, -34, -26, -18, -10)
"""Root mean square of noise and tones."""

_PAUSE_S: Final = (0.2, 2.0)
_MOST_CLIPS: Final = int(QUARTER_S / (1 + _PAUSE_S[0]))
_BABBLE: Final = 3


@dataclass(frozen=True, kw_only=True)
class Material:
    """
    Recordings of one split; of what is not at hand there are none.

    Attributes:
        keywords: Clips of words of the task, int16 ``(clips, 16000)``.
        spoken: The word of each.
        words: Clips of people saying other words.
        digits: Clips of words that no model has heard.
        sentences: Utterances of sentences, int16 ``(utterances, SLOT_S * 16000)``.
        seed: Seed of order, pauses and sounds made by code.

    """

    keywords: Clips
    spoken: tuple[str, ...]
    words: Clips
    digits: Clips
    sentences: Clips
    seed: int = 1

    def random(self, purpose: str) -> np.random.Generator:
        """Return random numbers, the same ones for the same *purpose*."""
        return np.random.default_rng((self.seed, *purpose.encode()))

    def order(self, kind: str) -> list[int]:
        """Return the indices of the recordings of *kind*, in the order of their use."""
        order: list[int] = self.random(kind).permutation(len(getattr(self, kind))).tolist()
        return order


def backgrounds(material: Material) -> Iterator[tuple[str, Samples]]:
    """Yield kind and samples of sounds without a word of the task: float32, kind after kind."""
    for kind, name in (("words", "other words"), ("digits", "digits")):
        for samples in _paced(getattr(material, kind), material.order(kind)[:_MOST_CLIPS]):
            yield name, samples
    talk = material.order("sentences")[: _overheard(material)]
    alone = len(talk) // (1 + _BABBLE)
    for index in talk[:alone]:
        yield "sentences", material.sentences[index].astype(np.float32)
    for samples in _sums(material.sentences, talk[alone:]):
        yield "babble", samples
    rng, seconds = material.random("noise"), QUARTER_S // 2 // len(LEVELS_DBFS)
    for level in LEVELS_DBFS:
        for samples in noises(rng, seconds // len(KINDS)):
            yield "noise", at_level(samples, level)
    rng = material.random("tones")
    for level in LEVELS_DBFS:
        yield "tones", at_level(music(rng, seconds), level)


def under_keywords(material: Material) -> Iterator[Samples]:
    """Yield what keywords are said over, without end: float32 of a slot, kind after kind."""
    words, digits = (material.order(kind)[_MOST_CLIPS:] for kind in ("words", "digits"))
    talk = material.order("sentences")[_overheard(material) :]
    alone = len(talk) // (1 + _BABBLE)
    kinds = [
        _rows(material.words, words),
        _rows(material.digits, digits),
        (material.sentences[index].astype(np.float32) for index in talk[:alone]),
        _sums(material.sentences, talk[alone:]),
        _noises(material.random("noise under keywords")),
        _music(material.random("tones under keywords")),
    ]
    while True:
        for kind in kinds.copy():
            try:
                yield next(kind)
            except StopIteration:
                kinds.remove(kind)


def no_clips(seconds: int = 1) -> Clips:
    """Return no recordings, each of them *seconds* long: what is not at hand."""
    return np.zeros((0, seconds * CLIP_SAMPLES), np.int16)


def at_level(samples: Samples, level_dbfs: float) -> Samples:
    """Return *samples* of unit power at a root mean square of *level_dbfs*."""
    return samples * np.float32(amplitude(level_dbfs))


def _overheard(material: Material) -> int:
    """Return how many utterances are background; one in five is kept for keywords."""
    return len(material.sentences) * 4 // 5


def _paced(clips: Clips, order: Sequence[int]) -> Iterator[Samples]:
    """Yield clips with pauses after them, so that they last QUARTER_S if there are enough."""
    least, most = _PAUSE_S
    pause_s = min(most, max(least, QUARTER_S / max(1, len(order)) - 1))
    for index in order:
        samples = np.zeros(CLIP_SAMPLES + round(pause_s * SAMPLE_RATE_HZ), np.float32)
        samples[:CLIP_SAMPLES] = clips[index]
        yield samples


def _rows(clips: Clips, order: Sequence[int]) -> Iterator[Samples]:
    """Yield clips one after another, as many as fit a slot."""
    for start in range(0, len(order) - SLOT_S + 1, SLOT_S):
        yield clips[order[start : start + SLOT_S]].ravel().astype(np.float32)


def _sums(utterances: Clips, order: Sequence[int]) -> Iterator[Samples]:
    """Yield utterances said at the same time."""
    for start in range(0, len(order) - _BABBLE + 1, _BABBLE):
        yield utterances[order[start : start + _BABBLE]].sum(axis=0, dtype=np.float32)


def _noises(rng: np.random.Generator) -> Iterator[Samples]:
    while True:
        yield from noises(rng, SLOT_S)


def _music(rng: np.random.Generator) -> Iterator[Samples]:
    while True:
        yield music(rng, SLOT_S)
