"""
Mel-frequency cepstral coefficients: the front-end of many published keyword spotters.

With the settings below it computes the features of MLPerf Tiny's keyword-spotting
benchmark (Banbury et al. 2021, arXiv:2106.07597), of shape ``(49, 10)``::

    Mfcc(
        log_mel=LogMel(frame_ms=30, hop_ms=20, fft_length=512, mel_bins=40, high_hz=4_000),
        normalisation="maximum",
    )
"""

from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import ClassVar, Final, Literal, get_args

import numpy as np

from harness.audio import Clip
from harness.frontends.filters import dct_matrix
from harness.frontends.frontend import INT16_SCALE, Features, Framing, refuse, require_clip
from harness.frontends.log_mel import LogMel

Scale = Literal["tensorflow", "orthonormal"]
SCALES: Final = get_args(Scale)

Normalisation = Literal["peak", "maximum"]
NORMALISATIONS: Final = get_args(Normalisation)


@dataclass(frozen=True, kw_only=True)
class Mfcc:
    """
    The first coefficients of a DCT-II over the mel bins of a log-mel spectrogram.

    Args:
        log_mel: Log-mel spectrogram, without a resize.
        coefficients: Coefficients kept of each frame, from the zeroth on.
        scale: ``orthonormal``, or ``tensorflow`` for that of
            ``tf.signal.mfccs_from_log_mel_spectrograms``, whose zeroth
            coefficient is greater by the square root of 2.
        normalisation: Number that the clip is divided by first: ``peak``, its greatest
            magnitude, or ``maximum``, its greatest sample with its sign, as in MLPerf Tiny.
            With None, or if the number is 0, the clip is not divided.

    Attributes:
        version: Version of the arithmetic and the defaults, as in :class:`LogMel`.

    Raises:
        CandidateError: If the settings are impossible.

    """

    version: ClassVar[int] = 1

    log_mel: LogMel = field(default_factory=LogMel)
    coefficients: int = 10
    scale: Scale = "tensorflow"
    normalisation: Normalisation | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.log_mel, LogMel):
            refuse(f"log_mel is of type {type(self.log_mel).__name__}", "LogMel(...)")
        if self.log_mel.resize is not None:
            refuse(f"log_mel has resize={self.log_mel.resize}", "a LogMel(...) without a resize")
        most = self.log_mel.mel_bins
        if not isinstance(self.coefficients, int) or not 1 <= self.coefficients <= most:
            wanted = f"a whole number from 1 to the {most} mel bins"
            refuse(f"coefficients={self.coefficients}", wanted)
        if self.scale not in SCALES:
            refuse(f"scale={self.scale!r}", " or ".join(SCALES))
        if self.normalisation not in (None, *NORMALISATIONS):
            wanted = f"None or {' or '.join(NORMALISATIONS)}"
            refuse(f"normalisation={self.normalisation!r}", wanted)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the features, ``(frames, coefficients)``."""
        return self.log_mel.frames, self.coefficients

    def __call__(self, clip: Clip, /) -> Features:
        """Return the features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        require_clip(clip)
        mel = self.log_mel.mel_spectrum(clip)
        if self.normalisation is not None:
            mel *= self._gain(clip)
        return self._coefficients(mel)

    @property
    def framing(self) -> Framing | None:
        """How a clip is framed; None if the whole clip is normalised, or downsampled, first."""
        return None if self.normalisation is not None else self.log_mel.framing

    def rows(self, samples: Clip) -> Features:
        """
        Return a row of each whole frame of *samples*, which may be part of a clip.

        Float32 ``(frames, coefficients)``.
        """
        return self._coefficients(self.log_mel.mel_spectrum(samples))

    def of_rows(self, rows: Features) -> Features:
        """Return the features of a clip with these *rows*: the rows."""
        return rows

    def _coefficients(self, mel: Features) -> Features:
        coefficients: Features = self.log_mel.logarithm(mel) @ self._dct_matrix
        return coefficients

    def _gain(self, clip: Clip) -> float:
        """
        Return the factor of the mel spectrum that is equal to dividing the clip.

        A spectrum has no sign, so the magnitude of the divisor is enough.
        """
        divisor = abs(int(clip.max()))
        if self.normalisation == "peak":
            divisor = max(divisor, -int(clip.min()))
        gain = INT16_SCALE / divisor if divisor else 1.0
        return gain if self.log_mel.spectrum == "magnitude" else gain**2

    @cached_property
    def _dct_matrix(self) -> Features:
        matrix = dct_matrix(self.log_mel.mel_bins, self.coefficients)
        if self.scale == "tensorflow":
            matrix[:, 0] *= sqrt(2)
        return matrix.astype(np.float32)
