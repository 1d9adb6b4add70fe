"""
From the bytes of any device or file to 16 kHz mono int16.

A recording of the data sets is never converted (see :mod:`harness.audio`). A microphone
takes what its card can do, so here channels are mixed down and rates converted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from harness.audio import FULL_SCALE, SAMPLE_RATE_HZ
from harness.errors import SourceError

Samples = npt.NDArray[np.int16]
"""A piece of 16 kHz mono audio of any length: int16 ``(samples,)``."""

_Floats = npt.NDArray[np.float32]

_INT16: Final = np.iinfo(np.int16)


def _unsigned_8(data: bytes) -> _Floats:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) * 256


def _packed_24(data: bytes) -> _Floats:
    padded = np.zeros((len(data) // 3, 4), np.uint8)
    padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return _numbers("<i4", 1 / 65_536)(padded.tobytes())


def _low_24(data: bytes) -> _Floats:
    return _numbers("<i4", 1 / 65_536)((np.frombuffer(data, "<i4") << 8).tobytes())


def _numbers(dtype: str, scale: float) -> Callable[[bytes], _Floats]:
    return lambda data: np.frombuffer(data, dtype).astype(np.float32) * np.float32(scale)


_DECODERS: Final[dict[str, tuple[int, Callable[[bytes], _Floats]]]] = {
    "S16_LE": (2, _numbers("<i2", 1)),
    "S32_LE": (4, _numbers("<i4", 1 / 65_536)),
    "S24_3LE": (3, _packed_24),
    "S24_LE": (4, _low_24),
    "FLOAT_LE": (4, _numbers("<f4", FULL_SCALE)),
    "FLOAT64_LE": (8, _numbers("<f8", FULL_SCALE)),
    "U8": (1, _unsigned_8),
}
"""Bytes of a sample, and how they become numbers, full scale being 32,768; best first."""

ENCODINGS: Final = tuple(_DECODERS)
"""How samples may be encoded, by the names that ALSA has for it; best first."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """
    How samples lie in bytes.

    Attributes:
        encoding: One of ``ENCODINGS``.
        channels: Samples in a frame.
        rate_hz: Frames in a second.

    """

    encoding: str
    channels: int
    rate_hz: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return self.channels * _DECODERS[self.encoding][0]


WANTED: Final = Layout(encoding="S16_LE", channels=1, rate_hz=SAMPLE_RATE_HZ)
"""The layout of what a detector takes, and of raw samples from a pipe."""


class Converter:
    """
    Turns frames into 16 kHz mono int16, piece by piece.

    The pieces may be cut anywhere between two frames: the samples are the same. What is
    16 kHz mono int16 already stays as it is.

    Args:
        layout: Layout of the frames.
        name: What errors call the source.

    """

    def __init__(self, layout: Layout, name: str) -> None:
        self._layout = layout
        self._name = name
        self._decode = _DECODERS[layout.encoding][1]
        self._resampler = _resampler(layout.rate_hz) if layout.rate_hz != SAMPLE_RATE_HZ else None

    def __call__(self, frames: bytes, *, last: bool = False) -> Samples:
        """
        Return the next samples, which may be none: a resampler is some milliseconds behind.

        Args:
            frames: Whole frames.
            last: Whether no more come.

        Raises:
            SourceError: If a sample is not a finite number.

        """
        if self._layout == WANTED:
            return np.frombuffer(frames, "<i2")
        samples: _Floats = self._decode(frames).reshape(-1, self._layout.channels).mean(axis=1)
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=last)
        if not np.isfinite(samples).all():
            msg = f"{self._name} holds samples that are not finite numbers; record it again"
            raise SourceError(msg)
        return np.rint(samples).clip(_INT16.min, _INT16.max).astype(np.int16)


def _resampler(rate_hz: int) -> Any:
    import soxr  # noqa: PLC0415  (most microphones do 16 kHz)

    return soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
