"""mini Speech Commands: its words, its split, and the real archive where there is one."""

import re
from pathlib import Path

import pytest

from harness.datasets import mini_speech_commands
from harness.datasets.dataset import Dataset
from harness.datasets.mini_speech_commands import MiniSpeechCommands
from harness.datasets.split import speaker
from harness.errors import NoRecordingsError
from tests.unit.recordings import wav_bytes, word_digest, write_archive

TASK = ("go", "stop")
SPLITS = ("training", "validation", "test")

FILES = {  # one of each split, see test_split.py
    "004ae714_nohash_0.wav": wav_bytes([1]),
    "6a27a9bf_nohash_0.wav": wav_bytes([2]),
    "0ea0e2f4_nohash_1.wav": wav_bytes([3]),
}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MiniSpeechCommands:
    archives = tmp_path / "archives"
    members = {f"mini_speech_commands/go/{name}": data for name, data in FILES.items()}
    write_archive(archives / "mini_speech_commands.zip", members)
    monkeypatch.setitem(mini_speech_commands.DIGESTS, "go", word_digest(FILES))
    return MiniSpeechCommands(tmp_path / "cache", archives)


@pytest.fixture
def speech(kws_data: Path, tmp_path_factory: pytest.TempPathFactory) -> MiniSpeechCommands:
    return MiniSpeechCommands(tmp_path_factory.getbasetemp() / "speech-cache", kws_data)


def test_its_words_are_the_eight_of_the_excerpt(small: MiniSpeechCommands) -> None:
    assert small.words("test") == ("down", "go", "left", "no", "right", "stop", "up", "yes")


@pytest.mark.parametrize(
    ("split", "key", "sample"),
    [
        ("training", "go/004ae714_nohash_0.wav", 1),
        ("validation", "go/6a27a9bf_nohash_0.wav", 2),
        ("test", "go/0ea0e2f4_nohash_1.wav", 3),
    ],
)
def test_a_split_holds_the_clips_of_its_speakers(
    small: MiniSpeechCommands, split: str, key: str, sample: int
) -> None:
    dataset = small.load(("go",), split)
    assert (dataset.name, dataset.split) == ("mini_speech_commands", split)
    assert (dataset.keys, dataset.clips[:, 0].tolist()) == ((key,), [sample])


def test_unknown_words_are_refused_and_the_known_ones_are_listed(
    small: MiniSpeechCommands,
) -> None:
    fault = (
        "mini_speech_commands has no recordings of house, tree; "
        "it has down, go, left, no, right, stop, up, yes"
    )
    with pytest.raises(NoRecordingsError, match=f"^{fault}$"):
        small.load(("house", "go", "tree"), "test")


@pytest.mark.speech
@pytest.mark.parametrize(
    ("split", "clips"), [("training", 1_582), ("validation", 206), ("test", 212)]
)
def test_go_and_stop_have_as_many_clips_as_published(
    speech: MiniSpeechCommands, split: str, clips: int
) -> None:
    assert len(speech.load(TASK, split)) == clips


@pytest.mark.speech
def test_no_speaker_is_in_two_splits(speech: MiniSpeechCommands) -> None:
    def speakers(dataset: Dataset) -> set[str]:
        return {speaker(key.partition("/")[2]) for key in dataset.keys}

    training, validation, test = (speakers(speech.load(TASK, split)) for split in SPLITS)
    assert (training & validation, training & test, validation & test) == (set(), set(), set())


@pytest.mark.speech
def test_keys_are_word_speaker_and_number(speech: MiniSpeechCommands) -> None:
    keys = speech.load(TASK, "training").keys
    odd = [key for key in keys if not re.fullmatch(r"(go|stop)/[0-9a-f]{8}_nohash_\d\.wav", key)]
    assert (keys[0], odd) == ("go/004ae714_nohash_0.wav", [])


@pytest.mark.speech
def test_half_of_the_clips_say_each_word(speech: MiniSpeechCommands) -> None:
    words = [word for split in SPLITS for word in speech.load(TASK, split).words]
    assert (words.count("go"), words.count("stop")) == (1_000, 1_000)
