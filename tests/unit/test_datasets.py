"""Finding a data set by the word given to --dataset."""

import re
from pathlib import Path

import pytest

from harness.datasets import NAMES, arabic, digits, find
from harness.datasets.default import Default
from harness.datasets.folder import Folder
from harness.datasets.mini_speech_commands import MiniSpeechCommands
from harness.errors import DatasetError
from tests.unit.recordings import write_archive

MINI = "mini_speech_commands"
BESIDE = ("spoken_digits", "arabic_speech_commands")
KNOWN = (*NAMES, *BESIDE)


def test_without_a_name_there_is_a_default() -> None:
    assert type(find(None, {})) is Default


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_name_finds_the_data_set_of_that_name(name: str) -> None:
    assert find(name, {}).name == name


def test_data_sets_beside_the_task_are_not_offered_for_measuring() -> None:
    assert NAMES == ("mini_speech_commands", "speech_commands", "espeak")


def test_digits_and_arabic_words_are_found_where_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environ = {"KWS_DATA": str(tmp_path)}
    for source, split, archive in (
        (digits(environ)["people"], "test", "free-spoken-digit-dataset.zip"),
        (arabic(environ), "training", "arabic-speech-commands-dataset.zip"),
    ):
        path = write_archive(tmp_path / archive, {})
        with pytest.raises(DatasetError, match=f"^{re.escape(str(path))} holds nothing"):
            source.load(source.words(split), split)


def test_a_path_finds_a_folder(tmp_path: Path) -> None:
    found = find(str(tmp_path), {})
    assert (type(found), found.name) == (Folder, tmp_path.name)


def test_a_known_name_is_not_taken_for_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / MINI).mkdir()
    monkeypatch.chdir(tmp_path)
    assert type(find(MINI, {})) is MiniSpeechCommands


@pytest.mark.parametrize("name", KNOWN)
def test_a_folder_named_like_a_known_data_set_is_marked_as_a_folder(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    found = find(str(tmp_path / name), {})
    assert (type(found), found.name) == (Folder, f"{name} (folder)")


def test_an_unknown_name_is_refused_and_the_known_ones_are_listed() -> None:
    fault = "unknown data set 'nonsense': neither a folder nor one of mini_speech_commands, "
    with pytest.raises(DatasetError, match=f"^{fault}"):
        find("nonsense", {})


def test_a_file_is_no_data_set(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.zip", {})
    with pytest.raises(DatasetError, match=f"^unknown data set {re.escape(repr(str(path)))}"):
        find(str(path), {})


def test_archives_are_looked_for_where_kws_data_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "archives" / "mini_speech_commands.zip"
    write_archive(path, {"mini_speech_commands/go/a.wav": b""})
    with pytest.raises(DatasetError, match=f"^{re.escape(str(path))} holds 1 recordings of 'go'"):
        find(MINI, {"KWS_DATA": str(path.parent)}).load(("go",), "test")


@pytest.mark.parametrize("name", [None, *KNOWN])
def test_kws_data_that_is_no_folder_is_refused(tmp_path: Path, name: str | None) -> None:
    wrong = tmp_path / "mini_speech_commands.zip"
    wrong.write_bytes(b"the archive, not its folder")
    fault = f"KWS_DATA={wrong} is not a folder; name the one that holds the archives, or unset it"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        find(name, {"KWS_DATA": str(wrong)})


def test_an_empty_kws_data_counts_as_unset() -> None:
    assert type(find(None, {"KWS_DATA": ""})) is Default
