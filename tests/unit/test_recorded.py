"""Streams that a data set brings: long recordings, and the times of words in them."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from harness import datasets
from harness.audio import CLIP_SAMPLES
from harness.datasets.folder import Folder
from harness.errors import DatasetError
from harness.measure.speech import Speech
from harness.stream.evaluation import Found, judged
from harness.stream.recorded import Recorded
from harness.stream.scene import Keyword, Scene, Stretch
from tests.unit.models import loud
from tests.unit.recordings import riff_bytes, wav_bytes

GO_STOP = ("go", "stop")
KNOWN = ("bird", "go", "stop")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return recordings of words, and a stream of ten seconds and one of four, without times."""
    for word in KNOWN:
        (tmp_path / word).mkdir()
        (tmp_path / word / "1.wav").write_bytes(wav_bytes(loud()))
    (tmp_path / "_stream").mkdir()
    write(tmp_path, "a", 10)
    write(tmp_path, "b", 4)
    return tmp_path


def write(folder: Path, name: str, seconds: int, times: str | None = None) -> None:
    samples = np.arange(seconds * 16_000) % 999
    (folder / "_stream" / f"{name}.wav").write_bytes(
        riff_bytes(samples.astype("<i2").tobytes(), sample_bytes=2)
    )
    if times is not None:
        (folder / "_stream" / f"{name}.csv").write_text(times)


def scene(folder: Path, task: tuple[str, ...] = GO_STOP) -> Scene:
    return Scene(Recorded(Folder(folder).streams, task=task, known=KNOWN))


def found(*detections: tuple[float, str]) -> Found:
    ends: npt.NDArray[np.intp] = np.array([round(16_000 * at_s) for at_s, _ in detections], np.intp)
    return Found(ends, tuple(word for _, word in detections))


def test_a_folder_of_streams_is_no_word_and_cut_into_no_clips(folder: Path) -> None:
    assert Folder(folder).words() == KNOWN
    assert [path.name for path in Folder(folder).streams] == ["a.wav", "b.wav"]
    assert datasets.streams(str(folder)) == Folder(folder).streams


@pytest.mark.parametrize("name", [None, "espeak", "nowhere"])
def test_no_other_data_set_brings_any(name: str | None) -> None:
    assert datasets.streams(name) == ()


def test_recordings_follow_each_other_with_silence_between(folder: Path) -> None:
    played = scene(folder)

    assert played.backgrounds == [Stretch("a.wav", 0, 160_000), Stretch("b.wav", 176_000, 240_000)]
    assert played.keywords == []
    samples = np.concatenate(list(played.blocks()))
    assert samples.size == 160_000 + 64_000 + 2 * CLIP_SAMPLES
    np.testing.assert_array_equal(samples[:160_000], np.arange(160_000) % 999)
    assert not samples[160_000:176_000].any()


def test_words_of_the_task_are_where_the_file_beside_a_recording_says(folder: Path) -> None:
    write(folder, "a", 10, "start_s,end_s,word\n1,1.5,go\n3,3.25,bird\n8.5,9,stop\n")
    write(folder, "b", 4, "0.5,1,stop\n")

    played = scene(folder)

    assert played.keywords == [
        Keyword("go", 16_000, 24_000),
        Keyword("stop", 136_000, 144_000),
        Keyword("stop", 184_000, 192_000),
    ]


def test_a_detection_of_a_word_is_no_false_accept_and_any_other_is(folder: Path) -> None:
    write(folder, "a", 10, "1,1.5,go\n8.5,9,stop\n")

    outcome = judged(scene(folder), found((2, "go"), (5, "go"), (9, "go"), (13, "stop")))

    assert outcome.false_accepts == {"a.wav": 2, "b.wav": 1}
    assert outcome.delays_s == (0.5,)
    assert outcome.missed == 1


def test_a_stream_of_less_than_a_second_is_refused(folder: Path) -> None:
    (folder / "_stream" / "b.wav").write_bytes(wav_bytes(loud()[:8_000]))

    fault = r"b\.wav lasts 0\.5 s, and a stream a second or more; move it to the folder of its word"
    with pytest.raises(DatasetError, match=fault):
        scene(folder)


def test_a_data_set_with_streams_is_judged_on_those(folder: Path) -> None:
    source = Folder(folder)

    playback = Speech(source, recordings=source.streams).stream(GO_STOP)

    assert list(playback.scene.background_s) == ["a.wav", "b.wav"]


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        ("1,2,go\n1.5,3,stop\n", "stop begins at 1.50 s, before go ends; sort the lines by time"),
        ("5,6,go\n1,2,stop\n", "stop begins at 1.00 s, before go ends; sort the lines by time"),
        ("9,12,go\n", "go ends at 12.00 s, after the 10.00 s of a.wav; correct its times"),
        ("2,1,go\n", "go is said from 2.0 to 1.0 s; let it end after it begins"),
        ("-1,1,go\n", "go is said from -1.0 to 1.0 s; let it end after it begins"),
        ("1,2,cat\n", "there is no folder for the word 'cat'; it has bird, go, stop"),
        ("one,2,go\n", "the line 'one,2,go' is not start_s,end_s,word; correct it"),
        ("1,2\n", "the line '1,2' is not start_s,end_s,word; correct it"),
        ("inf,2,go\n", "the line 'inf,2,go' is not start_s,end_s,word; correct it"),
    ],
)
def test_times_that_cannot_be_are_refused(folder: Path, times: str, fault: str) -> None:
    write(folder, "a", 10, times)

    with pytest.raises(DatasetError, match=rf"a\.csv: {re.escape(fault)}"):
        scene(folder)


def test_times_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "_stream" / "a.csv").write_bytes(b"\xff\xfe1")

    with pytest.raises(DatasetError, match=r"a\.csv cannot be read .*; write lines of start_s,end"):
        scene(folder)


def test_a_recording_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "_stream" / "a.wav").write_bytes(b"RIFF")

    with pytest.raises(DatasetError, match=r"^a stream of the data set cannot be used: .*a\.wav"):
        scene(folder)
