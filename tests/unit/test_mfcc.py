"""Cepstral coefficients, against cases worked by hand."""

import math
import re
from typing import Any

import numpy as np
import pytest

from harness import LogMel, Mfcc
from harness.audio import Clip
from harness.errors import AudioError, CandidateError
from harness.frontends.filters import dct_matrix
from harness.frontends.frontend import Features
from harness.frontends.mfcc import Normalisation

NOISE: Clip = np.random.default_rng(0).integers(-8_000, 6_000, 16_000).astype(np.int16)
SILENCE = np.zeros(16_000, np.int16)

MLPERF_TINY = Mfcc(
    log_mel=LogMel(frame_ms=30, hop_ms=20, fft_length=512, mel_bins=40, high_hz=4_000),
    normalisation="maximum",
)


def features_after(clip: Clip, normalisation: Normalisation | None) -> Features:
    return Mfcc(normalisation=normalisation)(clip)


def test_the_features_of_mlperf_tiny_have_their_published_shape() -> None:
    features = MLPERF_TINY(NOISE)

    assert MLPERF_TINY.shape == features.shape == (49, 10)
    assert features.dtype.name == "float32"


def test_the_dct_of_three_bins_is_that_worked_by_hand() -> None:
    # cos(pi / 3 * (bin + 1/2) * k): 1, 1, 1; sqrt(3)/2, 0, -sqrt(3)/2; 1/2, -1, 1/2,
    # each over the root of its sum of squares: sqrt(3), sqrt(3/2), sqrt(3/2).
    expected = np.array([[1, 1, 1], [1.5**0.5, 0, -(1.5**0.5)], [0.5**0.5, -(2**0.5), 0.5**0.5]])

    np.testing.assert_allclose(dct_matrix(3, 3), expected.T / math.sqrt(3), atol=1e-12)


def test_the_orthonormal_dct_keeps_lengths() -> None:
    matrix = dct_matrix(32, 32)

    np.testing.assert_allclose(matrix @ matrix.T, np.eye(32), atol=1e-12)


def test_the_scale_of_tensorflow_differs_in_the_zeroth_coefficient_alone() -> None:
    ours, theirs = Mfcc(scale="orthonormal")(NOISE), Mfcc(scale="tensorflow")(NOISE)

    np.testing.assert_allclose(theirs[:, 0], math.sqrt(2) * ours[:, 0], rtol=1e-6)
    np.testing.assert_array_equal(theirs[:, 1:], ours[:, 1:])


def test_silence_is_flat_across_the_mel_bins() -> None:
    # 32 bins of log(1e-6): sqrt(2 / 32) times their sum, and nothing but the zeroth.
    features = Mfcc()(SILENCE)

    np.testing.assert_allclose(features[:, 0], 8 * math.log(1e-6), rtol=1e-6)
    np.testing.assert_allclose(features[:, 1:], 0, atol=1e-4)


@pytest.mark.parametrize("spectrum", ["magnitude", "power"])
@pytest.mark.parametrize(
    ("normalisation", "divisor"), [("maximum", NOISE.max()), ("peak", -int(NOISE.min()))]
)
def test_the_clip_is_divided_by_its_maximum_or_by_its_peak(
    normalisation: Normalisation, divisor: int, spectrum: Any
) -> None:
    log_mel = LogMel(spectrum=spectrum)
    scaled = log_mel._windowed(NOISE.astype(np.float32) * np.float32(32_768 / divisor))
    powers = np.abs(log_mel._rfft(scaled)) ** (2 if spectrum == "power" else 1)
    expected = np.log(powers @ log_mel._mel_matrix + 1e-6) @ dct_matrix(32, 10)
    expected[:, 0] *= math.sqrt(2)

    features = Mfcc(log_mel=log_mel, normalisation=normalisation)(NOISE)

    np.testing.assert_allclose(features, expected, atol=1e-3)


@pytest.mark.parametrize("normalisation", ["maximum", "peak"])
def test_loudness_changes_nothing_once_a_clip_is_normalised(normalisation: Normalisation) -> None:
    louder = features_after((2 * NOISE).astype(np.int16), normalisation)

    np.testing.assert_allclose(louder, features_after(NOISE, normalisation), atol=1e-4)


@pytest.mark.parametrize("normalisation", ["maximum", "peak"])
def test_a_silent_clip_is_left_as_it_is(normalisation: Normalisation) -> None:
    np.testing.assert_array_equal(
        features_after(SILENCE, normalisation), features_after(SILENCE, None)
    )


def test_a_clip_without_a_sample_above_zero_has_no_maximum_to_divide_by() -> None:
    below = -np.abs(NOISE // 2)
    below[0] = 0

    np.testing.assert_array_equal(features_after(below, "maximum"), features_after(below, None))


def test_the_peak_of_a_clip_may_be_the_least_sample_there_is() -> None:
    clip = NOISE.copy()
    clip[8_000] = -32_768

    np.testing.assert_allclose(features_after(clip, "peak"), features_after(clip, None), atol=1e-4)


def test_a_clip_that_is_no_second_is_refused() -> None:
    with pytest.raises(AudioError, match=r"^a clip is int16 of shape \(15999,\), not "):
        MLPERF_TINY(NOISE[1:])


@pytest.mark.parametrize(
    ("settings", "fault", "cure"),
    [
        ({"coefficients": 33}, "coefficients=33", "a whole number from 1 to the 32 mel bins"),
        ({"coefficients": 0}, "coefficients=0", "a whole number from 1 to the 32 mel bins"),
        ({"coefficients": 9.5}, "coefficients=9.5", "a whole number from 1 to the 32 mel bins"),
        ({"scale": "htk"}, "scale='htk'", "tensorflow or orthonormal"),
        ({"normalisation": "rms"}, "normalisation='rms'", "None or peak or maximum"),
        ({"log_mel": "mel"}, "log_mel is of type str", "LogMel(...)"),
        (
            {"log_mel": LogMel(resize=(32, 32))},
            "log_mel has resize=(32, 32)",
            "a LogMel(...) without a resize",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_impossible_setting_is_refused_by_name(
    settings: dict[str, Any], fault: str, cure: str
) -> None:
    expected = f"impossible front-end: {fault}; use {cure}"
    with pytest.raises(CandidateError, match=f"^{re.escape(expected)}$"):
        Mfcc(**settings)
