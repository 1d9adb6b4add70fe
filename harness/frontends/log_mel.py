"""
Log-mel spectrogram: the front-end of most candidates.

The arithmetic is that of ``tf.signal``: periodic Hann window, frames padded with zeros
up to ``fft_length``, HTK-style mel matrix, all in float32. The FFT is that of
``scipy.fft``, which puts several frames into a SIMD register; ``numpy.fft`` does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from math import gcd, inf, isfinite
from typing import Any, ClassVar, Final, Literal, get_args

import numpy as np

from harness.audio import SAMPLE_RATE_HZ, Clip
from harness.frontends.filters import bilinear_matrix, hann_window, mel_matrix
from harness.frontends.frontend import INT16_SCALE, Features, Framing, refuse, require_clip

Spectrum = Literal["magnitude", "power"]
SPECTRA: Final = get_args(Spectrum)

AXES = 2
"""Axes of the features: frames and mel bins."""

MIN_FRAME_LENGTH = 2
"""Samples in the shortest frame that can hold a frequency other than zero."""


@dataclass(frozen=True, kw_only=True)
class LogMel:
    """
    Log-mel spectrogram of a one-second clip.

    Args:
        sample_rate_hz: Sample rate; below 16,000 a clip is first downsampled by a
            polyphase filter.
        frame_ms: Length of a frame, in milliseconds.
        hop_ms: Milliseconds from the start of one frame to the start of the next.
        mel_bins: Number of triangular mel filters.
        low_hz: Lower edge of the lowest filter, in hertz.
        high_hz: Upper edge of the highest filter in hertz, at most half the sample rate.
        resize: ``(rows, columns)`` for a bilinear resize of the features with
            half-pixel centres, as in ``tf.image.resize``; None for no resize.
        fft_length: Length of the Fourier transform in samples at
            ``sample_rate_hz``; None for the length of a frame.
        spectrum: Spectrum that the mel filters sum up: ``magnitude`` or ``power``.
        log_offset: Number added to the mel spectrum before the logarithm; with the
            default, silence is log(1e-6) = -13.8.
        log_floor: Least value of the mel spectrum, applied before the offset.

    Attributes:
        version: Version of the arithmetic and the defaults. A change of either must
            add 1, which makes the models trained before it stale.

    Raises:
        CandidateError: If the settings are impossible.

    """

    version: ClassVar[int] = 1

    sample_rate_hz: int = SAMPLE_RATE_HZ
    frame_ms: float = 32
    hop_ms: float = 25
    mel_bins: int = 32
    low_hz: float = 20
    high_hz: float = 8_000
    resize: tuple[int, int] | None = None
    fft_length: int | None = None
    spectrum: Spectrum = "magnitude"
    log_offset: float = 1e-6
    log_floor: float = 0.0

    def __post_init__(self) -> None:
        self._check_framing()
        self._check_filters()
        self._check_logarithm()
        if self.resize is not None and (len(self.resize) != AXES or min(self.resize) < 1):
            refuse(f"resize={self.resize}", "(rows, columns), each at least 1")

    def _check_framing(self) -> None:
        if not 0 < self.sample_rate_hz <= SAMPLE_RATE_HZ:
            refuse(f"sample_rate_hz={self.sample_rate_hz}", f"1 to {SAMPLE_RATE_HZ}")
        for name in ("frame_ms", "hop_ms"):
            if not isfinite(getattr(self, name)):
                refuse(f"{name}={getattr(self, name)}", "a number of milliseconds")
        if self.hop_length < 1:
            refuse(f"hop_ms={self.hop_ms}", "at least one sample")
        if self.frame_length < MIN_FRAME_LENGTH:
            refuse(f"frame_ms={self.frame_ms}", "at least two samples")
        if self.frame_length > self.sample_rate_hz:
            refuse(f"frame_ms={self.frame_ms} gives zero frames", "at most one second")
        if not isinstance(self.padded_length, int) or self.padded_length < self.frame_length:
            wanted = f"a whole number, at least the {self.frame_length} samples of a frame"
            refuse(f"fft_length={self.fft_length}", wanted)

    def _check_filters(self) -> None:
        if not 0 <= self.low_hz < self.high_hz:
            refuse(f"low_hz={self.low_hz} with high_hz={self.high_hz}", "0 <= low < high")
        if self.high_hz > self.sample_rate_hz / 2:
            nyquist = f"at most the Nyquist frequency, {self.sample_rate_hz / 2:g} Hz"
            refuse(f"high_hz={self.high_hz}", nyquist)
        if not isinstance(self.mel_bins, int) or self.mel_bins < 1:
            refuse(f"mel_bins={self.mel_bins}", "a whole number, at least 1")
        if self.spectrum not in SPECTRA:
            refuse(f"spectrum={self.spectrum!r}", " or ".join(SPECTRA))
        empty = np.flatnonzero(~self._mel_matrix.any(axis=0))
        if empty.size:
            fault = f"mel_bins={self.mel_bins} leaves mel filters {empty.tolist()} empty"
            refuse(fault, "fewer bins, a longer frame or a longer fft_length")

    def _check_logarithm(self) -> None:
        for name in ("log_offset", "log_floor"):
            if not 0 <= getattr(self, name) < inf:
                refuse(f"{name}={getattr(self, name)}", "a finite number, 0 or more")
        # In float32, as the features are: 1e-50 is zero there.
        if not np.float32(max(self.log_offset, self.log_floor)):
            fault = f"log_offset={self.log_offset} with log_floor={self.log_floor}"
            refuse(f"{fault} gives silence an infinite logarithm", "one of them above 0")

    @cached_property
    def frame_length(self) -> int:
        """Samples in a frame, at ``sample_rate_hz``."""
        return round(self.sample_rate_hz * self.frame_ms / 1_000)

    @cached_property
    def hop_length(self) -> int:
        """Samples between the starts of two frames, at ``sample_rate_hz``."""
        return round(self.sample_rate_hz * self.hop_ms / 1_000)

    @cached_property
    def padded_length(self) -> int:
        """Samples that go into the Fourier transform: a frame, and zeros after it."""
        return self.frame_length if self.fft_length is None else self.fft_length

    @cached_property
    def frames(self) -> int:
        """Whole frames in one second."""
        return 1 + (self.sample_rate_hz - self.frame_length) // self.hop_length

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the features, ``(frames, mel_bins)`` or that of ``resize``."""
        return self.resize or (self.frames, self.mel_bins)

    def __call__(self, clip: Clip, /) -> Features:
        """Return the features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        require_clip(clip)
        return self.of_rows(self.rows(clip))

    @cached_property
    def framing(self) -> Framing | None:
        """How a clip is framed; None if it is downsampled first, as a filter joins its frames."""
        if self.sample_rate_hz != SAMPLE_RATE_HZ:
            return None
        return Framing(self.frames, self.frame_length, self.hop_length)

    def rows(self, samples: Clip) -> Features:
        """
        Return a row of each whole frame of *samples*, which may be part of a clip.

        Float32 ``(frames, mel_bins)``: the logarithm of the mel spectrum.
        """
        return self.logarithm(self.mel_spectrum(samples))

    def of_rows(self, rows: Features) -> Features:
        """Return the features of a clip with these *rows*."""
        if self.resize is None:
            return rows
        left, right = self._resize_matrices
        stretched: Features = left @ rows
        resized: Features = stretched @ right
        return resized

    def mel_spectrum(self, clip: Clip) -> Features:
        """
        Return the mel spectrum of a clip or a part of one; full scale is 1.

        Float32 ``(frames, mel_bins)``, a row of each whole frame.
        """
        samples: Features = clip.astype(np.float32)
        if self.sample_rate_hz != SAMPLE_RATE_HZ:
            samples = self._downsample(samples)
        spectrum: Features = np.abs(self._rfft(self._windowed(samples)))
        if self.spectrum == "power":
            spectrum *= spectrum
        mel: Features = spectrum @ self._mel_matrix
        return mel

    def logarithm(self, mel: Features) -> Features:
        """Return the natural logarithm of *mel*, with floor and offset; *mel* is overwritten."""
        if self.log_floor:
            np.maximum(mel, self.log_floor, out=mel)
        mel += self.log_offset
        return np.log(mel, out=mel)

    def _windowed(self, samples: Features) -> Features:
        """Return the frames times the window, float32 ``(frames, frame_length)``."""
        # The frames overlap, so they are a view. np.ndarray makes it in a fifth of the time
        # that as_strided takes, and refuses one that would reach beyond the samples.
        count = 1 + (samples.size - self.frame_length) // self.hop_length
        shape = count, self.frame_length
        frames: Features = np.ndarray(shape, samples.dtype, samples, strides=self._strides)
        return frames * self._window

    def _downsample(self, samples: Features) -> Features:
        from scipy.signal import resample_poly  # noqa: PLC0415  (0.9 s to import, seldom needed)

        common = gcd(self.sample_rate_hz, SAMPLE_RATE_HZ)
        up, down = self.sample_rate_hz // common, SAMPLE_RATE_HZ // common
        return np.ascontiguousarray(resample_poly(samples, up, down), dtype=np.float32)

    @cached_property
    def _strides(self) -> tuple[int, int]:
        """Bytes from one frame to the next, and from one sample to the next."""
        step = np.dtype(np.float32).itemsize
        return self.hop_length * step, step

    @cached_property
    def _rfft(self) -> Callable[[Features], Any]:
        from scipy.fft import rfft  # noqa: PLC0415  (a candidate is loaded without SciPy)

        # Passing the length costs time even if it is that of the frames.
        padded = self.padded_length > self.frame_length
        options = {"n": self.padded_length} if padded else {}
        return partial(rfft, overwrite_x=True, **options)

    @cached_property
    def _window(self) -> Features:
        """Hann window divided by the scale of int16 samples, a power of two."""
        return (hann_window(self.frame_length) / INT16_SCALE).astype(np.float32)

    @cached_property
    def _mel_matrix(self) -> Features:
        return mel_matrix(
            sample_rate_hz=self.sample_rate_hz,
            fft_length=self.padded_length,
            mel_bins=self.mel_bins,
            low_hz=self.low_hz,
            high_hz=self.high_hz,
        )

    @cached_property
    def _resize_matrices(self) -> tuple[Features, Features]:
        """``(rows, frames)`` and ``(mel_bins, columns)``: resized = rows @ features @ columns."""
        rows, columns = self.shape
        return bilinear_matrix(self.frames, rows), bilinear_matrix(self.mel_bins, columns).T.copy()
