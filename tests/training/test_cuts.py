"""Clips that hold a piece of a word, or pieces of two."""

import numpy as np
import pytest

from candidates._training.cuts import KEPT, cut
from harness.audio import CLIP_SAMPLES
from tests.training.synthetic import voices

HALF = CLIP_SAMPLES // 2


def words() -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """Return two words of half a second: one a low tone, the other a high one."""
    times = np.arange(HALF) / CLIP_SAMPLES
    clips = np.zeros((2, CLIP_SAMPLES), np.int16)
    for clip, pitch_hz in zip(clips, (400, 3_200), strict=True):
        clip[4_000 : 4_000 + HALF] = 8_000 * np.sin(2 * np.pi * pitch_hz * times)
    return clips


def cuts(count: int = 100) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    return cut(words(), count, np.random.default_rng(0))


def test_as_many_clips_are_made_as_asked_for() -> None:
    assert cuts(7).shape == (7, CLIP_SAMPLES)
    assert cuts(7).dtype == np.int16


def test_a_piece_is_shorter_than_the_word_it_is_of() -> None:
    lengths = np.count_nonzero(np.abs(cuts()) > 50, axis=1) / HALF

    low, high = KEPT
    assert low - 0.06 < lengths.min() < low + 0.1
    assert 2 * high - 0.3 < lengths.max() < 2 * high  # of two words


def test_pieces_are_of_one_word_or_of_two() -> None:
    spectra = np.abs(np.fft.rfft(cuts().astype(float)))
    low, high = spectra[:, 380:420].max(axis=1), spectra[:, 3_180:3_220].max(axis=1)
    both = (low > high / 4) & (high > low / 4)

    assert 10 < np.count_nonzero(both) < 45  # half are spliced, half of these of both words
    assert np.count_nonzero(low > high) > 20
    assert np.count_nonzero(high > low) > 20


def test_a_piece_may_be_anywhere() -> None:
    middles = [np.flatnonzero(np.abs(clip) > 50).mean() for clip in cuts()]

    assert min(middles) < 4_000
    assert max(middles) > 12_000


def test_the_same_seed_cuts_alike() -> None:
    np.testing.assert_array_equal(cuts(5), cuts(5))


@pytest.mark.parametrize("level", [0, 1, 30_000], ids=["silence", "hiss", "loud"])
def test_clips_without_a_word_can_be_cut(level: int) -> None:
    clips = np.full((3, CLIP_SAMPLES), level, np.int16)

    assert cut(clips, 20, np.random.default_rng(0)).shape == (20, CLIP_SAMPLES)


def test_what_is_around_a_piece_is_as_quiet_as_the_clip() -> None:
    pieces = cut(voices(10), 50, np.random.default_rng(0)).astype(float)
    quietest = np.sqrt((pieces.reshape(50, 50, -1) ** 2).mean(axis=2)).min(axis=1)

    assert 15 < np.median(quietest) < 60  # the voices stand in noise of 30
