"""
The front-end: clip -> log-mel features. The only pre-processing in the repository.

Training, int8 calibration, accuracy and timing all call the same object, so a
feature cannot differ between them. The arithmetic is that of ``tf.signal``
(periodic Hann window, ``fft_length == frame_length``, HTK-style mel matrix of
``tf.signal.linear_to_mel_weight_matrix``) in float32, on ``scipy.fft``, whose
FFT works on several frames per SIMD register where ``numpy.fft`` does not.
"""

from dataclasses import dataclass
from functools import cached_property
from math import gcd, isfinite
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import scipy.fft

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip
from harness.errors import AudioError, CandidateError

Features = npt.NDArray[np.float32]

LOG_OFFSET = np.float32(1e-6)
"""Added to mel magnitudes before the logarithm: silence is log(1e-6) = -13.8."""

INT16_SCALE = 32_768
"""Samples are scaled to [-1, 1), as ``tf.audio.decode_wav`` does."""


AXES = 2
"""Of the features: frames and mel bins."""

MIN_FRAME_LENGTH = 2
"""Samples; the shortest stretch with a frequency other than zero."""


@dataclass(frozen=True, kw_only=True)
class LogMel:
    """
    Log-mel spectrogram of a one-second clip.

    Args:
        sample_rate_hz: 16,000, or less for polyphase downsampling first.
        frame_ms: Length of a frame, and of its Fourier transform.
        hop_ms: From the start of one frame to the start of the next.
        mel_bins: Number of triangular mel filters.
        low_hz: Lower edge of the lowest filter.
        high_hz: Upper edge of the highest filter, at most half the sample rate.
        resize: ``(rows, columns)`` for a bilinear resize of the features with
            half-pixel centres, as ``tf.image.resize`` does it.

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

    def __post_init__(self) -> None:
        self._check_framing()
        self._check_filters()
        if self.resize is not None and (len(self.resize) != AXES or min(self.resize) < 1):
            self._refuse(f"resize={self.resize}", "(rows, columns), each at least 1")

    def _check_framing(self) -> None:
        if not 0 < self.sample_rate_hz <= SAMPLE_RATE_HZ:
            self._refuse(f"sample_rate_hz={self.sample_rate_hz}", f"1 to {SAMPLE_RATE_HZ}")
        for name in ("frame_ms", "hop_ms"):
            if not isfinite(getattr(self, name)):
                self._refuse(f"{name}={getattr(self, name)}", "a number of milliseconds")
        if self.hop_length < 1:
            self._refuse(f"hop_ms={self.hop_ms}", "at least one sample")
        if self.frame_length < MIN_FRAME_LENGTH:
            self._refuse(f"frame_ms={self.frame_ms}", "at least two samples")
        if self.frame_length > self.sample_rate_hz:
            self._refuse(f"frame_ms={self.frame_ms} gives zero frames", "at most one second")

    def _check_filters(self) -> None:
        if not 0 <= self.low_hz < self.high_hz:
            self._refuse(f"low_hz={self.low_hz} with high_hz={self.high_hz}", "0 <= low < high")
        if self.high_hz > self.sample_rate_hz / 2:
            nyquist = f"at most the Nyquist frequency, {self.sample_rate_hz / 2:g} Hz"
            self._refuse(f"high_hz={self.high_hz}", nyquist)
        if not isinstance(self.mel_bins, int) or self.mel_bins < 1:
            self._refuse(f"mel_bins={self.mel_bins}", "a whole number, at least 1")
        empty = np.flatnonzero(~self._mel_matrix.any(axis=0))
        if empty.size:
            fault = f"mel_bins={self.mel_bins} leaves mel filters {empty.tolist()} empty"
            self._refuse(fault, "fewer bins or a longer frame")

    @staticmethod
    def _refuse(fault: str, wanted: str) -> None:
        msg = f"impossible front-end: {fault}; use {wanted}"
        raise CandidateError(msg)

    @property
    def frame_length(self) -> int:
        """Samples in a frame, at ``sample_rate_hz``."""
        return round(self.sample_rate_hz * self.frame_ms / 1_000)

    @property
    def hop_length(self) -> int:
        """Samples between the starts of two frames, at ``sample_rate_hz``."""
        return round(self.sample_rate_hz * self.hop_ms / 1_000)

    @property
    def frames(self) -> int:
        """Whole frames in one second."""
        return 1 + (self.sample_rate_hz - self.frame_length) // self.hop_length

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the features, ``(frames, mel_bins)`` or that of ``resize``."""
        return self.resize or (self.frames, self.mel_bins)

    def __call__(self, clip: Clip) -> Features:
        """Features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        mel = self.mel_magnitudes(clip)
        mel += LOG_OFFSET
        features = np.log(mel, out=mel)
        if self.resize is None:
            return features
        rows, columns = self._resize_matrices
        resized: Features = rows @ features @ columns
        return resized

    def mel_magnitudes(self, clip: Clip) -> Features:
        """Mel-weighted STFT magnitudes, float32 ``(frames, mel_bins)``, full scale = 1."""
        if clip.shape != (CLIP_SAMPLES,):
            msg = f"a clip has shape {clip.shape}, not ({CLIP_SAMPLES},); read it with decode_wav"
            raise AudioError(msg)
        samples: Features = clip.astype(np.float32)
        if self.sample_rate_hz != SAMPLE_RATE_HZ:
            samples = self._downsample(samples)
        spectrum = scipy.fft.rfft(self._windowed(samples), overwrite_x=True)
        magnitudes: Features = np.abs(spectrum) @ self._mel_matrix
        return magnitudes

    def _windowed(self, samples: Features) -> Features:
        """Frames times window, float32 ``(frames, frame_length)``."""
        # Frames are a view, as they overlap. np.ndarray makes it in a fifth of the time that
        # as_strided takes, and refuses one that would reach beyond the samples.
        shape, step = (self.frames, self.frame_length), samples.itemsize
        strides = (self.hop_length * step, step)
        frames: Features = np.ndarray(shape, samples.dtype, samples, strides=strides)
        return frames * self._window

    def _downsample(self, samples: Features) -> Features:
        from scipy.signal import resample_poly  # noqa: PLC0415  (0.9 s to import, seldom needed)

        common = gcd(self.sample_rate_hz, SAMPLE_RATE_HZ)
        up, down = self.sample_rate_hz // common, SAMPLE_RATE_HZ // common
        return np.ascontiguousarray(resample_poly(samples, up, down), dtype=np.float32)

    @cached_property
    def _window(self) -> Features:
        """Periodic Hann window; the scale of int16 samples, a power of two, is folded in."""
        phase = 2 * np.pi * np.arange(self.frame_length) / self.frame_length
        return ((0.5 - 0.5 * np.cos(phase)) / INT16_SCALE).astype(np.float32)

    @cached_property
    def _mel_matrix(self) -> Features:
        """Triangles on the HTK mel scale, float32 ``(frame_length // 2 + 1, mel_bins)``."""
        bins_hz = np.arange(self.frame_length // 2 + 1) * (self.sample_rate_hz / self.frame_length)
        edges = np.linspace(_mel(self.low_hz), _mel(self.high_hz), self.mel_bins + 2)
        lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
        bins = _mel(bins_hz)[:, np.newaxis]
        rising = (bins - lower) / (centre - lower)
        falling = (upper - bins) / (upper - centre)
        return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)

    @cached_property
    def _resize_matrices(self) -> tuple[Features, Features]:
        """``(rows, frames)`` and ``(mel_bins, columns)``: resized = rows @ features @ columns."""
        rows, columns = self.shape
        return _bilinear(self.frames, rows), _bilinear(self.mel_bins, columns).T.copy()


def _mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hertz to mel, the HTK formula that ``tf.signal`` uses."""
    return 1127.0 * np.log1p(np.asarray(hz, np.float64) / 700.0)


def _bilinear(old: int, new: int) -> Features:
    """Interpolation weights with half-pixel centres, float32 ``(new, old)``."""
    position = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = np.floor(position).astype(int)
    right = np.minimum(left + 1, old - 1)
    share = position - left
    weights = np.zeros((new, old), np.float32)
    np.add.at(weights, (np.arange(new), left), 1 - share)
    np.add.at(weights, (np.arange(new), right), share)
    return weights
