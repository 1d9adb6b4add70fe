"""
The chunks of a WAV file, and what its format means.

The standard library's ``wave`` reads the first data chunk alone, takes 9 to 15 bits for 16,
and accepts files of the extensible format from Python 3.12 on.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

PCM: Final = 1
"""Number of the format of plain samples."""

UNKNOWN_BYTES: Final = 0x7FFF_0000
"""
Smallest size of a data chunk that stands for "to the end of the file".

What writes to a pipe cannot know the size, and leaves 0xFFFFFFFF there or about 2 GiB.
"""

_RIFF_BYTES: Final = 12
_EXTENSIBLE: Final = 0xFFFE
_FORMAT: Final = struct.Struct("<HHIIHH")
_EXTENSION: Final = struct.Struct("<HHIH")
"""Its size, valid bits per sample, loudspeakers, and the format that is extended."""


class Format(NamedTuple):
    """
    What a format chunk says of the samples.

    Attributes:
        code: Number of the format: PCM, or another one.
        channels: Number of channels.
        rate_hz: Samples per second.
        frame_bytes: Bytes of one sample of each channel.
        bits: Bits of a sample that count.

    """

    code: int
    channels: int
    rate_hz: int
    frame_bytes: int
    bits: int


class Wav(NamedTuple):
    """
    The contents of a WAV file.

    Attributes:
        channels: Number of channels.
        bits: Bits per sample.
        rate_hz: Samples per second.
        expected_bytes: Size of the samples by the header, in bytes.
        samples: The samples as they are in the file, perhaps fewer than expected.

    """

    channels: int
    bits: int
    rate_hz: int
    expected_bytes: int
    samples: bytes


def parse(data: bytes) -> Wav:
    """Return the contents of a PCM WAV file; raises ValueError, whose text says what is wrong."""
    if len(data) >= _RIFF_BYTES and (data[:4], data[8:_RIFF_BYTES]) != (b"RIFF", b"WAVE"):
        msg = "it does not start with RIFF and WAVE"
        raise ValueError(msg)
    form: Format | None = None
    found: tuple[int, bytes] | None = None
    for name, size, body in _chunks(data):
        if name == b"fmt " and len(body) == size:
            form = format_of(body)
            if form.code != PCM:
                msg = f"unknown format: {form.code}"
                raise ValueError(msg)
        if name == b"data":
            if found is not None:
                msg = "it has a second data chunk"
                raise ValueError(msg)
            found = (len(body) if size >= UNKNOWN_BYTES else size), body
    if form is None or found is None:
        msg = "it ends inside its header"
        raise ValueError(msg)
    return Wav(form.channels, form.bits, form.rate_hz, *found)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield name, size and contents of each chunk; the last may hold less than its size."""
    place = _RIFF_BYTES
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        yield name, size, data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def format_of(body: bytes) -> Format:
    """
    Return what the contents of a format chunk say, of the format that an extensible one extends.

    Raises ValueError, whose text says what is wrong, if the chunk is too short.
    """
    if len(body) < _FORMAT.size:
        msg = f"its format takes {len(body)} bytes, not {_FORMAT.size} or more"
        raise ValueError(msg)
    code, channels, rate_hz, _, frame_bytes, bits = _FORMAT.unpack_from(body)
    if code == _EXTENSIBLE and len(body) >= _FORMAT.size + _EXTENSION.size:
        _, bits, _, code = _EXTENSION.unpack_from(body, _FORMAT.size)
    return Format(code, channels, rate_hz, frame_bytes, bits)
