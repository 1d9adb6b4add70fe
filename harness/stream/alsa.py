"""What a capture device of ALSA can do, and what its faults mean, told by ``arecord``."""

import os
import re
import subprocess
from typing import Final

from harness.audio import SAMPLE_RATE_HZ
from harness.errors import SourceError
from harness.stream.pcm import ENCODINGS, Layout

ANSWER_S: Final = 10
"""Longest time, in seconds, that a device takes to answer or to deliver sound."""

_RATES_HZ: Final = (SAMPLE_RATE_HZ, 48_000, 32_000, 96_000, 44_100)
_LARGEST: Final = 2**32 - 1

_NO_DEVICE: Final = (
    "see what there is with: arecord -l, and choose with --device plughw:CARD,DEVICE; "
    "if it lists nothing, plug a microphone in or join the group: sudo usermod -aG audio $USER"
)
_NO_SERVER: Final = (
    "start PipeWire or PulseAudio, set XDG_RUNTIME_DIR as in the user's own session, or go "
    "past it with --device plughw:CARD,DEVICE (see: arecord -l)"
)
_FAULTS: Final = {
    "No such file or directory": ("is not there", _NO_DEVICE),
    "No such device": ("is not there", _NO_DEVICE),
    "Device or resource busy": (
        "is busy",
        "end the program that records from it (see: fuser -v /dev/snd/*) or use another --device",
    ),
    "Permission denied": (
        "may not be used",
        "join the group and log in again: sudo usermod -aG audio $USER",
    ),
    "Connection refused": ("has no sound server", _NO_SERVER),
    "Host is down": ("has no sound server", _NO_SERVER),
    "Input/output error": (
        "delivers no sound",
        "check that the microphone is connected and configured: arecord -l",
    ),
    "Invalid argument": (
        "refuses to record",
        "it may only play; see what records with: arecord -l, and use --device plughw:CARD,DEVICE",
    ),
}
"""By the reason that ``arecord`` gives: fault and cure."""

_GONE: Final = frozenset({"No such device", "File descriptor in bad state"})
"""Reasons for which a read fails after a microphone was unplugged."""


def environ() -> dict[str, str]:
    """Return the variables of ``arecord``, whose words must not be translated."""
    return {**os.environ, "LC_ALL": "C"}


def silent(device: str) -> SourceError:
    """Return the error of a device that neither answers nor delivers sound."""
    msg = (
        f"device {device!r} delivers nothing for {ANSWER_S} s; check that the microphone is "
        f"connected, or use another --device (see: arecord -l)"
    )
    return SourceError(msg)


def fault(device: str, told: str) -> SourceError:
    """
    Return the error for what ``arecord`` told on its standard error.

    Args:
        device: Name of the device.
        told: What it told.

    """
    lines = [line for line in told.splitlines() if line.startswith("arecord: ")]
    last = (lines or told.splitlines() or ["arecord ended without a word"])[-1]
    reason = last.rpartition(": ")[2]
    what, cure = _FAULTS.get(reason, ("cannot be recorded", _otherwise(device)))
    if "read error" in last and reason in _GONE:
        what, cure = "is gone", "plug the microphone in again and start once more"
    return SourceError(f"device {device!r} {what} ({last}); {cure}")


def _otherwise(device: str) -> str:
    return f"try: arecord -D {device} -d 3 test.wav, or use another --device (see: arecord -l)"


def layout_of(device: str) -> Layout:
    """
    Ask a device what it can do; return the layout to record with.

    It is 16 kHz mono int16 if the device does that, else as near as it comes.

    Raises:
        SourceError: If there is no ``arecord``, or the device cannot be opened or does
            nothing that can be used.

    """
    command = ["arecord", "-D", device, "--dump-hw-params", "-s", "1", "-t", "raw"]
    try:
        done = subprocess.run(
            command,
            env=environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=ANSWER_S,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        msg = "there is no arecord on this machine; sudo apt install alsa-utils"
        raise SourceError(msg) from error
    except subprocess.TimeoutExpired as error:
        raise silent(device) from error
    # What it told counts, not its status: it goes on to record in a format few cards do.
    return choose(device, done.stderr)


def choose(device: str, told: str) -> Layout:
    """
    Return the layout to record with, by what ``--dump-hw-params`` told.

    Raises:
        SourceError: If the device was not opened, or does nothing that can be used.

    """
    found = dict(re.findall(r"^(FORMAT|CHANNELS|RATE): +(.+)$", told, re.MULTILINE))
    if not found:
        raise fault(device, told)
    encoding = next((name for name in ENCODINGS if name in found["FORMAT"].split()), None)
    if encoding is None:
        msg = (
            f"device {device!r} records {found['FORMAT']}, expected one of "
            f"{', '.join(ENCODINGS)}; use --device plughw:CARD,DEVICE, which converts"
        )
        raise SourceError(msg)
    fewest, _ = _interval(found["CHANNELS"])
    slowest, fastest = _interval(found["RATE"])
    nearest = min(max(SAMPLE_RATE_HZ, slowest), fastest)
    rate_hz = next((rate for rate in _RATES_HZ if slowest <= rate <= fastest), nearest)
    return Layout(encoding=encoding, channels=max(fewest, 1), rate_hz=rate_hz)


def _interval(text: str) -> tuple[int, int]:
    """``[8000 48000]``, ``(1 2]`` or ``16000`` -> lowest and highest value."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    return (numbers[0], numbers[-1]) if numbers else (0, _LARGEST)
