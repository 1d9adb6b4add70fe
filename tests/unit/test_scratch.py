"""Folders to write in, and what is left of them."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from harness.scratch import scratch, sweep
from tests.unit.killing import kill_often

WRITING = """
from pathlib import Path
from harness.files import write_text
from harness.scratch import sweep

results = Path(sys.argv[1])
page = results / "board" / "report.md"
left_behind = 0


def work():
    for text in ("old" * 100, "new" * 200):
        write_text(page, text)


def check():
    global left_behind
    left_behind += any(results.glob("*/.writing-*"))
    sweep(results)
    assert [path.name for path in page.parent.iterdir()] in ([page.name], [])
    assert page.read_text() in ("old" * 100, "new" * 200)
    (results / "left_behind").write_text(str(left_behind))
"""


def test_a_folder_is_there_for_a_while(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        assert [folder] == list(tmp_path.iterdir())
        (folder / "file").touch()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_not_swept_away(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        sweep(tmp_path)

        assert folder.is_dir()


def test_a_folder_swept_away_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = tempfile.mkdtemp

    def swept_at_first(**given: Any) -> str:
        made.append(make(**given))
        if len(made) == 1:
            sweep(tmp_path)
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_at_first)

    with scratch(tmp_path) as folder:
        assert [str(path) for path in tmp_path.iterdir()] == made[1:] == [str(folder)]


def test_what_killed_writers_leave_is_swept_away(tmp_path: Path) -> None:
    kill_often(WRITING, tmp_path, kills=40)

    assert int((tmp_path / "left_behind").read_text()) > 0


@pytest.mark.parametrize("place", ["", "board", "board/raw"])
def test_every_folder_that_is_written_to_is_swept_and_no_other(tmp_path: Path, place: str) -> None:
    left, kept = tmp_path / place / ".writing-abc", tmp_path / "board" / "mine" / ".writing-abc"
    for folder in (left, kept):
        folder.mkdir(parents=True)
        (folder / "report.md").touch()

    sweep(tmp_path)

    assert (left.exists(), kept.exists()) == (False, True)
