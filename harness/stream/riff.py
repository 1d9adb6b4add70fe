"""The header of a WAV file, read from its start so that the file may be a pipe."""

import struct
from typing import BinaryIO, Final, NamedTuple

from harness import wav
from harness.errors import SourceError
from harness.stream.pcm import Layout

CONVERT: Final = "convert it with: ffmpeg -i IN -c:a pcm_s16le OUT.wav"

_FLOAT: Final = 3
_ENCODINGS: Final = {
    (wav.PCM, 1): "U8",
    (wav.PCM, 2): "S16_LE",
    (wav.PCM, 3): "S24_3LE",
    (wav.PCM, 4): "S32_LE",
    (_FLOAT, 4): "FLOAT_LE",
    (_FLOAT, 8): "FLOAT64_LE",
}
"""By format and bytes of a sample, of which the upper bits count where it has fewer of them."""

_COMPRESSED: Final = {
    0x02: "Microsoft ADPCM",
    0x06: "A-law",
    0x07: "mu-law",
    0x11: "IMA ADPCM",
    0x31: "GSM 6.10",
    0x50: "MPEG",
    0x55: "MP3",
    0xFF: "AAC",
    0x161: "Windows Media Audio",
}
"""Formats by the numbers that RFC 2361 and its successors gave them."""

_LONGEST_BYTES: Final = 40
"""Of a chunk ``fmt `` as of ``ds64``, no later byte is of use."""

_RATES_HZ: Final = range(1_000, 768_001)


class Header(NamedTuple):
    """
    What stands before the samples.

    Attributes:
        layout: Layout of the samples.
        data_bytes: Bytes of all samples, None if the header does not know.

    """

    layout: Layout
    data_bytes: int | None


def read_header(file: BinaryIO, name: str) -> Header:
    """
    Read up to the first sample.

    Args:
        file: The file, at its start; afterwards at its first sample.
        name: What errors call the file.

    Raises:
        SourceError: If the file is empty, no WAV file, compressed, or holds no samples.

    """
    start = file.read(12)
    if not start:
        msg = f"{name} is empty (0 bytes); record it again"
        raise SourceError(msg)
    if start[:4] not in {b"RIFF", b"RF64"} or start[8:] != b"WAVE":
        msg = f"{name} is not a WAV file: it begins with {start!r}; {CONVERT}"
        raise SourceError(msg)
    layout, wide_bytes = None, None
    while True:
        kind, size = struct.unpack("<4sI", _read(file, 8, name))
        if kind == b"data":
            break
        chunk = _chunk(file, size + size % 2, name)
        if kind == b"fmt ":
            layout = _layout(chunk, name)
        if kind == b"ds64":
            wide_bytes = int.from_bytes(chunk[8:16], "little")
    if layout is None:
        msg = f"{name} has no chunk 'fmt ' before its samples; {CONVERT}"
        raise SourceError(msg)
    if size < layout.frame_bytes:
        msg = f"{name} holds no samples; record it again"
        raise SourceError(msg)
    return Header(layout, wide_bytes if start[:4] == b"RF64" else _known(size))


def _known(size: int) -> int | None:
    return size if size < wav.UNKNOWN_BYTES else None


def _chunk(file: BinaryIO, size: int, name: str) -> bytes:
    """Read a chunk of any size, through a pipe, too; return its first bytes, which are enough."""
    first = _read(file, min(size, _LONGEST_BYTES), name)
    left = size - len(first)
    while left:
        left -= len(_read(file, min(left, 1 << 16), name))
    return first


def _read(file: BinaryIO, size: int, name: str) -> bytes:
    """Return the next *size* bytes of the header."""
    data = file.read(size)
    if len(data) < size:
        msg = f"{name} ends inside its header; copy it again from its source"
        raise SourceError(msg)
    return data


def _layout(chunk: bytes, name: str) -> Layout:
    """Return the layout that a chunk ``fmt `` tells."""
    try:
        kind, channels, rate_hz, frame_bytes, bits = wav.format_of(chunk)
    except ValueError as error:
        msg = f"{name} has a chunk 'fmt ' of {len(chunk)} bytes, expected 16 or more; {CONVERT}"
        raise SourceError(msg) from error
    if kind not in {wav.PCM, _FLOAT}:
        what = _COMPRESSED.get(kind, "an unknown format")
        msg = f"{name} is compressed: {what} (number {kind}), expected PCM or float; {CONVERT}"
        raise SourceError(msg)
    encoding = _ENCODINGS.get((kind, frame_bytes // channels)) if channels else None
    if encoding is None or frame_bytes % channels:
        found = f"frames of {frame_bytes} bytes with {channels} channels of {bits} bits"
        msg = f"{name} has {found}, expected 8 to 32 bits of PCM or 32 or 64 of float; {CONVERT}"
        raise SourceError(msg)
    if rate_hz not in _RATES_HZ:
        wanted = f"{_RATES_HZ.start:,} to {_RATES_HZ.stop - 1:,}"
        msg = f"{name} has {rate_hz:,} samples per second, expected {wanted}; {CONVERT}"
        raise SourceError(msg)
    return Layout(encoding=encoding, channels=channels, rate_hz=rate_hz)
