"""A folder of results holds the records of one machine."""

from pathlib import Path
from typing import Any

import pytest

from harness.record import store
from harness.record.machines import board_folder, machine_of
from tests.unit.records import record, row

KIND = "raspberry-pi-4"


def keep(results: Path, name: str, **machine: str | None) -> None:
    kept = record(row("small"))
    kept["board"] |= machine
    store.write(kept, results / KIND / "raw", name)


def folder(results: Path, machine: str | None, *, publish: bool = False) -> str:
    board = {"name": KIND, "machine": machine}
    return str(board_folder(results, board, publish=publish).relative_to(results))


@pytest.mark.parametrize("publish", [False, True])
def test_the_first_machine_of_a_kind_has_the_folder_of_that_kind(
    tmp_path: Path,
    publish: bool,  # noqa: FBT001
) -> None:
    assert folder(tmp_path, "aaaaaaaa", publish=publish) == KIND

    keep(tmp_path, "1", machine="aaaaaaaa")

    assert folder(tmp_path, "aaaaaaaa", publish=publish) == KIND
    assert folder(tmp_path, "bbbbbbbb", publish=publish) == f"{KIND}-bbbbbbbb"
    assert folder(tmp_path, None, publish=publish) == f"{KIND}-unknown"


def test_records_that_name_no_machine_are_kept_apart_unless_the_user_says_so(
    tmp_path: Path,
) -> None:
    keep(tmp_path, "1")

    assert folder(tmp_path, "aaaaaaaa") == f"{KIND}-aaaaaaaa"
    assert folder(tmp_path, "aaaaaaaa", publish=True) == KIND


def test_a_folder_taken_over_stays_with_the_machine_that_took_it(tmp_path: Path) -> None:
    keep(tmp_path, "2")
    keep(tmp_path, "1", machine="aaaaaaaa")

    assert folder(tmp_path, "aaaaaaaa") == KIND
    assert folder(tmp_path, "bbbbbbbb", publish=True) == f"{KIND}-bbbbbbbb"


def test_a_machine_that_tells_no_identity_keeps_to_its_own_folder(tmp_path: Path) -> None:
    keep(tmp_path, "1", machine=None)

    assert folder(tmp_path, None) == KIND
    assert folder(tmp_path, "aaaaaaaa", publish=True) == f"{KIND}-aaaaaaaa"


def test_a_record_that_cannot_be_read_names_no_machine(tmp_path: Path) -> None:
    keep(tmp_path, "1", machine="aaaaaaaa")
    (tmp_path / KIND / "raw" / "2.json").write_text("{")

    assert folder(tmp_path, "aaaaaaaa") == KIND
    assert folder(tmp_path, "bbbbbbbb", publish=True) == f"{KIND}-bbbbbbbb"


@pytest.mark.parametrize(
    ("board", "expected"), [({}, ""), ({"machine": None}, "unknown"), ({"machine": "a"}, "a")]
)
def test_an_older_record_names_no_machine(board: dict[str, Any], expected: str) -> None:
    assert machine_of(board) == expected
