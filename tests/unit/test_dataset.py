"""What every source hands over: clips in order, with a digest of their contents."""

import weakref
from collections.abc import Iterator

import pytest

from harness.datasets.dataset import Dataset, Recording, assemble, content_digest, manifest
from harness.errors import AudioError
from harness.files import sha256
from tests.unit.recordings import wav_bytes, word_digest

GO = Recording(key="go/b.wav", word="go", data=wav_bytes([1]))
GO_TOO = Recording(key="go/a.wav", word="go", data=wav_bytes([2]))
STOP = Recording(key="stop/a.wav", word="stop", data=wav_bytes([3]))


def assembled(*recordings: Recording) -> Dataset:
    return assemble("small", "test", recordings)


def test_clips_are_sorted_by_key() -> None:
    dataset = assembled(STOP, GO, GO_TOO)
    assert dataset.keys == ("go/a.wav", "go/b.wav", "stop/a.wav")


def test_a_recording_is_let_go_before_the_next_but_one_is_read() -> None:
    made: list[weakref.ref[Recording]] = []

    def recordings() -> Iterator[Recording]:
        for number in range(50):
            recording = Recording(key=f"go/{number}.wav", word="go", data=wav_bytes([number]))
            made.append(weakref.ref(recording))
            yield recording
            assert sum(one() is not None for one in made) <= 2

    assert len(assemble("small", "test", recordings())) == 50


def test_words_and_clips_follow_their_keys() -> None:
    dataset = assembled(STOP, GO, GO_TOO)
    assert (dataset.words, dataset.clips[:, 0].tolist()) == (("go", "go", "stop"), [2, 1, 3])


def test_a_data_set_is_as_long_as_it_has_clips() -> None:
    dataset = assembled(GO, STOP)
    assert (len(dataset), dataset.clips.shape) == (2, (2, 16_000))


def test_name_and_split_are_kept() -> None:
    dataset = assembled(GO)
    assert (dataset.name, dataset.split) == ("small", "test")


def test_no_recordings_make_an_empty_data_set() -> None:
    assert len(assembled()) == 0


def test_a_broken_recording_is_refused_by_its_key() -> None:
    broken = Recording(key="go/c.wav", word="go", data=b"not sound")
    with pytest.raises(AudioError, match=r"^go/c\.wav is not a PCM WAV file"):
        assembled(GO, broken)


def test_the_digest_is_over_keys_and_contents() -> None:
    expected = word_digest({"go/b.wav": GO.data, "stop/a.wav": STOP.data})
    assert assembled(STOP, GO).digest == f"sha256:{expected}"


def test_the_digest_changes_with_a_name() -> None:
    renamed = Recording(key="go/c.wav", word="go", data=GO.data)
    assert assembled(renamed).digest != assembled(GO).digest


def test_sha256_of_the_standards_example() -> None:
    # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(b"abc") == expected


def test_a_manifest_has_a_line_a_file_sorted_by_name() -> None:
    assert manifest({"b.wav": "22", "a.wav": "11"}) == b"a.wav 11\nb.wav 22\n"


def test_a_content_digest_is_that_of_the_manifest() -> None:
    assert content_digest({"b.wav": "22", "a.wav": "11"}) == sha256(b"a.wav 11\nb.wav 22\n")
