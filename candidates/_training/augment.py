"""Varying training clips in NumPy; a traced TensorFlow graph would draw its numbers just once."""

import numpy as np

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip
from harness.candidate.training import Augmentation
from harness.datasets.noise import Samples, coloured_noise, to_int16
from harness.frontends.frontend import Features

_POSITIONS = np.arange(CLIP_SAMPLES)


def vary_clip(clip: Clip, how: Augmentation, rng: np.random.Generator) -> Clip:
    """Shift, stretch, scale and add noise to one clip; int16 in and out, same shape."""
    samples = clip.astype(np.float32)
    samples = _resample(samples, how, rng)
    samples *= 10 ** (rng.uniform(*how.gain_db) / 20)
    if rng.random() < how.noise_share:
        samples += _noise_for(samples, rng.uniform(*how.noise_snr_db), rng)
    return to_int16(samples)


def mask_features(features: Features, how: Augmentation, rng: np.random.Generator) -> Features:
    """Blank out a stretch of frames and a band of mel bins; a copy, same shape (SpecAugment)."""
    masked = features.copy()
    blank = masked.mean()
    for axis, longest in ((0, how.masked_frames), (1, how.masked_bins)):
        length = int(rng.integers(0, min(longest, masked.shape[axis]) + 1))
        start = int(rng.integers(0, masked.shape[axis] - length + 1))
        where = [slice(None), slice(None)]
        where[axis] = slice(start, start + length)
        masked[tuple(where)] = blank
    return masked


def _resample(samples: Samples, how: Augmentation, rng: np.random.Generator) -> Samples:
    """Shift and stretch in one linear interpolation; silence comes in at the ends."""
    speed = 1 + rng.uniform(-how.stretch, how.stretch)
    shift = rng.uniform(-how.shift_ms, how.shift_ms) * SAMPLE_RATE_HZ / 1_000
    middle = CLIP_SAMPLES / 2
    # Not np.interp, which searches for each position and takes ten times as long.
    position = (_POSITIONS - middle) * speed + (middle + shift)
    left = np.floor(position).astype(np.intp)
    inside = (position >= 0) & (position <= _POSITIONS[-1])
    left = np.where(inside, left, 0)
    right = np.minimum(left + 1, _POSITIONS[-1])
    share = (position - left).astype(np.float32)
    moved: Samples = samples[left] * (1 - share) + samples[right] * share
    moved[~inside] = 0
    return moved


def _noise_for(samples: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    power = float(np.sqrt(np.mean(samples**2)))
    noise = coloured_noise(rng, rng.uniform(0, 2))
    noise *= np.float32(power * 10 ** (-snr_db / 20))
    return noise
