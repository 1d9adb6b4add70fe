"""
Facts about the board, one function or line for each.

Everything is read through a :class:`Machine`, so that a test can use files and
answers captured on another board.
"""

import os
import platform
import re
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Final

from harness.measure.identity import hashed_identity
from harness.measure.machine import Machine
from harness.record.schema import Fact
from harness.text import slug

_ARM_PARTS: Final = {
    "0xd03": "Cortex-A53",
    "0xd04": "Cortex-A35",
    "0xd05": "Cortex-A55",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
}
"""CPU part numbers of small boards, from Arm's technical reference manuals (MIDR_EL1)."""

_THROTTLED_NOW: Final = 0b1111
"""Bits of what holds: under-voltage, capped frequency, throttling, soft temperature limit."""

_THROTTLED_ONCE: Final = _THROTTLED_NOW << 16
"""Bits of the same four, set once they have held since the board was started."""


def facts(machine: Machine) -> dict[str, Fact]:
    """Return the facts that stay the same during a run."""
    return {name: _reported(read, machine) for name, read in _FACTS.items()}


def readings(machine: Machine) -> dict[str, Fact]:
    """Return the facts that may change from one window to the next."""
    return {name: _reported(read, machine) for name, read in _READINGS.items()}


def _reported(read: Callable[[Machine], Fact], machine: Machine) -> Fact:
    """Return one fact; None if the machine reports it in an unknown form."""
    try:
        return read(machine)
    except ValueError:
        return None


def throttled(bits: Fact, before: Fact) -> bool:
    """
    Whether a Pi is throttled now, or was between two reports of its firmware.

    A reason that *before* already holds is not reset, so it can be noticed again only
    while it lasts.

    Args:
        bits: What the firmware reports now, such as ``0x50005``.
        before: What it reported earlier; anything but a string if it reported nothing.

    """
    if not isinstance(bits, str):
        return False
    already = int(before, 16) if isinstance(before, str) else _THROTTLED_ONCE
    return bool(int(bits, 16) & (_THROTTLED_NOW | _THROTTLED_ONCE & ~already))


def _name(machine: Machine) -> str:
    model = _model(machine)
    if model is not None:
        return slug(model)
    virtual = "-virtual-machine" if _virtual(machine) else ""
    return slug(f"{_cpu(machine)} {_cores(machine)} cores") + virtual


def _model(machine: Machine) -> str | None:
    return machine.read("proc/device-tree/model") or _cpuinfo(machine, "Model")


def _cpu(machine: Machine) -> str:
    named = _cpuinfo(machine, "model name")
    part = _ARM_PARTS.get(_cpuinfo(machine, "CPU part") or "")
    return named or part or platform.machine()


def _cpuinfo(machine: Machine, key: str) -> str | None:
    found = re.search(rf"^{key}\s*: (.+)$", machine.read("proc/cpuinfo") or "", re.MULTILINE)
    return found[1].strip() if found else None


def _cores(machine: Machine) -> int:
    listed = re.findall(r"^processor\s*:", machine.read("proc/cpuinfo") or "", re.MULTILINE)
    return len(listed) or os.cpu_count() or 1


def _virtual(machine: Machine) -> bool:
    return "hypervisor" in (_cpuinfo(machine, "flags") or "").split()


def _memory_mib(machine: Machine) -> int | None:
    found = re.search(r"^MemTotal:\s*(\d+) kB", machine.read("proc/meminfo") or "", re.MULTILINE)
    return int(found[1]) // 1024 if found else None


def _os(machine: Machine) -> str | None:
    found = re.search(
        r'^PRETTY_NAME="?([^"\n]+)', machine.read("etc/os-release") or "", re.MULTILINE
    )
    return found[1] if found else None


def _governor(machine: Machine) -> str | None:
    return _cpufreq(machine, "scaling_governor")


def _cpufreq(machine: Machine, name: str) -> str | None:
    return machine.read(f"sys/devices/system/cpu/cpu{machine.core}/cpufreq/{name}")


def _throttled(machine: Machine) -> str | None:
    """Return the firmware's throttling bits, ``0x0`` if all is well; a Pi's sysfs lacks them."""
    return _after_equals(machine.run("vcgencmd", "get_throttled"))


def _clock_mhz(machine: Machine) -> float | None:
    """Return the measured clock in MHz, or if there is none that which the governor requests."""
    hertz = _after_equals(machine.run("vcgencmd", "measure_clock", "arm"))
    if hertz is not None:
        return int(hertz) / 1e6
    listed = re.search(
        rf"^processor\s*: {machine.core}(?:\n.+)*\ncpu MHz\s*: (.+)$",
        machine.read("proc/cpuinfo") or "",
        re.MULTILINE,
    )
    if listed is not None:
        return float(listed[1])
    kilohertz = _cpufreq(machine, "scaling_cur_freq")
    return int(kilohertz) / 1e3 if kilohertz else None


def _temperature_c(machine: Machine) -> float | None:
    text = machine.read("sys/class/thermal/thermal_zone0/temp")
    return int(text) / 1_000 if text else None


def _load_1min(machine: Machine) -> float | None:
    text = machine.read("proc/loadavg")
    return float(text.partition(" ")[0]) if text else None


def _busy_s(machine: Machine) -> float | None:
    """Return the seconds since boot that all cores together were busy or used by other guests."""
    found = re.search(r"^cpu +(.+)$", machine.read("proc/stat") or "", re.MULTILINE)
    if found is None:
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, found[1].split()[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _after_equals(text: str | None) -> str | None:
    """Return the number of ``name=number``; None for errors, which vcgencmd prints alike."""
    found = re.search(r"=(0x[0-9a-f]+|\d+)$", text or "")
    return found[1] if found else None


def _version(package: str) -> Callable[[Machine], Fact]:
    return lambda _: metadata.version(package)


_FACTS: Final[Mapping[str, Callable[[Machine], Fact]]] = {
    "name": _name,
    "machine": lambda machine: hashed_identity(machine, _model(machine)),
    "model": _model,
    "cpu": _cpu,
    "architecture": lambda _: platform.machine(),
    "cores": _cores,
    "virtual": _virtual,
    "memory_mib": _memory_mib,
    "os": _os,
    "kernel": lambda _: platform.release(),
    "python": lambda _: platform.python_version(),
    "litert": _version("ai-edge-litert"),
    "numpy": _version("numpy"),
    "scipy": _version("scipy"),
    "pytest_benchmark": _version("pytest-benchmark"),
    "pinned_to_core": lambda machine: machine.core,
    "governor": _governor,
    "throttled": _throttled,
}

_READINGS: Final[Mapping[str, Callable[[Machine], Fact]]] = {
    "throttled": _throttled,
    "clock_mhz": _clock_mhz,
    "temperature_c": _temperature_c,
    "load_1min": _load_1min,
    "clock_s": lambda _: round(time.monotonic(), 3),
    "busy_s": _busy_s,
    "own_s": lambda _: round(time.process_time(), 3),
}
