"""The front-end in eager ``tf.signal``: what LogMel must equal, and what it is timed against."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from candidates._training import tf
from harness.audio import SAMPLE_RATE_HZ, Clip
from harness.frontends.log_mel import INT16_SCALE, LOG_OFFSET, Features, LogMel


@dataclass(frozen=True, kw_only=True)
class Reference:
    """
    The settings of a front-end, computed by TensorFlow.

    Attributes:
        frontend: Whose settings.
        window: Of each frame, by its length; periodic Hann unless another is wanted.
        precision: In which the mel matrix is built; TensorFlow's default is float32,
            which leaves errors of up to 1e-5 in it.

    """

    frontend: LogMel
    window: Callable[..., Any] = tf.signal.hann_window
    precision: Any = tf.float32

    @cached_property
    def mel_matrix(self) -> Any:
        """The matrix, built when first asked for."""
        matrix = tf.signal.linear_to_mel_weight_matrix(
            num_mel_bins=self.frontend.mel_bins,
            num_spectrogram_bins=self.frontend.frame_length // 2 + 1,
            sample_rate=self.frontend.sample_rate_hz,
            lower_edge_hertz=self.frontend.low_hz,
            upper_edge_hertz=self.frontend.high_hz,
            dtype=self.precision,
        )
        return tf.cast(matrix, tf.float32)

    def mel_magnitudes(self, clip: Clip) -> Any:
        """Mel-weighted STFT magnitudes: ``(frames, mel bins)``."""
        samples = clip.astype(np.float32)
        if self.frontend.sample_rate_hz != SAMPLE_RATE_HZ:
            samples = self.frontend._downsample(samples)
        spectrum = tf.signal.stft(
            tf.constant(samples) / INT16_SCALE,
            frame_length=self.frontend.frame_length,
            frame_step=self.frontend.hop_length,
            fft_length=self.frontend.frame_length,
            window_fn=self.window,
        )
        return tf.matmul(tf.abs(spectrum), self.mel_matrix)

    def __call__(self, clip: Clip) -> Features:
        """Features of one clip, resized if the front-end says so."""
        features = tf.math.log(self.mel_magnitudes(clip) + LOG_OFFSET)
        if self.frontend.resize is not None:
            features = tf.image.resize(features[..., tf.newaxis], self.frontend.resize)[..., 0]
        resized: Features = features.numpy()
        return resized
