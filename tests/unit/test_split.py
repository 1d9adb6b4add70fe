"""The split by speaker, against recordings of "go" in the lists of Speech Commands v0.01."""

import pytest

from harness.datasets.split import speaker, which_set


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        # validation_list.txt, from 0 to 10 %
        ("1942abd7_nohash_0.wav", "validation"),
        ("6a27a9bf_nohash_0.wav", "validation"),
        ("7c1d8533_nohash_5.wav", "validation"),
        # testing_list.txt, from 10 to 20 %
        ("5828dfa2_nohash_1.wav", "test"),
        ("0ea0e2f4_nohash_1.wav", "test"),
        ("096456f9_nohash_1.wav", "test"),
        # in neither, from 20 %
        ("9080f6d3_nohash_0.wav", "training"),
        ("004ae714_nohash_0.wav", "training"),
    ],
)
def test_a_file_is_in_the_split_of_the_published_lists(file_name: str, expected: str) -> None:
    assert which_set(file_name) == expected


@pytest.mark.parametrize("recording", range(5))
def test_all_recordings_of_a_speaker_are_in_one_split(recording: int) -> None:
    assert which_set(f"0ea0e2f4_nohash_{recording}.wav") == "test"


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        pytest.param("0a7c2a8d_nohash_0.wav", "0a7c2a8d", id="as-published"),
        pytest.param("me.wav", "me.wav", id="without-a-mark"),
    ],
)
def test_the_speaker_is_the_text_before_nohash(file_name: str, expected: str) -> None:
    assert speaker(file_name) == expected
