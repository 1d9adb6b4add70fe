from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.measure import board
from harness.measure.identity import hashed_identity
from tests.unit.boards import PI_4, PIS, Captured, server_files

SERIAL = "00000000abcdef01"
MACHINE_ID = "0123456789abcdef0123456789abcdef"


def identity(folder: Path, files: Mapping[str, str], model: str = PI_4) -> str | None:
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


def test_a_machine_that_tells_no_identity_has_none(tmp_path: Path) -> None:
    assert identity(tmp_path, server_files(virtual=True)) is None


def test_the_hash_is_a_fact_about_the_board(tmp_path: Path) -> None:
    facts = board.facts(Captured(tmp_path, PIS[PI_4], {}))

    assert facts["machine"] == identity(tmp_path, PIS[PI_4])
    assert SERIAL.lstrip("0") not in str(facts)
