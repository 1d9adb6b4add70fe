"""A folder of one's own recordings as a data set."""

import os
import re
from pathlib import Path

import pytest

from harness.datasets.folder import Folder
from harness.errors import AudioError, DatasetError, NoRecordingsError
from tests.unit.recordings import wav_bytes, write_folder

FILES = {
    "go/b.wav": wav_bytes([2]),
    "go/a.WAV": wav_bytes([1]),
    "stop/a.wav": wav_bytes([3]),
    "yes/a.wav": wav_bytes([4]),
    "yes/b.wav": wav_bytes([5]),
}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "mine", FILES)


def test_a_folder_is_named_by_its_own_name(mine: Path) -> None:
    assert Folder(mine).name == "mine"


def test_a_relative_path_has_a_name_too(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mine)
    assert Folder(Path()).name == "mine"


def test_its_words_are_its_folders(mine: Path) -> None:
    (mine / "README.md").write_text("not a word")
    assert Folder(mine).words() == ("go", "stop", "yes")


def test_every_clip_of_the_words_is_read(mine: Path) -> None:
    dataset = Folder(mine).load(("stop", "go"))
    assert dataset.keys == ("go/a.WAV", "go/b.wav", "stop/a.wav")
    assert dataset.clips[:, 0].tolist() == [1, 2, 3]


def test_all_recordings_are_the_test_split(mine: Path) -> None:
    assert Folder(mine).load(("go",)).split == "test"


def test_folders_without_recordings_are_no_words(mine: Path) -> None:
    (mine / "notes").mkdir()
    assert Folder(mine).words() == ("go", "stop", "yes")


def test_names_that_are_not_utf_8_are_written_as_escapes(mine: Path) -> None:
    for name in (b"go/caf\xe9.wav", b"caf\xe9/a\nb.wav"):
        path = Path(os.fsdecode(os.fsencode(mine) + b"/" + name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wav_bytes([9]))

    assert Folder(mine).words() == (r"caf\udce9", "go", "stop", "yes")
    dataset = Folder(mine).load(("go", r"caf\udce9"))
    assert dataset.keys == (r"caf\udce9/a\nb.wav", "go/a.WAV", "go/b.wav", r"go/caf\udce9.wav")
    assert dataset.digest.startswith("sha256:")


def test_the_name_of_a_folder_is_printable(tmp_path: Path) -> None:
    assert Folder(tmp_path / "my\x1b[31m\nvoice").name == r"my\x1b[31m\nvoice"


def test_hidden_files_and_folders_are_skipped(mine: Path) -> None:
    hidden = {"go/._a.wav": b"of macOS", ".trash/a.wav": b"thrown away"}
    write_folder(mine, hidden)
    assert Folder(mine).words() == ("go", "stop", "yes")
    assert Folder(mine).load(("go",)).keys == ("go/a.WAV", "go/b.wav")


@pytest.mark.parametrize("split", ["training", "validation"])
def test_a_folder_has_no_training_split(mine: Path, split: str) -> None:
    fault = f"folder {mine} has a test split only, not '{split}': all of it is for testing"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        Folder(mine).load(("go",), split)


def test_missing_words_are_refused_and_the_known_ones_are_listed(mine: Path) -> None:
    fault = (
        f"folder {mine} has no WAV file for left or right: found go, stop, yes; "
        f"lay it out as <word>/*.wav, each word spelt as its label"
    )
    with pytest.raises(NoRecordingsError, match=f"^{re.escape(fault)}$"):
        Folder(mine).load(("left", "right"))


def test_a_task_with_a_missing_word_is_refused(mine: Path) -> None:
    (mine / "go").rename(mine / "Go")
    with pytest.raises(NoRecordingsError, match="has no WAV file for go: found Go, stop, yes; lay"):
        Folder(mine).load(("go", "stop"))


def test_recordings_without_word_folders_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, {"go.wav": wav_bytes()})
    fault = "has no WAV file for go: found no word folders; lay it out as <word>/"
    with pytest.raises(NoRecordingsError, match=fault):
        Folder(tmp_path).load(("go",))


def test_a_word_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, {"go/a.mp3": b""})
    with pytest.raises(NoRecordingsError, match="has no WAV file for go: found go; lay it out as"):
        Folder(tmp_path).load(("go",))


def test_a_folder_that_was_removed_is_refused(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    fault = f"folder {gone} cannot be read: No such file or directory; check the path"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        Folder(gone).load(("go",))


def test_a_broken_recording_is_refused_not_left_out(mine: Path) -> None:
    (mine / "go" / "c.wav").write_bytes(b"")
    with pytest.raises(AudioError, match=r"^go/c\.wav is not a PCM WAV file"):
        Folder(mine).load(("go",))


def test_a_recording_that_cannot_be_read_is_refused_by_name(mine: Path) -> None:
    (mine / "go" / "c.wav").symlink_to(mine / "gone.wav")
    with pytest.raises(DatasetError, match=r"go/c\.wav"):
        Folder(mine).load(("go",))


def test_a_long_recording_of_no_word_is_cut_into_seconds(tmp_path: Path) -> None:
    noise = [number // 16_000 for number in range(40_000)]
    write_folder(
        tmp_path, {"_noise_/hum.wav": wav_bytes(noise), "_noise_/tick.wav": wav_bytes([7])}
    )
    dataset = Folder(tmp_path).load(("_noise_",))
    assert dataset.keys == (
        "_noise_/hum.wav@0s",
        "_noise_/hum.wav@1s",
        "_noise_/tick.wav",
    )
    assert [clip[0] for clip in dataset.clips] == [0, 1, 7]
    assert [clip[-1] for clip in dataset.clips] == [0, 1, 0]
    assert dataset.words == ("_noise_",) * 3


def test_a_long_recording_of_a_word_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, {"go/a.wav": wav_bytes([1] * 16_001)})
    with pytest.raises(AudioError, match=r"^go/a\.wav holds 16001 samples, more than one second"):
        Folder(tmp_path).load(("go",))
