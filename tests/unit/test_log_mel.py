"""Log-mel spectrograms, against cases worked by hand."""

import dataclasses
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.audio import Clip
from harness.errors import AudioError, CandidateError
from harness.frontends.filters import bilinear_matrix
from harness.frontends.frontend import Features
from harness.frontends.log_mel import LogMel

SILENCE = np.zeros(16_000, np.int16)
NOISE = np.random.default_rng(0).integers(-20_000, 20_000, 16_000).astype(np.int16)


def tone(hz: float, peak: int = 16_384) -> Clip:
    seconds = np.arange(16_000) / 16_000
    samples: Clip = np.rint(peak * np.sin(2 * np.pi * hz * seconds)).astype(np.int16)
    return samples


def mel(hz: float) -> float:
    """O'Shaughnessy's formula, with the decadic logarithm of the HTK book."""
    return 2_595 * math.log10(1 + hz / 700)


def centre_hz(bin_: int, frontend: LogMel) -> float:
    """Middle of a mel filter: equal steps on the mel scale between the edges."""
    low, high = mel(frontend.low_hz), mel(frontend.high_hz)
    step = (high - low) / (frontend.mel_bins + 1)
    return float(700 * (10 ** ((low + (bin_ + 1) * step) / 2_595) - 1))


def loudest_bins(features: Features) -> set[int]:
    return set(features.argmax(axis=1).tolist())


# Every combination is legal: the narrowest filter, 93 mel (60 Hz) from edge to edge
# at the low end, still holds one of the spectrum's bins, which are at most 40 Hz apart.
LEGAL = st.builds(
    LogMel,
    sample_rate_hz=st.sampled_from([8_000, 11_025, 16_000]),
    frame_ms=st.floats(25, 1_000),
    hop_ms=st.floats(1, 1_200),
    mel_bins=st.integers(1, 20),
    low_hz=st.integers(0, 1_000),
    high_hz=st.integers(3_000, 4_000),
    resize=st.none() | st.tuples(st.integers(1, 60), st.integers(1, 60)),
    fft_length=st.none() | st.integers(16_000, 17_000),
    spectrum=st.sampled_from(["magnitude", "power"]),
    log_offset=st.floats(1e-9, 1),
    log_floor=st.floats(0, 1),
)


@settings(max_examples=30, deadline=None)
@given(frontend=LEGAL)
def test_features_have_the_shape_that_was_announced(frontend: LogMel) -> None:
    features = frontend(NOISE)
    assert (features.shape, features.dtype.name) == (frontend.shape, "float32")
    assert np.isfinite(features).all()


@pytest.mark.parametrize(
    ("frontend", "expected"),
    [
        pytest.param(LogMel(), (39, 32), id="default"),  # 1 + (16000 - 512) // 400
        pytest.param(LogMel(frame_ms=1_000), (1, 32), id="one-frame"),
        pytest.param(LogMel(frame_ms=40, hop_ms=20, mel_bins=10), (49, 10), id="40-20-10"),
        pytest.param(LogMel(sample_rate_hz=8_000, high_hz=4_000), (39, 32), id="8-kHz"),
        pytest.param(LogMel(resize=(32, 24)), (32, 24), id="resized"),
        pytest.param(LogMel(fft_length=1_024), (39, 32), id="zero-padded"),
    ],
)
def test_the_shape_of_some_settings(frontend: LogMel, expected: tuple[int, int]) -> None:
    assert frontend.shape == expected


@pytest.mark.parametrize(
    "frontend",
    [
        pytest.param(LogMel(), id="default"),
        pytest.param(LogMel(sample_rate_hz=8_000, high_hz=4_000), id="8-kHz"),
        pytest.param(LogMel(resize=(13, 7)), id="resized"),
        pytest.param(LogMel(spectrum="power"), id="power"),
    ],
)
def test_digital_silence_is_the_logarithm_of_a_millionth_everywhere(frontend: LogMel) -> None:
    expected = np.full(frontend.shape, math.log(1e-6))
    np.testing.assert_allclose(frontend(SILENCE), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("floor", "offset", "expected"),
    [
        pytest.param(1e-3, 0, 1e-3, id="floor"),
        pytest.param(0, 1e-3, 1e-3, id="offset"),
        pytest.param(1e-3, 2e-3, 3e-3, id="both"),
    ],
)
def test_silence_is_the_logarithm_of_floor_plus_offset(
    floor: float, offset: float, expected: float
) -> None:
    frontend = LogMel(log_floor=floor, log_offset=offset)
    wanted = np.full(frontend.shape, math.log(expected))
    np.testing.assert_allclose(frontend(SILENCE), wanted, rtol=1e-6)


def test_a_floor_changes_nothing_above_it() -> None:
    mel = LogMel().mel_spectrum(NOISE)
    floored = LogMel(log_floor=float(mel.min()) / 2, log_offset=0)(NOISE)
    np.testing.assert_allclose(floored, np.log(mel), rtol=1e-6)


@pytest.mark.parametrize("bin_", [0, 1, 7, 15, 30, 31])
def test_a_tone_in_the_middle_of_a_filter_peaks_in_its_bin(bin_: int) -> None:
    frontend = LogMel()
    assert loudest_bins(frontend(tone(centre_hz(bin_, frontend)))) == {bin_}


def test_a_tone_has_the_magnitude_worked_by_hand() -> None:
    # 1 kHz is the 32nd of the spectrum's bins, 31.25 Hz apart. A tone of amplitude a gives
    # a * 512 / 4 there and half of that on both sides (Hann), and the weights of all
    # filters add up to 1 at each frequency: a * 256 in all. 16384 of 32768 is a = 1/2.
    sums = LogMel().mel_spectrum(tone(1_000)).sum(axis=1)
    np.testing.assert_allclose(sums, np.full(39, 128), rtol=1e-3)


def test_the_power_of_a_tone_is_that_worked_by_hand() -> None:
    # The squares of the magnitudes above: 64^2 in the middle and 32^2 on both sides.
    sums = LogMel(spectrum="power").mel_spectrum(tone(1_000)).sum(axis=1)
    np.testing.assert_allclose(sums, np.full(39, 64**2 + 2 * 32**2), rtol=1e-3)


def test_zeros_after_a_frame_leave_its_own_frequencies_as_they_are() -> None:
    # Every second bin of a spectrum twice as long is one of the short spectrum.
    short, long = LogMel(), LogMel(fft_length=1_024)
    frames = short._windowed(NOISE.astype(np.float32))
    np.testing.assert_allclose(long._rfft(frames)[:, ::2], short._rfft(frames), atol=1e-4)


def test_a_longer_transform_fills_filters_that_a_frame_leaves_empty() -> None:
    with pytest.raises(CandidateError, match=r"mel_bins=80 leaves mel filters \[.+\] empty"):
        LogMel(frame_ms=16, mel_bins=80)
    frontend = LogMel(frame_ms=16, mel_bins=80, fft_length=1_024)
    assert loudest_bins(frontend(tone(centre_hz(60, frontend)))) == {60}


def test_a_constant_offset_reaches_no_filter_above_two_bins() -> None:
    # A periodic Hann window is one cosine: its spectrum is zero from the second bin,
    # 62.5 Hz, on. That of a symmetric one would leave 0.07 there.
    offset = np.full(16_000, 16_384, np.int16)
    assert LogMel(low_hz=40).mel_spectrum(offset).max() < 1e-4


def test_twice_as_loud_is_the_logarithm_of_two_more() -> None:
    frontend = LogMel()
    louder, softer = (frontend(tone(1_000, peak)).max() for peak in (16_384, 8_192))
    assert louder - softer == pytest.approx(math.log(2), rel=1e-4)


def test_a_click_is_in_the_frames_that_hold_it_alone() -> None:
    clip = SILENCE.copy()
    clip[4_100] = 30_000  # frames 9 (3600 to 4111) and 10 (4000 to 4511)
    loud = LogMel().mel_spectrum(clip).any(axis=1)
    assert np.flatnonzero(loud).tolist() == [9, 10]


@pytest.mark.parametrize(
    "sample_rate_hz",
    [pytest.param(16_000, id="as-recorded"), pytest.param(8_000, id="downsampled")],
)
def test_downsampling_keeps_a_tone_in_its_mel_bin(sample_rate_hz: int) -> None:
    # mel(20) = 31.7 and mel(4000) = 2146.1, so 32 filters are 64.1 mel apart, and
    # 1 kHz, 1000 mel, is 15.1 steps up: nearest to the 15th filter, bin 14.
    frontend = LogMel(sample_rate_hz=sample_rate_hz, high_hz=4_000)
    middle = frontend(tone(1_000))[1:-1]  # a filter has to start and to stop somewhere
    assert loudest_bins(middle) == {14}


def test_downsampling_folds_nothing_back() -> None:
    frontend = LogMel(sample_rate_hz=8_000, high_hz=4_000)
    kept, removed = (frontend.mel_spectrum(tone(hz))[1:-1].max() for hz in (2_000, 6_000))
    assert removed < kept / 100


def test_a_resize_to_the_same_size_is_the_identity() -> None:
    plain = LogMel()
    resized = dataclasses.replace(plain, resize=plain.shape)
    np.testing.assert_array_equal(resized(NOISE), plain(NOISE))


def test_half_as_many_columns_are_the_means_of_pairs() -> None:
    plain = LogMel()
    expected = plain(NOISE).reshape(39, 16, 2).mean(axis=2)
    resized = dataclasses.replace(plain, resize=(39, 16))(NOISE)
    np.testing.assert_allclose(resized, expected, rtol=1e-5)


def test_a_third_of_the_rows_are_the_middle_ones() -> None:
    plain = LogMel()
    resized = dataclasses.replace(plain, resize=(13, 32))(NOISE)
    np.testing.assert_allclose(resized, plain(NOISE)[1::3], rtol=1e-6)


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        # sources of four pixels from two: -0.25 (clipped), 0.25, 0.75, 1.25 (clipped)
        pytest.param([0, 10], [0, 2.5, 7.5, 10], id="two-to-four"),
        # four from eight: 0.5, 2.5, 4.5, 6.5
        pytest.param([0, 1, 2, 3, 5, 7, 20, 0], [0.5, 2.5, 6, 10], id="eight-to-four"),
        # four from three: -0.125 (clipped), 0.625, 1.375, 2.125 (clipped)
        pytest.param([0, 8, 80], [0, 5, 35, 80], id="three-to-four"),
        pytest.param([3], [3, 3, 3, 3], id="one-to-four"),
    ],
)
def test_pixels_are_interpolated_between_their_centres(
    old: list[float], expected: list[float]
) -> None:
    assert (bilinear_matrix(len(old), 4) @ np.array(old)).tolist() == expected


def test_the_same_clip_gives_the_same_features_and_stays_as_it_is() -> None:
    frontend, clip = LogMel(), NOISE.copy()
    np.testing.assert_array_equal(frontend(clip), frontend(clip))
    np.testing.assert_array_equal(clip, NOISE)


@pytest.mark.parametrize(
    ("settings_", "fault", "cure"),
    [
        pytest.param({"sample_rate_hz": 0}, "sample_rate_hz=0", "1 to 16000", id="no-sample-rate"),
        pytest.param(
            {"sample_rate_hz": 44_100}, "sample_rate_hz=44100", "1 to 16000", id="upsampling"
        ),
        pytest.param({"hop_ms": 0}, "hop_ms=0", "at least one sample", id="no-hop"),
        pytest.param({"hop_ms": -25}, "hop_ms=-25", "at least one sample", id="hop-backwards"),
        pytest.param(
            {"hop_ms": 0.01}, "hop_ms=0.01", "at least one sample", id="hop-under-a-sample"
        ),
        pytest.param(
            {"frame_ms": 1_001}, "frame_ms=1001 gives zero frames", "at most one second", id="long"
        ),
        pytest.param(
            {"low_hz": 4_000, "high_hz": 4_000},
            "low_hz=4000 with high_hz=4000",
            "0 <= low < high",
            id="edges-meet",
        ),
        pytest.param(
            {"low_hz": -1}, "low_hz=-1 with high_hz=8000", "0 <= low < high", id="low-below-zero"
        ),
        pytest.param(
            {"high_hz": 8_001},
            "high_hz=8001",
            "at most the Nyquist frequency, 8000 Hz",
            id="above-nyquist",
        ),
        pytest.param(
            {"sample_rate_hz": 8_000},
            "high_hz=8000",
            "at most the Nyquist frequency, 4000 Hz",
            id="above-nyquist-downsampled",
        ),
        pytest.param({"mel_bins": 0}, "mel_bins=0", "a whole number, at least 1", id="no-bins"),
        pytest.param(
            {"mel_bins": 2.5}, "mel_bins=2.5", "a whole number, at least 1", id="half-a-bin"
        ),
        pytest.param(
            {"frame_ms": math.inf}, "frame_ms=inf", "a number of milliseconds", id="endless-frame"
        ),
        pytest.param(
            {"hop_ms": math.nan}, "hop_ms=nan", "a number of milliseconds", id="hop-is-no-number"
        ),
        pytest.param(
            {"resize": (39, 30, 1)},
            "resize=(39, 30, 1)",
            "(rows, columns), each at least 1",
            id="three-sizes",
        ),
        pytest.param(
            {"resize": (0, 30)}, "resize=(0, 30)", "(rows, columns), each at least 1", id="no-rows"
        ),
        pytest.param(
            {"resize": (39, -1)},
            "resize=(39, -1)",
            "(rows, columns), each at least 1",
            id="no-columns",
        ),
        # a frame of 32 samples has bins at 0, 500, ... Hz, and 0 Hz is left out
        pytest.param(
            {"frame_ms": 2, "low_hz": 0, "high_hz": 400, "mel_bins": 1},
            "mel_bins=1 leaves mel filters [0] empty",
            "fewer bins, a longer frame or a longer fft_length",
            id="empty-filter",
        ),
        pytest.param(
            {"fft_length": 511},
            "fft_length=511",
            "a whole number, at least the 512 samples of a frame",
            id="transform-shorter-than-frame",
        ),
        pytest.param(
            {"fft_length": 1024.0},
            "fft_length=1024.0",
            "a whole number, at least the 512 samples of a frame",
            id="transform-of-a-float",
        ),
        pytest.param(
            {"spectrum": "energy"}, "spectrum='energy'", "magnitude or power", id="spectrum"
        ),
        pytest.param(
            {"log_offset": -1e-6}, "log_offset=-1e-06", "a finite number, 0 or more", id="offset"
        ),
        pytest.param(
            {"log_floor": math.inf}, "log_floor=inf", "a finite number, 0 or more", id="floor"
        ),
        pytest.param(
            {"log_offset": 0},
            "log_offset=0 with log_floor=0.0 gives silence an infinite logarithm",
            "one of them above 0",
            id="logarithm-of-zero",
        ),
        pytest.param(
            {"log_offset": 0, "log_floor": 1e-50},  # zero in float32
            "log_offset=0 with log_floor=1e-50 gives silence an infinite logarithm",
            "one of them above 0",
            id="logarithm-of-almost-zero",
        ),
    ],
)
def test_an_impossible_setting_is_refused_by_name(
    settings_: dict[str, Any], fault: str, cure: str
) -> None:
    expected = f"impossible front-end: {fault}; use {cure}"
    with pytest.raises(CandidateError, match=f"^{re.escape(expected)}$"):
        LogMel(**settings_)


@pytest.mark.parametrize("frame_ms", [0, -50, 0.06])
def test_a_frame_of_less_than_two_samples_is_refused(frame_ms: float) -> None:
    expected = f"^impossible front-end: frame_ms={frame_ms}.*; use at least two samples"
    with pytest.raises(CandidateError, match=expected):
        LogMel(frame_ms=frame_ms)


@pytest.mark.parametrize("shape", [(15_999,), (16_001,), (16_000, 1), (0,)], ids=str)
def test_a_clip_that_is_no_second_is_refused(shape: tuple[int, ...]) -> None:
    expected = f"a clip is int16 of shape {shape}, not int16 of shape (16000,); "
    with pytest.raises(AudioError, match=f"^{re.escape(expected)}read it with decode_wav$"):
        LogMel()(np.zeros(shape, np.int16))


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_a_clip_of_other_numbers_is_refused(dtype: str) -> None:
    expected = f"a clip is {dtype} of shape (16000,), not int16 of shape (16000,); "
    with pytest.raises(AudioError, match=f"^{re.escape(expected)}read it with decode_wav$"):
        LogMel()(SILENCE.astype(dtype))


def test_a_front_end_that_was_called_can_be_sent_to_another_process() -> None:
    frontend = LogMel()
    expected = frontend(NOISE)
    sent: LogMel = pickle.loads(pickle.dumps(frontend))  # noqa: S301
    np.testing.assert_array_equal(sent(NOISE), expected)


def test_a_setting_cannot_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LogMel().mel_bins = 40  # type: ignore[misc]
