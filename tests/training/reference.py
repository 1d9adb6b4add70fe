"""The front-ends in eager ``tf.signal``: what ours must equal, and what they are timed against."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from candidates._training import tf
from harness.audio import SAMPLE_RATE_HZ, Clip
from harness.frontends.frontend import INT16_SCALE, Features
from harness.frontends.log_mel import LogMel


@dataclass(frozen=True, kw_only=True)
class Reference:
    """
    The settings of a log-mel front-end, computed by TensorFlow.

    Attributes:
        frontend: Front-end with these settings.
        window: Window of each frame, by its length; periodic Hann unless another is wanted.
        precision: Type in which the mel matrix is built; TensorFlow's default is float32,
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
            num_spectrogram_bins=self.frontend.padded_length // 2 + 1,
            sample_rate=self.frontend.sample_rate_hz,
            lower_edge_hertz=self.frontend.low_hz,
            upper_edge_hertz=self.frontend.high_hz,
            dtype=self.precision,
        )
        return tf.cast(matrix, tf.float32)

    def mel_spectrum(self, clip: Clip) -> Any:
        """Mel-weighted STFT of the spectrum asked for: ``(frames, mel bins)``."""
        return self.mel_spectrum_of(tf.constant(clip, tf.float32) / INT16_SCALE)

    def mel_spectrum_of(self, samples: Any) -> Any:
        """The same, of samples on any scale: float32 ``(16000,)``."""
        if self.frontend.sample_rate_hz != SAMPLE_RATE_HZ:
            samples = self.frontend._downsample(samples.numpy())
        spectrum = tf.abs(
            tf.signal.stft(
                samples,
                frame_length=self.frontend.frame_length,
                frame_step=self.frontend.hop_length,
                fft_length=self.frontend.padded_length,
                window_fn=self.window,
            )
        )
        if self.frontend.spectrum == "power":
            spectrum = tf.square(spectrum)
        return tf.matmul(spectrum, self.mel_matrix)

    def logarithm(self, mel: Any) -> Any:
        """Logarithm of a mel spectrum above its floor."""
        floored = tf.maximum(mel, np.float32(self.frontend.log_floor))
        return tf.math.log(floored + np.float32(self.frontend.log_offset))

    def __call__(self, clip: Clip) -> Features:
        """Features of one clip, resized if the front-end says so."""
        features = self.logarithm(self.mel_spectrum(clip))
        if self.frontend.resize is not None:
            features = tf.image.resize(features[..., tf.newaxis], self.frontend.resize)[..., 0]
        resized: Features = features.numpy()
        return resized


def mlperf_tiny(clip: Clip) -> Features:
    """
    Compute the keyword-spotting features of MLPerf Tiny, as its reference describes them.

    A clip is divided by its maximum. Frames of 30 ms every 20 ms, a transform of
    512 and 40 mel bins from 20 to 4,000 Hz give ``(49, 10)``.
    """
    samples = tf.cast(clip, tf.float32)
    samples /= tf.reduce_max(samples)
    # tf.signal.stft pads frames of 480 samples up to the next power of two by itself.
    spectrum = tf.abs(tf.signal.stft(samples, frame_length=480, frame_step=320))
    matrix = tf.signal.linear_to_mel_weight_matrix(40, 257, SAMPLE_RATE_HZ, 20.0, 4_000.0)
    log_mel = tf.math.log(tf.matmul(spectrum, matrix) + 1e-6)
    features: Features = tf.signal.mfccs_from_log_mel_spectrograms(log_mel)[..., :10].numpy()
    return features
