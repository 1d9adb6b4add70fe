"""A WAV file of any rate, channels and length, read block by block."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from harness.errors import SourceError
from harness.stream.pcm import Converter, Samples
from harness.stream.riff import Header, read_header

_BLOCKS_PER_S: Final = 4


class WavFile:
    """
    The samples of a WAV file as blocks of 16 kHz mono int16.

    Of a truncated file all that is there is listened to before the error, because
    those who have one want to know what it still holds.

    Args:
        path: The file.

    Raises:
        SourceError: If the file cannot be read, is no WAV file or holds no samples.

    """

    live = False
    overruns = 0

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            msg = f"{path} cannot be read ({error.strerror}); name a WAV file"
            raise SourceError(msg) from error
        try:
            self._header: Header = read_header(self._file, self.name)
        except BaseException:
            self._file.close()
            raise

    def __iter__(self) -> Iterator[Samples]:
        """
        Yield all samples, a quarter of a second at a time.

        Raises:
            SourceError: If the file is shorter than its header says, or a sample is not a
                finite number; the samples before were yielded.

        """
        layout, data_bytes = self._header
        convert = Converter(layout, self.name)
        block_bytes = max(layout.rate_hz // _BLOCKS_PER_S, 1) * layout.frame_bytes
        done = 0
        while data := self._file.read(_least(block_bytes, data_bytes, done)):
            whole = len(data) // layout.frame_bytes * layout.frame_bytes
            yield convert(data[:whole])
            done += len(data)
        yield convert(b"", last=True)
        if data_bytes is not None and done < data_bytes:
            per_s = layout.frame_bytes * layout.rate_hz
            found = f"{done / per_s:.2f} of {data_bytes / per_s:.2f} s are there"
            msg = f"{self.name} is truncated: {found}; copy it again from its source"
            raise SourceError(msg)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _least(block_bytes: int, data_bytes: int | None, done: int) -> int:
    return block_bytes if data_bytes is None else min(block_bytes, data_bytes - done)
