"""Windows, filters and interpolation as float32 arrays, each the same as TensorFlow's."""

import numpy as np
import numpy.typing as npt

from harness.frontends.frontend import Features


def hann_window(length: int) -> npt.NDArray[np.float64]:
    """Periodic Hann window, ``(length,)``."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def mel_matrix(
    *, sample_rate_hz: int, fft_length: int, mel_bins: int, low_hz: float, high_hz: float
) -> Features:
    """
    Triangles on the HTK mel scale, float32 ``(fft_length // 2 + 1, mel_bins)``.

    That of ``tf.signal.linear_to_mel_weight_matrix``.
    """
    bins_hz = np.arange(fft_length // 2 + 1) * (sample_rate_hz / fft_length)
    edges = np.linspace(_mel(low_hz), _mel(high_hz), mel_bins + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bins = _mel(bins_hz)[:, np.newaxis]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def _mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hertz to mel, the HTK formula that ``tf.signal`` uses."""
    return 1127.0 * np.log1p(np.asarray(hz, np.float64) / 700.0)


def bilinear_matrix(old: int, new: int) -> Features:
    """Interpolation weights with half-pixel centres, float32 ``(new, old)``."""
    position = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = np.floor(position).astype(int)
    right = np.minimum(left + 1, old - 1)
    share = position - left
    weights = np.zeros((new, old), np.float32)
    np.add.at(weights, (np.arange(new), left), 1 - share)
    np.add.at(weights, (np.arange(new), right), share)
    return weights


def dct_matrix(mel_bins: int, coefficients: int) -> npt.NDArray[np.float64]:
    """Orthonormal DCT-II, its first *coefficients*: ``(mel_bins, coefficients)``."""
    centres, orders = np.arange(mel_bins) + 0.5, np.arange(coefficients)
    matrix: npt.NDArray[np.float64] = np.sqrt(2 / mel_bins) * np.cos(
        np.pi / mel_bins * np.outer(centres, orders)
    )
    matrix[:, 0] = np.sqrt(1 / mel_bins)
    return matrix
