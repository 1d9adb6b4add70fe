"""
Log-mel spectrogram: the front-end of most candidates.

The arithmetic is that of ``tf.signal`` (periodic Hann window, frames padded with
zeros up to ``fft_length``, HTK-style mel matrix) in float32, on ``scipy.fft``,
whose FFT works on several frames per SIMD register where ``numpy.fft`` does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from math import gcd, inf, isfinite
from typing import Any, ClassVar, Final, Literal, get_args

import numpy as np

from harness.audio import SAMPLE_RATE_HZ, Clip
from harness.frontends.filters import bilinear_matrix, hann_window, mel_matrix
from harness.frontends.frontend import INT16_SCALE, Features, refuse, require_clip

Spectrum = Literal["magnitude", "power"]
SPECTRA: Final = get_args(Spectrum)

AXES = 2
"""Axes of the features: frames and mel bins."""

MIN_FRAME_LENGTH = 2
"""Samples in the shortest stretch with a frequency other than zero."""


@dataclass(frozen=True, kw_only=True)
class LogMel:
    """
    Log-mel spectrogram of a one-second clip.

    Args:
        sample_rate_hz: 16,000, or less for polyphase downsampling first.
        frame_ms: Length of a frame.
        hop_ms: From the start of one frame to the start of the next.
        mel_bins: Number of triangular mel filters.
        low_hz: Lower edge of the lowest filter.
        high_hz: Upper edge of the highest filter, at most half the sample rate.
        resize: ``(rows, columns)`` for a bilinear resize of the features with
            half-pixel centres, as ``tf.image.resize`` does it.
        fft_length: Length of the Fourier transform in samples at
            ``sample_rate_hz``; None for that of the frame.
        spectrum: What the mel filters sum up: ``magnitude`` or ``power``.
        log_offset: Added to the mel spectrum before the logarithm; with the
            default, silence is log(1e-6) = -13.8.
        log_floor: Least value of the mel spectrum, applied before the offset.

    Attributes:
        version: Number of the arithmetic and the defaults. Whoever changes
            either adds 1, which makes the models trained before stale.

    Raises:
        CandidateError: If no clip could pass through it.

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
        """Features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        features = self.logarithm(self.mel_spectrum(clip))
        if self.resize is None:
            return features
        rows, columns = self._resize_matrices
        stretched: Features = rows @ features
        resized: Features = stretched @ columns
        return resized

    def mel_spectrum(self, clip: Clip) -> Features:
        """Mel-weighted STFT of ``spectrum``, float32 ``(frames, mel_bins)``, full scale = 1."""
        require_clip(clip)
        samples: Features = clip.astype(np.float32)
        if self.sample_rate_hz != SAMPLE_RATE_HZ:
            samples = self._downsample(samples)
        spectrum: Features = np.abs(self._rfft(self._windowed(samples)))
        if self.spectrum == "power":
            spectrum *= spectrum
        mel: Features = spectrum @ self._mel_matrix
        return mel

    def logarithm(self, mel: Features) -> Features:
        """Natural logarithm of a mel spectrum, which is overwritten, above its floor."""
        if self.log_floor:
            np.maximum(mel, self.log_floor, out=mel)
        mel += self.log_offset
        return np.log(mel, out=mel)

    def _windowed(self, samples: Features) -> Features:
        """Frames times window, float32 ``(frames, frame_length)``."""
        # Frames are a view, as they overlap. np.ndarray makes it in a fifth of the time that
        # as_strided takes, and refuses one that would reach beyond the samples.
        shape, strides = self._layout
        frames: Features = np.ndarray(shape, samples.dtype, samples, strides=strides)
        return frames * self._window

    def _downsample(self, samples: Features) -> Features:
        from scipy.signal import resample_poly  # noqa: PLC0415  (0.9 s to import, seldom needed)

        common = gcd(self.sample_rate_hz, SAMPLE_RATE_HZ)
        up, down = self.sample_rate_hz // common, SAMPLE_RATE_HZ // common
        return np.ascontiguousarray(resample_poly(samples, up, down), dtype=np.float32)

    @cached_property
    def _layout(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Shape of the frames, and bytes from one frame and one sample to the next."""
        step = np.dtype(np.float32).itemsize
        return (self.frames, self.frame_length), (self.hop_length * step, step)

    @cached_property
    def _rfft(self) -> Callable[[Features], Any]:
        from scipy.fft import rfft  # noqa: PLC0415  (a candidate is loaded without SciPy)

        # To name the length costs time even where it is that of the frames.
        padded = self.padded_length > self.frame_length
        options = {"n": self.padded_length} if padded else {}
        return partial(rfft, overwrite_x=True, **options)

    @cached_property
    def _window(self) -> Features:
        """Hann window; the scale of int16 samples, a power of two, is folded in."""
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
