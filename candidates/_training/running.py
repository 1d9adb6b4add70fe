"""Seconds of running speech: words said one after another, cut out at any place."""

from typing import Final

import numpy as np
import numpy.typing as npt

from candidates._training.cuts import speech_span
from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ
from harness.datasets.noise import Samples, to_int16

Clips = npt.NDArray[np.int16]

GAP_S: Final = (0.0, 0.4)
"""Least and greatest pause between two words, in seconds."""

WORDS_A_SECOND: Final = 1.5
"""Roughly: how many words are said for each second that is cut out."""


def running(clips: Clips, count: int, rng: np.random.Generator) -> Clips:
    """Return *count* seconds out of words of *clips* said one after another."""
    said = rng.integers(len(clips), size=max(4, round(count * WORDS_A_SECOND)))
    pieces = [_piece(clips[index], rng) for index in said]
    stream = np.concatenate([*pieces, np.zeros(CLIP_SAMPLES, np.float32)])
    starts = rng.integers(stream.size - CLIP_SAMPLES, size=count)
    return np.stack([to_int16(stream[start : start + CLIP_SAMPLES]) for start in starts])


def _piece(clip: npt.NDArray[np.int16], rng: np.random.Generator) -> Samples:
    """Return the word in *clip*, and a pause as quiet as the clip's quietest part."""
    samples = clip.astype(np.float32)
    start, end, quiet = speech_span(samples)
    pause = int(rng.uniform(*GAP_S) * SAMPLE_RATE_HZ)
    return np.concatenate([samples[start:end], quiet * rng.standard_normal(pause, np.float32)])
