"""Clips that hold a piece of a word, or pieces of two: what begins or ends like a keyword."""

from typing import Final

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES
from harness.datasets.noise import Samples, to_int16

Clips = npt.NDArray[np.int16]

KEPT: Final = (0.25, 0.6)
"""Least and greatest share of a word that stays."""

SPLICED: Final = 0.5
"""Share of clips with pieces of two words: the end of one, then the beginning of another."""

_FRAME: Final = 320
_SPEECH: Final = 0.1
"""Of the loudest frame's level: frames from the first to the last as loud as this are speech."""

_FADE: Final = np.linspace(0, 1, 80, dtype=np.float32)


def cut(clips: Clips, count: int, rng: np.random.Generator) -> Clips:
    """
    Return *count* clips, each with a piece of a word of *clips*, or with pieces of two.

    Pieces of two are the end of one and then the beginning of the other: no keyword is
    put together again. Around them is noise as loud as the quietest part of the clip.
    """
    chosen = rng.integers(len(clips), size=(count, 2))
    return np.stack([_cut(clips[one], clips[other], rng) for one, other in chosen])


def _cut(
    one: npt.NDArray[np.int16], other: npt.NDArray[np.int16], rng: np.random.Generator
) -> Clips:
    samples = one.astype(np.float32)
    start, end, quiet = speech_span(samples)
    kept = max(_FADE.size * 2, int(rng.uniform(*KEPT) * (end - start)))
    if rng.random() < SPLICED:
        piece = _faded(samples[end - kept : end])
        beginning = _beginning(other.astype(np.float32), rng)
        piece = np.concatenate([piece, beginning * (_level(piece) / max(_level(beginning), 1))])
    elif rng.random() < 1 / 2:
        piece = _faded(samples[start : start + kept])
    else:
        piece = _faded(samples[end - kept : end])
    piece = piece[:CLIP_SAMPLES]
    cut = quiet * rng.standard_normal(CLIP_SAMPLES, np.float32)
    place = int(rng.integers(CLIP_SAMPLES - piece.size, endpoint=True))
    cut[place : place + piece.size] += piece
    return to_int16(cut)


def _beginning(samples: Samples, rng: np.random.Generator) -> Samples:
    start, end, _ = speech_span(samples)
    kept = max(_FADE.size * 2, int(rng.uniform(*KEPT) * (end - start)))
    return _faded(samples[start : start + kept])


def speech_span(samples: Samples) -> tuple[int, int, np.float32]:
    """Return where speech starts and ends, and the level of the quietest frame."""
    levels = np.sqrt((samples.reshape(-1, _FRAME) ** 2).mean(axis=1))
    loud = np.flatnonzero(levels >= _SPEECH * levels.max())
    return int(loud[0]) * _FRAME, int(loud[-1] + 1) * _FRAME, levels.min()


def _level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def _faded(piece: Samples) -> Samples:
    """Return *piece* with its ends faded in and out, so that they do not click."""
    faded = piece.copy()
    faded[: _FADE.size] *= _FADE
    faded[-_FADE.size :] *= _FADE[::-1]
    return faded
