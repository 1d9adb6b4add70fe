"""Sounds made by code: as long and as loud as they are said to be."""

import numpy as np
import pytest

from harness.datasets.noise import Samples
from harness.stream.sounds import music, noises, room


def random() -> np.random.Generator:
    return np.random.default_rng(3)


def loudest_hz(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(spectrum.argmax() * 16_000 / samples.size)


def every_sound() -> list[Samples]:
    return [*noises(random(), 2), room(random(), 2), music(random(), 2)]


def test_sounds_have_unit_power_and_repeat_with_their_seed() -> None:
    for samples, again in zip(every_sound(), every_sound(), strict=True):
        assert samples.dtype == np.float32
        assert samples.shape == (32_000,)
        assert samples.std() == pytest.approx(1, rel=0.05)
        np.testing.assert_array_equal(samples, again)


def test_music_plays_the_pitches_it_is_given() -> None:
    loudest = loudest_hz(music(random(), 4, [500.0])) / 500

    assert loudest == pytest.approx(round(loudest), abs=0.01)
    assert loudest >= 1


def test_hum_goes_on_without_a_step_from_second_to_second() -> None:
    hum = noises(random(), 3)[3]

    np.testing.assert_array_equal(hum[:16_000], hum[16_000:32_000])
