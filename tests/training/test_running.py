"""Seconds of running speech: pieces of words in their order, with nothing made up."""

import numpy as np

from candidates._training.running import running

WORD = 3_000


def words(count: int) -> np.ndarray:
    """Return clips with a word of 0.3 s each, at a level of its own, and faint noise around it."""
    clips = np.random.default_rng(0).integers(-2, 3, (count, 16_000)).astype(np.int16)
    for index, clip in enumerate(clips):
        clip[5_000 : 5_000 + 4_800] = 1_000 * (index + 1) * np.sign(np.sin(np.arange(4_800)))
    return clips


def test_seconds_are_clips_and_repeat_with_their_seed() -> None:
    once, again = (running(words(5), 40, np.random.default_rng(3)) for _ in range(2))

    assert once.shape == (40, 16_000)
    assert once.dtype == np.int16
    np.testing.assert_array_equal(once, again)


def test_every_second_holds_speech_as_loud_as_it_was_said() -> None:
    seconds = running(words(3), 60, np.random.default_rng(3))

    levels = {int(abs(value)) for value in seconds.ravel().tolist() if abs(value) > 900}
    assert levels == {1_000, 2_000, 3_000}
    assert (np.abs(seconds).max(axis=1) >= 1_000).mean() > 0.9


def test_most_seconds_hold_more_than_one_word() -> None:
    seconds = running(words(3), 60, np.random.default_rng(3))

    loud = np.abs(seconds) > 900
    starts = (loud[:, 1:] & ~loud[:, :-1]).sum(axis=1)
    assert (starts >= 2).mean() > 0.5


def test_a_single_second_can_be_made_of_a_single_word() -> None:
    assert running(words(1), 1, np.random.default_rng(3)).shape == (1, 16_000)
