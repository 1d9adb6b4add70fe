"""Sounds that a stream is made of, all of them made by code."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np

from harness.audio import SAMPLE_RATE_HZ
from harness.datasets.noise import COLOURS, MAINS_HZ, Samples, clicks, coloured_noise, hum

SCALE_HZ: Final = (220.0, 261.63, 293.66, 329.63, 392.0, 440.0, 523.25, 587.33, 659.26, 783.99)
"""Notes of music-like tones: two octaves of A minor's pentatonic scale."""

_NOTE_S: Final = (0.15, 0.8)
_DECAY_S: Final = (0.1, 0.6)
_OVERTONES: Final = 6
_VOICES: Final = 3
_ATTACK: Final = SAMPLE_RATE_HZ // 200
_ROOM_EXPONENT: Final = 1.5


def noises(rng: np.random.Generator, seconds: int) -> list[Samples]:
    """Return noise of each kind that models are scored on, *seconds* long, of unit power."""
    return [
        *(_many(partial(coloured_noise, rng, exponent), seconds) for exponent in COLOURS.values()),
        # A second holds whole periods, so that it may follow itself.
        *(np.tile(hum(rng, hz), seconds) for hz in MAINS_HZ),
        _many(partial(clicks, rng), seconds),
    ]


def room(rng: np.random.Generator, seconds: int) -> Samples:
    """Return the noise of a quiet room, of unit power."""
    return _many(partial(coloured_noise, rng, _ROOM_EXPONENT), seconds)


def music(
    rng: np.random.Generator, seconds: int, pitches_hz: Sequence[float] = SCALE_HZ
) -> Samples:
    """Return music-like tones, of unit power: some voices that play notes of given pitches."""
    notes = _notes(rng, pitches_hz)
    samples = np.zeros(seconds * SAMPLE_RATE_HZ, np.float32)
    for _ in range(_VOICES):
        start = 0
        while start < samples.size:
            note = notes[rng.integers(len(notes))][: int(rng.uniform(*_NOTE_S) * SAMPLE_RATE_HZ)]
            note = note[: samples.size - start] * np.float32(rng.uniform(0.3, 1))
            samples[start : start + note.size] += note
            start += note.size
    unit: Samples = samples / samples.std()
    return unit


def _notes(rng: np.random.Generator, pitches_hz: Sequence[float]) -> Samples:
    """Return a note of each pitch as it dies away, with overtones of its own."""
    times = np.arange(int(_NOTE_S[1] * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    overtones = np.arange(1, _OVERTONES + 1)
    notes = np.zeros((len(pitches_hz), times.size), np.float32)
    for index, pitch_hz in enumerate(pitches_hz):
        for overtone in overtones:
            phase = np.float32(2 * np.pi * pitch_hz * overtone) * times
            notes[index] += np.float32(rng.random() / overtone) * np.sin(phase)
        notes[index] *= np.exp(-times / np.float32(rng.uniform(*_DECAY_S)))
    notes[:, :_ATTACK] *= np.linspace(0, 1, _ATTACK, dtype=np.float32)
    return notes


def _many(second: Callable[[], Samples], seconds: int) -> Samples:
    """Return *seconds* calls of *second*, one after another."""
    return np.concatenate([second() for _ in range(seconds)])
