"""
Sound without speech, made by code: what a spotter hears most of the time, and must not act on.

The same seed gives the same clips: bit for bit on one machine with one version of
NumPy and SciPy, and within a step of int16 on others, whose FFT may round otherwise.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip, amplitude
from harness.sharing import gather

Samples = npt.NDArray[np.float32]

COLOURS: Final = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Exponent of each: its power spectrum falls as 1/f**exponent."""

MAINS_HZ: Final = (50, 60)
LEVELS_DBFS: Final = (-60, -50, -40, -30, -20, -10)
"""Root mean square, of full scale."""

TAKES: Final = 10

KINDS: Final = (*COLOURS, *(f"hum of {hz} Hz" for hz in MAINS_HZ), "clicks")
SILENCE: Final = "digital zero"

_SEED: Final = 1
_OVERTONES: Final = 20
_CLICKS: Final = (1, 10)
_CLICK_S: Final = 0.002
_FREQUENCIES: Final = np.arange(1, CLIP_SAMPLES // 2 + 1, dtype=np.float32)
"""Hertz, of a spectrum of one second; zero left out."""


@cache
def noise_clips() -> npt.NDArray[np.int16]:
    """Return every kind at every level, and digital zero once: int16 ``(clips, CLIP_SAMPLES)``."""
    rng = np.random.default_rng(_SEED)
    clips = [
        to_int16(samples * np.float32(amplitude(level)))
        for level in LEVELS_DBFS
        for _ in range(TAKES)
        for samples in _kinds(rng)
    ]
    return gather([*clips, np.zeros(CLIP_SAMPLES, np.int16)])


def noise_kinds() -> tuple[str, ...]:
    """Return what each of :func:`noise_clips` is: one of KINDS, or SILENCE."""
    return (*KINDS * (len(LEVELS_DBFS) * TAKES), SILENCE)


def _kinds(rng: np.random.Generator) -> list[Samples]:
    """Return one second of each of KINDS, all of unit power."""
    return [
        *(coloured_noise(rng, exponent) for exponent in COLOURS.values()),
        *(hum(rng, mains_hz) for mains_hz in MAINS_HZ),
        clicks(rng),
    ]


def coloured_noise(rng: np.random.Generator, exponent: float) -> Samples:
    """Return one second of noise of unit power, its power spectrum falling as 1/f**exponent."""
    noise: Samples = coloured_noises(rng, [exponent])[0]
    return noise


def coloured_noises(rng: np.random.Generator, exponents: npt.ArrayLike) -> Samples:
    """Return a second of :func:`coloured_noise` for each of *exponents*, in one transform."""
    powers = np.asarray(exponents, np.float32)[:, np.newaxis] / -2
    spectrum = np.zeros((len(powers), _FREQUENCIES.size + 1), np.complex64)
    for row, power in zip(spectrum, powers, strict=True):
        parts = rng.standard_normal((2, _FREQUENCIES.size), np.float32)
        row[1:].real, row[1:].imag = parts * _FREQUENCIES**power
    noises: Samples = scipy.fft.irfft(spectrum, CLIP_SAMPLES)
    noises /= noises.std(axis=1, keepdims=True)
    return noises


def hum(rng: np.random.Generator, mains_hz: float) -> Samples:
    """Return one second of *mains_hz* and its overtones, of unit power."""
    times = np.arange(CLIP_SAMPLES) / SAMPLE_RATE_HZ
    overtones = np.arange(1, _OVERTONES + 1)
    phases = 2 * np.pi * (np.outer(overtones * mains_hz, times) + rng.random((_OVERTONES, 1)))
    return _unit((rng.random(_OVERTONES) / overtones) @ np.sin(phases))


def clicks(rng: np.random.Generator) -> Samples:
    """Return one second with some short bursts of noise in it, of unit power."""
    samples = np.zeros(CLIP_SAMPLES)
    decay = np.exp(-np.arange(CLIP_SAMPLES // 50) / (SAMPLE_RATE_HZ * _CLICK_S))
    for start in rng.integers(0, CLIP_SAMPLES - decay.size, rng.integers(*_CLICKS, endpoint=True)):
        samples[start : start + decay.size] += rng.standard_normal(decay.size) * decay
    return _unit(samples)


def to_int16(samples: Samples) -> Clip:
    """Round to int16, saturating where a clip got too loud."""
    clip: Clip = np.clip(np.rint(samples), -32_768, 32_767).astype(np.int16)
    return clip


def _unit(samples: npt.NDArray[np.float64]) -> Samples:
    unit: Samples = (samples / samples.std()).astype(np.float32)
    return unit
