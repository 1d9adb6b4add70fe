"""Where audio comes from: a microphone, a WAV file, or a pipe."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from harness.stream.arecord import Arecord
from harness.stream.pcm import Samples
from harness.stream.raw import RawInput
from harness.stream.wav import WavFile


class Source(Protocol):
    """
    Blocks of 16 kHz mono int16, each of any length.

    Attributes:
        name: What errors call it.
        live: Whether it is a microphone, which may be silent because of its gain.
        overruns: How often audio was lost.

    """

    name: str
    live: bool
    overruns: int

    def __iter__(self) -> Iterator[Samples]:
        """Yield what there is, as it comes; raises SourceError after the last good sample."""
        ...

    def close(self) -> None:
        """Let go of the device or file."""
        ...


def open_source(file: str | None, device: str) -> Source:
    """
    Open a file if one is named, else a device.

    Args:
        file: Path of a WAV file, or ``-`` for raw samples from standard input.
        device: Name of a capture device of ALSA.

    Raises:
        SourceError: If the file or the device cannot be listened to.

    """
    if file is None:
        return Arecord(device)
    if file == "-":
        return RawInput(sys.stdin.buffer if sys.stdin else None)
    return WavFile(Path(file))
