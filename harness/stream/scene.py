"""
The stream that every candidate of a task is judged on.

One made by code begins with backgrounds that hold no word of the task: an hour, if all material
is at hand. Then come keywords at known times, each over a background of its own.
"""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip
from harness.datasets.noise import Samples, to_int16
from harness.stream.material import (
    Clips,
    Material,
    at_level,
    backgrounds,
    under_keywords,
)
from harness.stream.sounds import room

SNRS_DB: Final = (0, 5, 10, 15, 20)
"""Of keywords over what they are said over, in turn."""

MOST_KEYWORDS: Final = 300
ROOM_DBFS: Final = -66
"""Root mean square of the room's noise, which is in all of a stream."""

_ROOM_S: Final = 7
_PLACE_S: Final = (1.0, 1.5)
"""From the start of a keyword's slot to that of its clip."""

_SPAN_DB: Final = 25
_STEP: Final = SAMPLE_RATE_HZ // 100


class Stretch(NamedTuple):
    """Samples *start* to *end* of a stream, which have one kind of background."""

    kind: str
    start: int
    end: int


class Keyword(NamedTuple):
    """A word of the task, said from sample *start* to *end* of a stream."""

    word: str
    start: int
    end: int


class Part(NamedTuple):
    """
    A piece of a stream.

    Attributes:
        kind: Kind of background; None where no false accept is counted.
        samples: Its samples.
        keywords: The words of the task that begin in it, in samples from its start.

    """

    kind: str | None
    samples: Clips
    keywords: Sequence[Keyword] = ()


class Sound(Protocol):
    """What a stream is made of: it yields the same parts every time."""

    def parts(self) -> Iterator[Part]:
        """Yield the stream part by part."""
        ...


class Scene:
    """
    A stream: the same samples every time it is played.

    Args:
        sound: What it is made of.

    Attributes:
        backgrounds: Where which kind of background is.
        keywords: The words of the task, in the order they are said.
        digest: SHA-256 over all samples.

    """

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self.backgrounds: list[Stretch] = []
        self.keywords: list[Keyword] = []
        digest, end = hashlib.sha256(), 0
        for kind, parts in itertools.groupby(sound.parts(), key=lambda part: part.kind):
            start = end
            for _, samples, keywords in parts:
                said = [Keyword(word, end + first, end + last) for word, first, last in keywords]
                self.keywords += said
                digest.update(samples.astype("<i2").data)
                end += samples.size
            if kind is not None:
                self.backgrounds.append(Stretch(kind, start, end))
        self.digest = f"sha256:{digest.hexdigest()}"

    @property
    def background_s(self) -> dict[str, float]:
        """Seconds of each kind of background."""
        return {kind: (end - start) / SAMPLE_RATE_HZ for kind, start, end in self.backgrounds}

    def blocks(self) -> Iterator[Clips]:
        """Yield the samples of the whole stream, some at a time."""
        return (part.samples for part in self._sound.parts())


@dataclass(frozen=True)
class Made:
    """
    A stream made by code: backgrounds without a word of the task, then keywords over others.

    Attributes:
        material: The recordings it is made of.

    """

    material: Material

    def parts(self) -> Iterator[Part]:
        """Yield the backgrounds, kind after kind, then a slot for each keyword."""
        quiet = at_level(room(self.material.random("room"), _ROOM_S), ROOM_DBFS)
        alone = ((kind, samples, ()) for kind, samples in backgrounds(self.material))
        start = 0
        for kind, samples, keywords in itertools.chain(alone, _slots(self.material)):
            noise = np.resize(np.roll(quiet, -start), samples.size)
            yield Part(kind, to_int16(samples + noise), keywords)
            start += samples.size


def _slots(material: Material) -> Iterator[tuple[None, Samples, tuple[Keyword]]]:
    """Yield a slot for each keyword, with where in it the word is."""
    rng = material.random("places")
    order = material.order("keywords")[:MOST_KEYWORDS]
    for index, under, snr_db in zip(
        order, under_keywords(material), itertools.cycle(SNRS_DB), strict=False
    ):
        clip = material.keywords[index]
        place = round(rng.uniform(*_PLACE_S) * SAMPLE_RATE_HZ)
        first, last = span(clip)
        slot = under * np.float32(_rms(clip[first:last]) / _rms(under) * 10 ** (-snr_db / 20))
        slot[place : place + CLIP_SAMPLES] += clip
        yield None, slot, (Keyword(material.spoken[index], place + first, place + last),)


def span(clip: Clip) -> tuple[int, int]:
    """Return the first and the last sample of what is loud in *clip*, within 25 dB of its peak."""
    powers = np.square(clip.reshape(-1, _STEP).astype(np.float32)).mean(axis=1)
    loud = np.flatnonzero(powers >= powers.max() / 10 ** (_SPAN_DB / 10))
    return int(loud[0]) * _STEP, (int(loud[-1]) + 1) * _STEP


def _rms(samples: Samples | Clip) -> float:
    """Return the root mean square, at least that of the least sound there is."""
    return float(max(1e-3, np.sqrt(np.mean(np.square(samples.astype(np.float32))))))
