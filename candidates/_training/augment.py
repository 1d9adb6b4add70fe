"""Varying training clips in NumPy: before a front-end in time and sound, behind it by masks."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip
from harness.candidate.training import Augmentation
from harness.datasets.noise import Samples, coloured_noises, to_int16
from harness.frontends.frontend import Features

SPEEDS: Final = 32
"""Speeds on either side of the original, evenly spaced: positions are worked out once for each."""

BANK: Final = 256
"""Seconds of coloured noise that clips draw from; each is turned around to another start."""

_WHOLE: Final = np.arange(CLIP_SAMPLES)


@dataclass(frozen=True, kw_only=True)
class Varier:
    """
    Shifts, stretches and scales clips, adds noise, and takes high frequencies away.

    Attributes:
        how: By how much.

    """

    how: Augmentation

    def __call__(self, clip: Clip, count: int, rng: np.random.Generator) -> Iterator[Clip]:
        """Yield *count* variants of *clip*: int16 in and out, same shape."""
        padded = np.zeros(CLIP_SAMPLES + 2 * self._margin + 1, np.float32)
        padded[self._margin : self._margin + CLIP_SAMPLES] = clip
        for _ in range(count):
            samples = self._moved(padded, rng)
            samples *= np.float32(10 ** (rng.uniform(*self.how.gain_db) / 20))
            if rng.random() < self.how.noise_share:
                self._add_noise(samples, rng)
            if rng.random() < self.how.narrow_share:
                samples = narrowed(samples, rng.uniform(*self.how.narrow_hz))
            yield to_int16(samples)

    def _moved(self, padded: Samples, rng: np.random.Generator) -> Samples:
        """Shift and stretch in one linear interpolation; silence comes in at the ends."""
        left, share = self._positions[rng.integers(len(self._positions))]
        longest = self.how.shift_ms * SAMPLE_RATE_HZ / 1_000
        around = padded[self._margin + round(rng.uniform(-longest, longest)) - self._reach :]
        moved: Samples = around[left]
        moved += (around[1:][left] - moved) * share
        return moved

    def _add_noise(self, samples: Samples, rng: np.random.Generator) -> None:
        power = np.sqrt(np.dot(samples, samples) / samples.size)
        noise = self._bank[rng.integers(BANK)]
        start = int(rng.integers(CLIP_SAMPLES))
        level = np.float32(power * 10 ** (-rng.uniform(*self.how.noise_snr_db) / 20))
        samples[: CLIP_SAMPLES - start] += level * noise[start:]
        samples[CLIP_SAMPLES - start :] += level * noise[:start]

    @property
    def _reach(self) -> int:
        """Samples that the fastest clip reaches beyond either end."""
        return int(np.ceil(self.how.stretch * CLIP_SAMPLES / 2)) + 1

    @property
    def _margin(self) -> int:
        return self._reach + int(np.ceil(self.how.shift_ms * SAMPLE_RATE_HZ / 1_000)) + 1

    @cached_property
    def _positions(self) -> list[tuple[npt.NDArray[np.intp], Samples]]:
        """For each speed: the sample on the left, counted from the reach, and the right's share."""
        found = []
        for speed in 1 + self.how.stretch * np.linspace(-1, 1, 2 * SPEEDS + 1):
            position = (_WHOLE - CLIP_SAMPLES / 2) * speed + CLIP_SAMPLES / 2
            left = np.floor(position)
            found.append(((left + self._reach).astype(np.intp), (position - left).astype("f4")))
        return found

    @cached_property
    def _bank(self) -> npt.NDArray[np.float32]:
        rng = np.random.default_rng(0)
        return coloured_noises(rng, rng.uniform(0, 2, BANK))


def narrowed(samples: Samples, highest_hz: float) -> Samples:
    """Return a second of *samples* without what lies above *highest_hz*, in hertz."""
    spectrum = scipy.fft.rfft(samples)
    spectrum[int(highest_hz) + 1 :] = 0  # the bins of one second are a hertz apart
    narrow: Samples = scipy.fft.irfft(spectrum, len(samples))
    return narrow


def mask(features: Features, how: Augmentation, rng: np.random.Generator) -> Features:
    """
    Blank out a stretch of frames of each clip, and a band of bins if there are any (SpecAugment).

    Args:
        features: Of a batch, float32 ``(clips, *shape)`` of any shape: frames come first, bins
            second. It is changed in place.
        how: Names the longest stretches.
        rng: Draws lengths and places.

    """
    blank = features.mean(axis=tuple(range(1, features.ndim)), keepdims=True)
    for axis, longest in ((1, how.masked_frames), (2, how.masked_bins)):
        if axis < features.ndim and longest:
            _blank(features, blank, axis, longest, rng)
    return features


def _blank(
    features: Features, blank: Features, axis: int, longest: int, rng: np.random.Generator
) -> None:
    clips, size = len(features), features.shape[axis]
    length = rng.integers(0, min(longest, size), size=clips, endpoint=True)
    start = rng.integers(0, size - length, endpoint=True)
    place = np.arange(size)
    hidden = (place >= start[:, np.newaxis]) & (place < (start + length)[:, np.newaxis])
    shape = [clips, *[1] * (features.ndim - 1)]
    shape[axis] = size
    np.copyto(features, blank, where=hidden.reshape(shape))
