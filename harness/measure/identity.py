"""Which machine this is: a hash of its own identity, and never the identity itself."""

import hashlib
import re
from typing import Final

from harness.measure.machine import Machine

_SALT: Final = b"spotbench machine"
_COST: Final = {"n": 2**14, "r": 8, "p": 1}
"""Cost of one hash, 50 ms on a server: a Pi's serial number has few digits that could be tried."""

_BYTES: Final = 4
"""Length of a hash: enough to tell machines apart, too short to find an identity by."""


def hashed_identity(machine: Machine, model: str | None) -> str:
    """
    Return the hash of a machine's identity, eight hexadecimal digits.

    The identity is a Raspberry Pi's serial number, which stays if its card is replaced, or
    else the number that the system drew when it was installed. Other boards may all bear one
    serial number, and containers often have neither: these draw a number of their own, because
    two of them are two machines and must share no table.

    Args:
        machine: The machine.
        model: Model of the board; None if the board does not report it.

    """
    is_pi = (model or "").startswith("Raspberry Pi")
    told = (_serial_number(machine) if is_pi else None) or _machine_id(machine)
    identity = told or machine.drawn_number
    return hashlib.scrypt(identity.encode(), salt=_SALT, dklen=_BYTES, **_COST).hex()


def _serial_number(machine: Machine) -> str | None:
    listed = re.search(r"^Serial\s*: (\w+)$", machine.read("proc/cpuinfo") or "", re.MULTILINE)
    text = machine.read("proc/device-tree/serial-number") or (listed[1] if listed else "")
    return text if text.strip("0") else None


def _machine_id(machine: Machine) -> str | None:
    for path in ("etc/machine-id", "var/lib/dbus/machine-id"):
        text = machine.read(path) or ""
        if re.fullmatch("[0-9a-f]{32}", text):
            return text
    return None
