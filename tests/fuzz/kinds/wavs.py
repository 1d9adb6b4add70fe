"""WAV files: as clips of a data set, which refuses most formats, and as what is listened to."""

import io
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr  # noqa: F401  (once in the helper process, and not in each of its children)

from harness.audio import CLIP_SAMPLES, cut_wav, decode_wav
from harness.stream.pcm import Samples
from harness.stream.raw import RawInput
from harness.stream.wav import WavFile
from tests.fuzz.case import Kind, Made
from tests.fuzz.mutate import damaged
from tests.unit.recordings import riff_bytes

NAME: Final = "case.wav"

_HEADER_BYTES: Final = 44
"""The least that stands before the samples."""

_MOST_SAMPLES_A_BYTE: Final = 16
"""A byte at 1,000 samples per second becomes so many at 16,000."""

_BEHIND: Final = 16_000
"""Samples by which a resampler may be off at the end."""

_ENCODINGS: Final = ((1, 1), (1, 2), (1, 3), (1, 4), (3, 4), (3, 8), (6, 1), (0x11, 1), (1, 8))
"""Format and bytes of a sample: all that are read, and some that are not."""


def _bases() -> Iterator[bytes]:
    noise = np.random.default_rng(0).bytes
    for kind, size in _ENCODINGS:
        samples = noise(24 * size)
        yield riff_bytes(samples, kind=kind, sample_bytes=size)
        stereo = riff_bytes(samples, kind=kind, sample_bytes=size, channels=2, rate_hz=44_100)
        yield from (stereo, riff_bytes(samples, kind=kind, sample_bytes=size, extensible=True))
    plain = riff_bytes(noise(400))
    yield from (plain, riff_bytes(b""), riff_bytes(noise(401)), plain[:12])
    yield riff_bytes(noise(400), data_bytes=0xFFFF_FFFF)
    yield riff_bytes(noise(400), data_bytes=0x7FFF_F000, rate_hz=8_000)
    yield from (riff_bytes(noise(2 * samples)) for samples in (CLIP_SAMPLES, CLIP_SAMPLES + 1))
    yield riff_bytes(noise(5 * CLIP_SAMPLES))
    yield plain[:12] + b"LIST" + struct.pack("<I", 5) + b"INFO.\0" + plain[12:]
    yield plain + b"data" + struct.pack("<I", 4) + noise(4)
    wide = b"ds64" + struct.pack("<IQQQI", 28, 0, 400, 200, 0)
    yield b"RF64" + plain[4:12] + wide + plain[12:]


BASES: Final = tuple(_bases())


def make(generator: Random) -> Made:
    """Return a damaged WAV file, seldom one that is as it was."""
    number = generator.randrange(len(BASES))
    data = BASES[number]
    if generator.randrange(20):
        data = damaged(data, generator, BASES)
    return Made(number, NAME, data)


def as_clip(made: Made, _folder: Path, _: Random) -> None:
    """Decode a file as the clip of a data set."""
    clip = decode_wav(made.data, made.name)
    assert clip.dtype == np.int16, f"the clip is {clip.dtype}"
    assert clip.shape == (CLIP_SAMPLES,), f"the clip has the shape {clip.shape}"
    _require_held(made.data, clip)


def in_pieces(made: Made, _folder: Path, _: Random) -> None:
    """Cut a file into clips, as a data set does with noise."""
    pieces = cut_wav(made.data, made.name)
    clips = [decode_wav(piece, made.name) for piece in pieces]
    assert clips, "no clip, and no error"
    _require_held(made.data, np.concatenate(clips))


def as_stream(made: Made, folder: Path, _: Random) -> None:
    """Listen to a file."""
    path = folder / made.name
    path.write_bytes(made.data)
    source = WavFile(path)
    try:
        _require_bounded(source, _BEHIND + _MOST_SAMPLES_A_BYTE * len(made.data))
    finally:
        source.close()


def as_raw_samples(made: Made, _folder: Path, _: Random) -> None:
    """Listen to a file that comes through a pipe in place of raw samples."""
    _require_bounded(RawInput(io.BytesIO(made.data)), len(made.data) // 2)


def _require_held(data: bytes, samples: npt.NDArray[np.int16]) -> None:
    """Require that *samples*, but for the silence at their end, stand in a file as they are."""
    heard = np.trim_zeros(samples, "b").astype("<i2").tobytes()
    assert len(heard) <= max(0, len(data) - _HEADER_BYTES), f"{len(heard)} of {len(data)} bytes"
    assert heard in data, "the samples are not those of the file"


def _require_bounded(blocks: Iterable[Samples], most: int) -> None:
    """Require that there are no more samples than a file can hold, all of the right type."""
    found = 0
    for block in blocks:
        assert block.dtype == np.int16, f"a block is {block.dtype}"
        assert block.ndim == 1, f"a block has the shape {block.shape}"
        found += block.size
        assert found <= most, f"{found} samples or more, where there are {most} at most"


WAVS: Final = Kind("wavs", make, (as_clip, in_pieces, as_stream, as_raw_samples))
