"""
The chunks of a WAV file.

The standard library's ``wave`` reads the first data chunk alone, takes 9 to 15 bits for 16,
and accepts files of the extensible format from Python 3.12 on.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_RIFF_BYTES: Final = 12
_PCM: Final = 1
_EXTENSIBLE: Final = 0xFFFE
_FORMAT: Final = struct.Struct("<HHIIHH")
_EXTENSION: Final = struct.Struct("<HHIH")
"""Its size, valid bits per sample, loudspeakers, and the format that is extended."""

_UNKNOWN_BYTES: Final = 0x7FFF_0000
"""
Smallest size of a data chunk that stands for "to the end of the file".

What writes to a pipe cannot know the size, and leaves 0xFFFFFFFF there or about 2 GiB.
"""


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
    form: tuple[int, int, int] | None = None
    found: tuple[int, bytes] | None = None
    for name, size, body in _chunks(data):
        if name == b"fmt " and len(body) == size:
            form = _format(body)
        if name == b"data":
            if found is not None:
                msg = "it has a second data chunk"
                raise ValueError(msg)
            found = (len(body) if size >= _UNKNOWN_BYTES else size), body
    if form is None or found is None:
        msg = "it ends inside its header"
        raise ValueError(msg)
    return Wav(*form, *found)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield name, size and contents of each chunk; the last may hold less than its size."""
    place = _RIFF_BYTES
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        yield name, size, data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _format(body: bytes) -> tuple[int, int, int]:
    """Return channels, bits per sample and samples per second."""
    if len(body) < _FORMAT.size:
        msg = f"its format takes {len(body)} bytes, not {_FORMAT.size} or more"
        raise ValueError(msg)
    code, channels, rate_hz, _, _, bits = _FORMAT.unpack_from(body)
    if code == _EXTENSIBLE and len(body) >= _FORMAT.size + _EXTENSION.size:
        _, bits, _, code = _EXTENSION.unpack_from(body, _FORMAT.size)
    if code != _PCM:
        msg = f"unknown format: {code}"
        raise ValueError(msg)
    return channels, bits, rate_hz
