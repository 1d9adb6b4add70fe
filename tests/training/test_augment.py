from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
import pytest

from candidates._training.augment import Varier, mask
from harness.audio import CLIP_SAMPLES, Clip
from harness.candidate.training import Augmentation
from harness.frontends.frontend import Features
from tests.training.synthetic import voices

SEEDS: Final = range(200)

STILL: Final = Augmentation(
    shift_ms=0,
    stretch=0,
    gain_db=(0, 0),
    noise_share=0,
    narrow_share=0,
    masked_frames=0,
    masked_bins=0,
)
"""Varies nothing; tests switch on one thing at a time."""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


varier: Final = cache(lambda how: Varier(how=how))
"""Varies clips, its noise made once for all tests."""


def vary_clip(clip: Clip, how: Augmentation, rng: np.random.Generator) -> Clip:
    """Return one variant of *clip*."""
    return next(varier(how)(clip, 1, rng))


def mask_features(
    features: Features, how: Augmentation, rng: np.random.Generator, clips: int = 1
) -> Features:
    """Return the first of *clips* copies of *features*, masked."""
    masked: Features = mask(np.stack([features] * clips), how, rng)[0]
    return masked


@pytest.fixture
def clip() -> Clip:
    one: Clip = voices(1)[0]
    return one


@pytest.fixture
def features() -> Features:
    return rng().standard_normal((39, 30), np.float32)


def test_nothing_varied_is_the_same_clip(clip: Clip) -> None:
    np.testing.assert_array_equal(vary_clip(clip, STILL, rng()), clip)


def test_a_varied_clip_is_a_clip(clip: Clip) -> None:
    varied = vary_clip(clip, Augmentation(), rng())

    assert varied.shape == (CLIP_SAMPLES,)
    assert varied.dtype == np.int16


def test_a_clip_is_left_as_it_was(clip: Clip) -> None:
    before = clip.copy()

    vary_clip(clip, Augmentation(), rng())

    np.testing.assert_array_equal(clip, before)


def test_the_generator_alone_decides(clip: Clip) -> None:
    once, again = (vary_clip(clip, Augmentation(), rng(1)) for _ in range(2))
    otherwise = vary_clip(clip, Augmentation(), rng(2))

    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, otherwise)


def test_a_shift_moves_by_as_much_as_allowed_either_way() -> None:
    click = np.zeros(CLIP_SAMPLES, np.int16)
    click[8_000] = 30_000
    how = replace(STILL, shift_ms=100)  # 1,600 samples

    moved = [int(vary_clip(click, how, rng(seed)).argmax()) - 8_000 for seed in SEEDS]

    assert -1_600 <= min(moved) < -1_500
    assert 1_500 < max(moved) <= 1_600


def test_a_shift_brings_in_silence() -> None:
    loud = np.full(CLIP_SAMPLES, 1_000, np.int16)

    varied = vary_clip(loud, replace(STILL, shift_ms=100), rng())

    assert set(varied) == {0, 1_000}


def test_stretching_changes_the_length_by_as_much_as_allowed() -> None:
    burst = np.zeros(CLIP_SAMPLES, np.int16)
    burst[4_000:12_000] = 1_000
    how = replace(STILL, stretch=0.1)  # 8,000 samples at a speed of 0.9 to 1.1

    lengths = [np.count_nonzero(vary_clip(burst, how, rng(seed)) > 500) for seed in SEEDS]

    assert 8_000 / 1.1 - 2 <= min(lengths) < 7_400
    assert 8_700 < max(lengths) <= 8_000 / 0.9 + 2


def test_gain_stays_within_its_decibels() -> None:
    level = np.full(CLIP_SAMPLES, 1_000, np.int16)
    how = replace(STILL, gain_db=(-20, 20))  # a tenth to ten times

    levels = [int(vary_clip(level, how, rng(seed))[0]) for seed in SEEDS]

    assert 100 <= min(levels) < 110
    assert 9_000 < max(levels) <= 10_000


def test_too_loud_a_clip_saturates_and_does_not_wrap_around(clip: Clip) -> None:
    loudest = np.where(clip < 0, -32_768, 32_767).astype(np.int16)
    how = replace(STILL, gain_db=(-20, 20))

    varied = np.stack([vary_clip(loudest, how, rng(seed)) for seed in SEEDS])

    assert ((varied < 0) == (loudest < 0)).all()
    assert (varied.min(), varied.max()) == (-32_768, 32_767)


@pytest.mark.parametrize("snr_db", [0, 10, 20, 30], ids="{} dB".format)
def test_noise_has_the_ratio_asked_for(clip: Clip, snr_db: float) -> None:
    how = replace(STILL, noise_share=1, noise_snr_db=(snr_db, snr_db))

    noise = vary_clip(clip, how, rng()).astype(float) - clip

    found_db = 10 * np.log10(np.mean(clip.astype(float) ** 2) / np.mean(noise**2))
    assert found_db == pytest.approx(snr_db, abs=0.5)


def test_noise_comes_to_its_share_of_clips(clip: Clip) -> None:
    how = replace(STILL, noise_share=0.7)

    changed = [not np.array_equal(vary_clip(clip, how, rng(seed)), clip) for seed in SEEDS]

    # 140 of 200 expected, with a standard deviation of 6.5
    assert sum(changed) == pytest.approx(140, abs=20)


def test_silence_stays_silence() -> None:
    silence = np.zeros(CLIP_SAMPLES, np.int16)

    assert not vary_clip(silence, replace(Augmentation(), noise_share=1), rng()).any()


@pytest.mark.parametrize("highest_hz", [3_400, 6_000])
def test_a_narrow_clip_has_nothing_above_its_highest_frequency(clip: Clip, highest_hz: int) -> None:
    how = replace(STILL, narrow_share=1, narrow_hz=(highest_hz, highest_hz))

    before, after = (np.abs(np.fft.rfft(one)) for one in (clip, vary_clip(clip, how, rng())))

    # Bins are a hertz apart; rounding to integers leaves a little everywhere.
    np.testing.assert_allclose(after[:highest_hz], before[:highest_hz], atol=300)
    assert after[highest_hz + 1 :].max() < 300 < before[highest_hz + 1 :].max()


def test_narrowness_comes_to_its_share_of_clips(clip: Clip) -> None:
    how = replace(STILL, narrow_share=0.25, narrow_hz=(3_400, 3_400))

    narrow = [bool((vary_clip(clip, how, rng(seed)) != clip).any()) for seed in SEEDS]

    assert np.mean(narrow) == pytest.approx(0.25, abs=0.08)


def test_variants_of_a_clip_differ(clip: Clip) -> None:
    variants = list(Varier(how=Augmentation())(clip, 5, rng()))

    assert len({one.tobytes() for one in variants}) == 5


def test_noise_starts_anywhere(clip: Clip) -> None:
    how = replace(STILL, noise_share=1, noise_snr_db=(20, 20))
    varier = Varier(how=how)

    noises = [one - clip for seed in SEEDS for one in varier(clip, 1, rng(seed))]

    assert len({noise.tobytes() for noise in noises}) == len(noises)


@pytest.mark.parametrize("shape", [(40,), (39, 30), (10, 8, 3)], ids=str)
def test_features_of_every_shape_are_masked(shape: tuple[int, ...]) -> None:
    features = rng().standard_normal((50, *shape), np.float32)
    before = features.copy()

    masked = mask(features, replace(STILL, masked_frames=5, masked_bins=4), rng(1))

    assert masked.shape == before.shape
    assert masked.dtype == np.float32
    changed = (masked != before).reshape(50, -1).any(axis=1)
    assert 30 < np.count_nonzero(changed) < 50  # a mask may be of no length


def test_each_clip_of_a_batch_has_masks_of_its_own() -> None:
    alike = np.stack([rng().standard_normal((39, 30), np.float32)] * 50)

    masked = mask(alike, Augmentation(), rng(1))

    assert len({one.tobytes() for one in masked}) > 25


def test_masks_of_no_length_change_nothing(features: Features) -> None:
    np.testing.assert_array_equal(mask_features(features, STILL, rng()), features)


@pytest.mark.parametrize(
    ("axis", "how"),
    [
        pytest.param(0, {"masked_frames": 5}, id="frames"),
        pytest.param(1, {"masked_bins": 4}, id="mel bins"),
    ],
)
def test_a_mask_is_one_stretch_as_long_as_allowed(
    features: Features, axis: int, how: dict[str, Any]
) -> None:
    (longest,) = how.values()
    lengths = set()
    for seed in SEEDS:
        masked = mask_features(features, replace(STILL, **how), rng(seed))
        blank = np.flatnonzero((masked != features).all(axis=1 - axis))
        lengths.add(blank.size)
        np.testing.assert_array_equal(np.diff(blank), 1)
        np.testing.assert_array_equal(masked.take(blank, axis), features.mean())
        assert np.count_nonzero(masked != features) == blank.size * features.shape[1 - axis]

    assert lengths == set(range(longest + 1))


def test_features_shorter_than_a_mask_may_be_blanked_throughout() -> None:
    few = rng().standard_normal((3, 2), np.float32)
    how = replace(STILL, masked_frames=5, masked_bins=4)

    masked = [mask_features(few, how, rng(seed)) for seed in SEEDS]

    assert any((one == few.mean()).all() for one in masked)
