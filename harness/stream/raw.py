"""Raw 16 kHz mono int16 samples from standard input."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from harness.errors import SourceError
from harness.stream.pcm import WANTED, Converter, Samples

_BLOCK_BYTES: Final = 8_192


class RawInput:
    """
    Raw samples from a pipe, little-endian, as blocks of whatever has arrived.

    Args:
        file: Standard input, None if it is closed.

    Raises:
        SourceError: If standard input is closed or a terminal.

    """

    live = False
    overruns = 0
    name = "standard input"

    def __init__(self, file: BinaryIO | None) -> None:
        if file is None or file.isatty():
            fault = "closed" if file is None else "a terminal"
            msg = f"standard input is {fault}; pipe 16 kHz mono 16-bit samples to it"
            raise SourceError(msg)
        self._file = file

    def __iter__(self) -> Iterator[Samples]:
        """
        Yield all samples.

        Raises:
            SourceError: If there are none, they begin like a WAV file, or the last one is
                incomplete; the samples before were yielded.

        """
        convert = Converter(WANTED, self.name)
        samples, half = 0, b""
        while data := self._file.read1(_BLOCK_BYTES):  # type: ignore[attr-defined]
            if not samples and data.startswith(b"RIFF"):
                msg = "standard input is a WAV file, expected raw samples; use --file F.wav"
                raise SourceError(msg)
            data = half + data
            whole = len(data) // 2 * 2
            half = data[whole:]
            samples += whole // 2
            yield convert(data[:whole])
        if half:
            msg = (
                f"standard input ends in mid-sample, one byte after {samples:,} samples; "
                f"send 16 kHz mono 16-bit samples"
            )
            raise SourceError(msg)
        if not samples:
            msg = (
                "standard input holds no samples (tox closes it); pipe 16 kHz mono 16-bit "
                "samples to: python -m harness.stream NAME --file -"
            )
            raise SourceError(msg)

    def close(self) -> None:
        """Leave standard input open, as it was found."""
