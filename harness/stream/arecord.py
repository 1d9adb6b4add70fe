"""A microphone, through ``arecord`` of ALSA, which Raspberry Pi OS brings along."""

import os
import re
import select
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Event, Thread
from typing import Final

from harness.stream import alsa
from harness.stream.pcm import Converter, Samples

_BLOCK_BYTES: Final = 1 << 16
_PERIOD_US: Final = 50_000
"""Time from one delivery of a device to the next, in microseconds: half of a usual hop."""

_SETUP_S: Final = 1.0
_ENDING_S: Final = 2.0
_LINES_KEPT: Final = 50


class Arecord:
    """
    What a device of ALSA records, as blocks of 16 kHz mono int16.

    Args:
        device: Name of the device for ``arecord -D``.

    Attributes:
        overruns: How often the device lost audio because nobody fetched it in time.

    Raises:
        SourceError: If there is no ``arecord``, or the device cannot record.

    """

    live = True

    def __init__(self, device: str) -> None:
        self.name = f"device {device!r}"
        self.overruns = 0
        self._device = device
        self._layout = alsa.layout_of(device)
        self._told: deque[str] = deque(maxlen=_LINES_KEPT)
        self._set_up = Event()
        self._process = subprocess.Popen(
            self._command(),
            env=alsa.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for us, who then end it
        )
        self._reader = Thread(target=self._read_told, daemon=True)
        self._reader.start()

    def _command(self) -> list[str]:
        layout = self._layout
        wanted = ["-f", layout.encoding, "-c", str(layout.channels), "-r", str(layout.rate_hz)]
        period = f"--period-time={_PERIOD_US}"
        return ["arecord", "-D", self._device, "-v", *wanted, period, "-t", "raw"]

    def __iter__(self) -> Iterator[Samples]:
        """
        Yield what is recorded, as it comes, until the device ends.

        Raises:
            SourceError: If the device fails or delivers nothing for ten seconds.

        """
        data = self._read()
        self._set_up.wait(_SETUP_S)  # told before the first sample
        convert, size = Converter(self._layout, self.name), self._layout.frame_bytes
        part = b""
        while data:
            data = part + data
            whole = len(data) // size * size
            part = data[whole:]
            yield convert(data[:whole])
            data = self._read()
        yield convert(b"", last=True)
        self._reader.join(_ENDING_S)
        if self._process.wait():
            raise alsa.fault(self._device, "\n".join(self._told))

    def _read(self) -> bytes:
        """Return what was recorded since, empty at the end."""
        stdout = self._process.stdout
        if stdout is None:
            raise AssertionError  # it is a pipe
        if not select.select([stdout], [], [], alsa.ANSWER_S)[0]:
            raise alsa.silent(self._device)
        return os.read(stdout.fileno(), _BLOCK_BYTES)

    def _read_told(self) -> None:
        """Note what ``arecord`` tells: its faults, its overruns, and the rate it got."""
        for line in self._process.stderr or ():
            text = line.decode(errors="replace").rstrip()
            self._told.append(text)
            self.overruns += text.startswith("overrun!!!")
            got = re.match(r" *rate +: (\d+)$", text)
            if got and not self._set_up.is_set():
                # A card may do some rates between its lowest and its highest only, and then
                # takes the one next to what was wanted.
                self._layout = replace(self._layout, rate_hz=int(got[1]))
                self._set_up.set()
        self._set_up.set()

    def close(self) -> None:
        """End ``arecord``."""
        if self._process.stdout:
            self._process.stdout.close()  # it may be waiting for us to read on
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING_S)
        self._process.kill()
        self._process.wait()
        self._reader.join(_ENDING_S)
        if self._process.stderr:
            self._process.stderr.close()
