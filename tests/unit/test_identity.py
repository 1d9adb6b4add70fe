from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.measure import board
from harness.measure.identity import hashed_identity
from harness.measure.machine import Machine
from tests.unit.boards import PI_4, PIS, Captured, server_files

SERIAL = "00000000abcdef01"
MACHINE_ID = "0123456789abcdef0123456789abcdef"


def identity(folder: Path, files: Mapping[str, str], model: str = PI_4) -> str:
    return hashed_identity(Captured(folder, files, {}), model)


@pytest.mark.parametrize(
    "files",
    [
        {"proc/device-tree/serial-number": f"{SERIAL}\0"},
        {"proc/cpuinfo": f"Revision\t: c03114\nSerial\t\t: {SERIAL}\n", "etc/machine-id": "0" * 32},
        {"etc/machine-id": f"{MACHINE_ID}\n"},
        {"etc/machine-id": "uninitialized\n", "var/lib/dbus/machine-id": MACHINE_ID},
        {"proc/cpuinfo": "Serial\t\t: 0000000000000000\n", "etc/machine-id": MACHINE_ID},
    ],
    ids=["serial number", "in cpuinfo", "machine-id", "of D-Bus", "a serial of zeros"],
)
def test_a_machine_is_known_by_a_hash_that_shows_nothing_of_its_identity(
    tmp_path: Path, files: dict[str, str]
) -> None:
    found = identity(tmp_path, files)

    # Worked with the scrypt of OpenSSL's command line.
    assert found == ("c40441b0" if SERIAL in str(files) else "bd838f5b")


def test_two_cards_with_one_system_are_two_machines(tmp_path: Path) -> None:
    cloned = {"etc/machine-id": MACHINE_ID}
    serials = ("00000000abcdef01", "00000000abcdef02")

    found = {
        identity(tmp_path / serial, {**cloned, "proc/device-tree/serial-number": serial})
        for serial in serials
    }

    assert len(found) == 2


def test_the_serial_number_of_another_board_is_not_trusted(tmp_path: Path) -> None:
    files = {"proc/device-tree/serial-number": SERIAL, "etc/machine-id": MACHINE_ID}

    assert identity(tmp_path, files, model="Some Pi 3") == "bd838f5b"


def test_machines_that_tell_no_identity_are_told_apart_and_each_known_again(
    tmp_path: Path,
) -> None:
    files = server_files(virtual=True)

    first, second = (identity(tmp_path / name, files) for name in ("first", "second"))

    assert first != second
    assert {len(first), len(second)} == {8}
    assert identity(tmp_path / "first", files) == first


def test_a_machine_that_can_keep_no_number_is_another_in_each_run(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    machine = Captured(tmp_path, server_files(virtual=True), {})

    found = hashed_identity(machine, None)

    assert hashed_identity(machine, None) == found
    assert identity(tmp_path, {}) != found


def test_a_machine_with_an_identity_draws_no_number(tmp_path: Path) -> None:
    identity(tmp_path, PIS[PI_4])

    assert not (tmp_path / "state").exists()


def test_the_number_is_kept_with_the_state_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")

    assert Machine()._number == Path("/somewhere/spotbench/machine-number")


def test_the_hash_is_a_fact_about_the_board(tmp_path: Path) -> None:
    facts = board.facts(Captured(tmp_path, PIS[PI_4], {}))

    assert facts["machine"] == identity(tmp_path, PIS[PI_4])
    assert SERIAL.lstrip("0") not in str(facts)
