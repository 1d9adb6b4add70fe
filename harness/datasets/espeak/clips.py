"""From what was spoken to a clip as a microphone might hear it."""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip, amplitude
from harness.datasets.espeak.speak import RATE_HZ
from harness.datasets.noise import coloured_noise, to_int16

LEVEL_DBFS: Final = (-45.0, -12.0)
"""Of the speech (root mean square while it lasts): recordings differ by as much."""

SNR_DB: Final = (5.0, 40.0)
EXPONENT: Final = (0.0, 2.0)
"""Of the noise's power spectrum, 1/f**exponent: from white to brown."""

_COMMON: Final = np.gcd(SAMPLE_RATE_HZ, RATE_HZ)
_UP: Final = int(SAMPLE_RATE_HZ // _COMMON)
_DOWN: Final = int(RATE_HZ // _COMMON)
_AUDIBLE: Final = 0.01
"""Of the peak: what comes before and after is silence that eSpeak NG puts around a word."""


def to_clip(spoken: npt.NDArray[np.int16], rng: np.random.Generator) -> Clip:
    """
    Place *spoken* somewhere in a second of noise.

    Args:
        spoken: At RATE_HZ, with at least one sample that is not 0.
        rng: Draws level, place and noise, and which second of longer speech is taken.

    Returns:
        int16, shape ``(CLIP_SAMPLES,)``, at SAMPLE_RATE_HZ.

    """
    speech = _second(to_speech(spoken), rng)
    level = amplitude(rng.uniform(*LEVEL_DBFS))
    speech *= level / np.sqrt(np.mean(speech**2))
    noise = coloured_noise(rng, rng.uniform(*EXPONENT))
    noise *= np.float32(level * 10 ** (-rng.uniform(*SNR_DB) / 20))
    start = rng.integers(0, CLIP_SAMPLES - speech.size, endpoint=True)
    noise[start : start + speech.size] += speech
    return to_int16(noise)


def to_speech(spoken: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """Return *spoken* at SAMPLE_RATE_HZ, without the silence around it."""
    return _trimmed(_resampled(spoken))


def _resampled(spoken: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    from scipy.signal import resample_poly  # noqa: PLC0415  (0.9 s to import, seldom needed)

    resampled: npt.NDArray[np.float32] = resample_poly(
        spoken.astype(np.float32),
        _UP,
        _DOWN,
        window=_low_pass(),  # type: ignore[call-overload]  # its stubs know filters by name only
    )
    return resampled


@cache
def _low_pass() -> npt.NDArray[np.float64]:
    """Return the filter that ``resample_poly`` designs by default, designed once for all clips."""
    widest = max(_UP, _DOWN)
    from scipy.signal import firwin  # noqa: PLC0415  (as above)

    return firwin(2 * 10 * widest + 1, 1 / widest, window=("kaiser", 5.0))


def _trimmed(speech: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return *speech* without the silence around it."""
    audible = np.flatnonzero(np.abs(speech) > _AUDIBLE * np.abs(speech).max())
    return speech[audible[0] : audible[-1] + 1]


def _second(speech: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return *speech*, or a second of it where it lasts longer."""
    beyond = speech.size - CLIP_SAMPLES
    if beyond <= 0:
        return speech
    start = rng.integers(0, beyond, endpoint=True)
    return speech[start : start + CLIP_SAMPLES]
