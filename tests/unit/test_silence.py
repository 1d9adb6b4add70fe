"""Noticing that a microphone is silent."""

import numpy as np
import pytest

from harness.stream.pcm import Samples
from harness.stream.silence import Silence


def second(*values: int) -> Samples:
    return np.resize(np.array(values, np.int16), 16_000)


def noticed(*seconds: Samples) -> list[int]:
    """Return after how many of *seconds* the silence is noticed."""
    silence = Silence()
    return [count for count, block in enumerate(seconds, 1) if silence.feed(block)]


@pytest.mark.parametrize(
    "block", [second(0), second(-2, 2), second(-32_768), second(500, 503)], ids=str
)
def test_ten_seconds_without_movement_are_noticed_once(block: Samples) -> None:
    assert noticed(*[block] * 35) == [10]


def test_a_quiet_room_is_no_silence() -> None:
    assert noticed(*[second(-3, 3)] * 35) == []


def test_a_sound_begins_the_count_anew() -> None:
    quiet, sound = [second(0)] * 9, second(0, 100)

    assert noticed(*quiet, sound, *quiet, sound, *quiet, second(0)) == [30]


def test_a_drift_that_nobody_would_see_in_a_second_is_no_silence() -> None:
    assert noticed(*[second(value) for value in range(0, 60, 2)]) == []


def test_the_length_of_blocks_does_not_matter() -> None:
    silence = Silence()
    blocks = [second(0)[:800]] * 400

    assert [count for count, block in enumerate(blocks, 1) if silence.feed(block)] == [200]
