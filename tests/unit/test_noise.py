"""Sound without speech: its kinds, their levels and spectra."""

import numpy as np
import numpy.typing as npt
import pytest

from harness.audio import CLIP_SAMPLES
from harness.datasets.noise import (
    KINDS,
    MAINS_HZ,
    SILENCE,
    TAKES,
    clicks,
    coloured_noise,
    hum,
    noise_clips,
    noise_kinds,
    to_int16,
)


def level_dbfs(clip: npt.NDArray[np.int16]) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(clip.astype(float) ** 2)) / 32_768))


def test_every_kind_is_there_at_every_level_and_digital_zero_once() -> None:
    assert noise_clips().shape == (6 * 6 * 10 + 1, CLIP_SAMPLES)
    assert noise_clips().dtype == np.int16
    assert np.flatnonzero(~noise_clips().any(axis=1)).tolist() == [len(noise_clips()) - 1]


def test_the_kind_of_each_clip_is_known() -> None:
    kinds = np.array(noise_kinds())
    clips = noise_clips()
    sizes = {kind: int((kinds == kind).sum()) for kind in (*KINDS, SILENCE)}
    assert len(kinds) == len(clips)
    assert sizes == {**dict.fromkeys(KINDS, 60), SILENCE: 1}
    # Among the loudest, clicks are silent most of the time, white noise changes its sign every
    # other sample, and a hum of 50 Hz is the same again after a fiftieth of a second.
    loudest = slice(-len(KINDS) * TAKES - 1, None)
    kinds, clips = kinds[loudest], clips[loudest].astype(int)
    silent = np.mean(clips == 0, axis=1) > 0.5
    restless = np.mean(np.diff(clips > 0, axis=1), axis=1) > 0.4
    periodic = np.abs(clips[:, 320:640] - clips[:, :320]).max(axis=1) <= 1
    assert set(kinds[silent]) == {"clicks", SILENCE}
    assert set(kinds[restless]) == {"white"}
    assert set(kinds[periodic & ~silent]) == {"hum of 50 Hz"}


def test_no_two_clips_are_alike() -> None:
    assert len({clip.tobytes() for clip in noise_clips()}) == len(noise_clips())


def test_levels_are_what_they_are_called() -> None:
    quiet = noise_clips()[: 6 * TAKES]
    assert [level_dbfs(clip) for clip in quiet] == pytest.approx([-60] * 6 * TAKES, abs=0.2)
    middle = noise_clips()[3 * 6 * TAKES : 4 * 6 * TAKES]
    assert [level_dbfs(clip) for clip in middle] == pytest.approx([-30] * 6 * TAKES, abs=3)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_the_power_of_coloured_noise_falls_with_its_exponent(exponent: float) -> None:
    rng = np.random.default_rng(0)
    power = np.mean(
        [np.abs(np.fft.rfft(coloured_noise(rng, exponent))) ** 2 for _ in range(20)], axis=0
    )
    frequencies = np.arange(50, 7_000)
    slope, _ = np.polyfit(np.log(frequencies), np.log(power[50:7_000]), 1)
    assert slope == pytest.approx(-exponent, abs=0.05)


@pytest.mark.parametrize("mains_hz", MAINS_HZ)
def test_hum_is_the_mains_and_its_overtones(mains_hz: int) -> None:
    power = np.abs(np.fft.rfft(hum(np.random.default_rng(0), mains_hz))) ** 2
    overtones = np.arange(mains_hz, 21 * mains_hz, mains_hz)
    assert power[overtones].sum() / power.sum() == pytest.approx(1, abs=1e-6)
    assert power[overtones].min() / power.sum() > 1e-4


def test_clicks_are_short_and_silence_is_between_them() -> None:
    counts = [np.mean(clicks(rng) != 0) for rng in map(np.random.default_rng, range(50))]
    assert 0 < min(counts) < 0.03
    assert 0.1 < max(counts) < 0.25


@pytest.mark.parametrize(
    "sound",
    [
        lambda rng: coloured_noise(rng, 1.5),
        lambda rng: hum(rng, 50),
        clicks,
    ],
    ids=["coloured", "hum", "clicks"],
)
def test_every_sound_is_of_unit_power_and_drawn_from_its_seed(sound: object) -> None:
    assert callable(sound)
    first, again, other = (sound(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.std() == pytest.approx(1, rel=1e-3)
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_rounding_saturates() -> None:
    loud = np.array([-40_000, -0.6, 0.4, 40_000], np.float32)
    assert to_int16(loud).tolist() == [-32_768, -1, 0, 32_767]
