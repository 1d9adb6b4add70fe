"""Arabic Speech Commands: two takes, split by the archive's own lists of speakers."""

import re
from collections import Counter
from pathlib import Path

import pytest

from harness.datasets import arabic_speech_commands
from harness.datasets.arabic_speech_commands import COMMIT, ArabicSpeechCommands, speaker
from harness.datasets.dataset import Dataset, content_digest
from harness.errors import DatasetError, NoRecordingsError, UnreachableError
from harness.files import sha256
from tests.unit.recordings import wav_bytes, word_digest, write_archive
from tests.unit.servers import Server, running, send

ARCHIVE = "arabic-speech-commands-dataset.zip"
TOP = f"arabic-speech-commands-dataset-{COMMIT}"
SPLITS = ("training", "validation", "test")
WORDS = ("stop", "zoom in")
WHO = {"train.csv": (1, 5), "val.csv": (2,), "test.csv": (3,)}
SPEAKERS = (1, 2, 3, 5)
TAKES = [f"{take:02}" for take in range(1, 11)]


def recordings(word: str, takes: list[str]) -> dict[str, bytes]:
    return {
        f"{number:08}_NO_{take}.wav": wav_bytes([number, int(take), len(word)])
        for number in SPEAKERS
        for take in takes
    }


def listed(speakers: tuple[int, ...]) -> bytes:
    """Return a csv file of all takes of *speakers*."""
    lines = [
        f"dataset/{word}/{number:08}_NO_{take}.wav,{word}\n"
        for word in WORDS
        for number in speakers
        for take in TAKES
    ]
    return "".join(["file,class\n", *lines]).encode()


def packed(takes: list[str]) -> dict[str, bytes]:
    """Return the members of an archive with some *takes* of two words."""
    return {
        f"{TOP}/README.md": b"credits",
        f"{TOP}/background_noise/rain.wav": b"a minute",
        **{f"{TOP}/{name}": listed(speakers) for name, speakers in WHO.items()},
        **{
            f"{TOP}/dataset/{word}/{name}": data
            for word in WORDS
            for name, data in recordings(word, takes).items()
        },
    }


EXCERPT = packed(["01", "05"])
WHOLE = packed(TAKES)


@pytest.fixture(autouse=True)
def _two_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let four speakers and two words be all that was published."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(arabic_speech_commands, "URL", "http://127.0.0.1:1/nowhere.zip")
    digests = {word: word_digest(recordings(word, ["01", "05"])) for word in WORDS}
    monkeypatch.setattr(arabic_speech_commands, "DIGESTS", digests)
    speakers = dict(zip(SPLITS, WHO.values(), strict=True))
    monkeypatch.setattr(arabic_speech_commands, "SPEAKERS", speakers)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "archives" / ARCHIVE, EXCERPT)


@pytest.fixture
def small(tmp_path: Path, path: Path) -> ArabicSpeechCommands:
    return ArabicSpeechCommands(tmp_path / "cache", path.parent)


@pytest.mark.parametrize("split", SPLITS)
def test_a_word_is_named_by_language_and_translation(
    small: ArabicSpeechCommands, split: str
) -> None:
    assert small.words(split) == ("arabic:stop", "arabic:zoom in")


@pytest.mark.parametrize(
    ("split", "speakers"), [("training", [1, 5]), ("validation", [2]), ("test", [3])]
)
def test_a_split_holds_two_takes_of_the_speakers_that_its_list_names(
    small: ArabicSpeechCommands, split: str, speakers: list[int]
) -> None:
    dataset = small.load(("arabic:zoom in",), split)
    assert (dataset.name, dataset.split, dataset.note) == ("arabic_speech_commands", split, None)
    assert set(dataset.words) == {"arabic:zoom in"}
    assert dataset.keys == tuple(
        f"arabic:zoom in/{number:08}_NO_{take}.wav" for number in speakers for take in ("01", "05")
    )
    assert dataset.clips[:, 0].tolist() == [number for number in speakers for _ in range(2)]


def test_the_whole_archive_gives_the_clips_of_the_excerpt(
    small: ArabicSpeechCommands, tmp_path: Path
) -> None:
    path = write_archive(tmp_path / "whole" / ARCHIVE, WHOLE)
    whole = ArabicSpeechCommands(tmp_path / "other cache", path.parent)
    words = small.words("training")
    assert whole.load(words, "training").digest == small.load(words, "training").digest


def test_unpacked_words_need_no_archive(small: ArabicSpeechCommands, path: Path) -> None:
    small.load(("arabic:stop",), "training")
    path.unlink()
    assert len(small.load(("arabic:stop",), "test")) == 2


def test_the_english_word_is_unknown(small: ArabicSpeechCommands) -> None:
    fault = "arabic_speech_commands has no recordings of stop; it has arabic:stop, arabic:zoom in"
    with pytest.raises(NoRecordingsError, match=f"^{fault}$"):
        small.load(("stop",), "training")


def test_a_speaker_is_the_number_before_the_take() -> None:
    assert speaker("arabic:zoom in/00000023_NO_05.wav") == "00000023"


def without(part: str) -> dict[str, bytes]:
    return {name: data for name, data in EXCERPT.items() if part not in name}


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        pytest.param(
            without("/zoom in/"),
            "lacks 8 of 8 files of 'zoom in', the first 00000001_NO_01.wav",
            id="missing-word",
        ),
        pytest.param(
            without("/00000005_"),
            "lacks 2 of 8 files of 'zoom in', the first 00000005_NO_01.wav",
            id="missing-speaker",
        ),
        pytest.param(
            {name.replace(COMMIT, "main"): data for name, data in EXCERPT.items()},
            f"holds 'arabic-speech-commands-dataset-main', expected {TOP!r}: it is another version",
            id="another-commit",
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/dataset/zoom in/00000005_NO_05.wav": b"other"},
            "holds 8 recordings of 'zoom in' with digest ",
            id="another-recording",
        ),
        pytest.param(
            without("val.csv"), "lacks 1 of 3 files of 'lists', the first val.csv", id="missing-csv"
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/val.csv": listed((2, 31))},
            "holds a val.csv that names speaker 00000031, unlike the published one",
            id="unknown-speaker",
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/train.csv": listed((1,))},
            "holds a train.csv that does not name speaker 00000005, unlike the published one",
            id="speaker-left-out",
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/train.csv": listed((1, 5, 3))},
            "holds a train.csv that names speaker 00000003, unlike the published one",
            id="speaker-on-two-sides",
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/test.csv": b"file,class\ndataset/stop/hum.wav,stop\n"},
            "holds a test.csv whose line 2 is 'dataset/stop/hum.wav,stop', not a recording",
            id="csv-of-something-else",
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/test.csv": b""},
            "holds a test.csv that does not name speaker 00000003, unlike the published one",
            id="empty-csv",
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/test.csv": b"\xff\n\xfe"},
            "holds a test.csv whose line 2 is '\ufffd', not a recording",
            id="csv-that-is-no-text",
        ),
        pytest.param(
            EXCERPT | {f"{TOP}/test.csv": bytes(300_001)},
            f"holds 300,001 bytes in '{TOP}/test.csv', expected at most 300,000",
            id="large-csv",
        ),
    ],
)
def test_an_archive_of_other_contents_is_refused_by_what_differs(
    small: ArabicSpeechCommands, path: Path, members: dict[str, bytes], fault: str
) -> None:
    write_archive(path, members)
    cure = "; fetch the archive again, or train without Arabic words"
    with pytest.raises(DatasetError, match=f"^{re.escape(f'{path} {fault}')}.*{cure}$"):
        small.load(("arabic:zoom in",), "training")


def test_lists_that_are_wrong_are_not_kept(small: ArabicSpeechCommands, path: Path) -> None:
    write_archive(path, EXCERPT | {f"{TOP}/val.csv": listed((2, 31))})
    with pytest.raises(DatasetError, match=r"names speaker 00000031"):
        small.load(("arabic:stop",), "training")
    write_archive(path, EXCERPT)
    assert len(small.load(("arabic:stop",), "training")) == 4


def test_an_archive_that_is_cut_off_is_refused(small: ArabicSpeechCommands, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        DatasetError, match=rf"^{re.escape(str(path))} is not a complete archive \("
    ):
        small.load(("arabic:stop",), "training")


def test_the_archive_is_fetched_once_where_it_is_not_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_archive(tmp_path / "whole.zip", WHOLE).read_bytes()
    with running(Server({"/a.zip": lambda request: send(request, 200, data)})) as server:
        monkeypatch.setattr(arabic_speech_commands, "URL", server.url("/a.zip"))
        source = ArabicSpeechCommands(tmp_path / "cache")
        clips = [len(source.load(source.words(split), split)) for split in SPLITS]
    assert clips == [8, 4, 4]
    assert server.asked == [("/a.zip", None)]


def test_an_archive_that_cannot_be_had_is_an_error_that_names_every_cure(tmp_path: Path) -> None:
    fault = re.escape(f"{ARCHIVE} is not in {tmp_path}, and http://127.0.0.1:1/nowhere.zip could ")
    cure = "; put it there, set KWS_DATA to the folder that holds it, or train without Arabic words"
    with pytest.raises(UnreachableError, match=f"^{fault}.+{cure}$"):
        ArabicSpeechCommands(tmp_path).load(("arabic:stop",), "training")


PUBLIC = arabic_speech_commands.URL  # before any test replaces it


def test_the_published_address_is_of_the_commit_that_is_verified() -> None:
    repository = "https://github.com/abdulkaderghandoura/arabic-speech-commands-dataset"
    assert f"{repository}/archive/{COMMIT}.zip" == PUBLIC


@pytest.fixture
def speech(
    kws_data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> ArabicSpeechCommands:
    if not (kws_data / ARCHIVE).is_file():
        pytest.skip(f"needs real speech: put {ARCHIVE} into {kws_data}")
    monkeypatch.undo()
    return ArabicSpeechCommands(tmp_path_factory.getbasetemp() / "speech-cache", kws_data)


def everything(source: ArabicSpeechCommands) -> list[Dataset]:
    return [source.load(source.words(split), split) for split in SPLITS]


@pytest.mark.speech
def test_thirty_people_say_each_word_twice(speech: ArabicSpeechCommands) -> None:
    keys = [key for dataset in everything(speech) for key in dataset.keys]
    spoken = Counter((key.partition("/")[0], speaker(key)) for key in keys)
    assert (len(keys), len(spoken), set(spoken.values())) == (2_400, 1_200, {2})
    assert len({word for word, _ in spoken}) == 40


@pytest.mark.speech
def test_no_speaker_is_in_two_splits(speech: ArabicSpeechCommands) -> None:
    sides = [{speaker(key) for key in dataset.keys} for dataset in everything(speech)]
    assert [len(side) for side in sides] == [18, 6, 6]
    assert len(set.union(*sides)) == 30


@pytest.mark.speech
def test_the_recordings_have_the_published_digest(
    speech: ArabicSpeechCommands, tmp_path: Path
) -> None:
    everything(speech)
    unpacked = tmp_path.parent / "speech-cache" / "arabic-speech-commands-dataset"
    digests = {
        f"{file.parent.name}/{file.name}": sha256(file.read_bytes())
        for file in unpacked.glob("*/*.wav")
    }
    assert len(digests) == 2_400
    assert content_digest(digests) == (
        "05be7d8ca74e57a84be864076469c043af27b93b7d5efc628db1e4e12555fdb5"
    )
