import errno
import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ResultsError
from harness.files import (
    locked,
    locked_folder,
    require_writable,
    write_bytes,
    write_json,
    write_text,
)


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "results" / "raspberry-pi-4" / "report.md"

    write_text(path, "7.7 µs\n")

    assert path.read_bytes() == b"7.7 \xc2\xb5s\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    write_bytes(path, b"old, and longer")

    write_bytes(path, b"new")

    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_failed_write_leaves_the_old_file_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")
    monkeypatch.setattr(Path, step, no_room)

    cure = "make room or choose another folder"
    message = f"^cannot write {re.escape(str(path))}: No space left on device; {cure}$"
    with pytest.raises(ResultsError, match=message):
        write_bytes(path, b"new")

    assert [found.name for found in tmp_path.iterdir()] == ["report.md"]
    assert path.read_text() == "old"


def test_looking_whether_files_can_be_written_leaves_none_and_shares_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rival(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Path, "unlink", rival)

    require_writable(tmp_path / "results")

    assert list((tmp_path / "results").iterdir()) == []


def test_one_process_at_a_time_holds_a_folder(tmp_path: Path) -> None:
    order = []

    def hold() -> None:
        with locked_folder(tmp_path):
            order.append("second")

    with locked_folder(tmp_path):
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_where_a_folder_cannot_be_held_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr("fcntl.flock", refuse)

    with locked_folder(tmp_path):
        assert tmp_path.exists()


def test_a_folder_that_takes_no_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file where the folder should be")

    message = r"^cannot write .*results.*: .+; make room or choose another folder$"
    with pytest.raises(ResultsError, match=message):
        require_writable(tmp_path / "results" / "raspberry-pi-4")


def test_a_folder_that_takes_files_is_made_and_left_empty(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "results"

    require_writable(folder)

    assert list(folder.iterdir()) == []


def test_json_keeps_innermost_lists_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "record.json"

    write_json(path, {"counts": [[1, 2], [3, 4]], "word": "über"})

    expected = '{\n "counts": [\n  [ 1, 2 ],\n  [ 3, 4 ]\n ],\n "word": "über"\n}\n'
    assert path.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"list": [], "nested": [{"a": [1.5, None, True]}]},
        {"text": "a [bracketed] word", "open": "[", "list": [1, 2], "close": "]"},
        {"text": "two  blanks in [a  bracket]"},
        {"names": ["two  blanks in a list"]},
        {"names": ["caf\udce9.wav"]},
    ],
    ids=["empty", "nested", "brackets", "blanks", "blanks in a list", "a name that is no text"],
)
def test_json_is_read_back_as_it_was_written(tmp_path: Path, value: dict[str, Any]) -> None:
    path = tmp_path / "record.json"

    write_json(path, value)

    assert json.loads(path.read_text(encoding="utf-8")) == value


def test_a_value_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "record.json", {"p50": float("nan")})

    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_waited_for_and_the_wait_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "words.lock"
    order = []

    def second() -> None:
        with locked(path):
            order.append("second")

    waiting = threading.Thread(target=second)
    with locked(path):
        waiting.start()
        while not (output := capsys.readouterr().err) and waiting.is_alive():
            time.sleep(0.01)
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]
    assert output + capsys.readouterr().err == f"waiting for another process that holds {path}\n"


def test_a_free_lock_is_taken_silently(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        with locked(tmp_path / "words.lock"):
            assert capsys.readouterr().err == ""


def test_a_lock_that_is_not_waited_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.lock"
    with locked(path), pytest.raises(BlockingIOError), locked(path, wait=False):
        pass

    with locked(path, wait=False):
        assert path.exists()
