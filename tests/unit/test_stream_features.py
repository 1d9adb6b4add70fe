"""Features of a stream: those of each whole second, from the new frames alone where that can be."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from harness import LogMel, Mfcc, Waveform
from harness.audio import Clip
from harness.errors import CandidateError
from harness.stream.features import RollingFeatures, stream_features


@dataclass(frozen=True)
class Louder(LogMel):
    """A candidate's own front-end, whose features depend on the whole second."""

    def __call__(self, clip: Clip, /) -> npt.NDArray[np.float32]:
        return super().__call__(clip) * np.float32(abs(int(clip[0])) + 1)


@dataclass(frozen=True)
class Broken:
    """A candidate's own front-end that fails on loud clips."""

    shape: tuple[int, ...] = (2,)

    def __call__(self, clip: Clip, /) -> npt.NDArray[np.float32]:
        return np.zeros(2 if clip.any() else 3, np.float32)


ROLLING = [
    LogMel(),
    LogMel(frame_ms=16, mel_bins=20),
    LogMel(frame_ms=50, mel_bins=30, resize=(32, 32)),
    LogMel(spectrum="power", fft_length=1_024, log_floor=1e-4),
    Mfcc(),
    Mfcc(log_mel=LogMel(frame_ms=30, hop_ms=20, mel_bins=40), scale="orthonormal"),
]
WHOLE = [
    Waveform(),
    LogMel(sample_rate_hz=8_000, high_hz=4_000),
    LogMel(hop_ms=30),
    Mfcc(normalisation="peak"),
    Mfcc(log_mel=LogMel(sample_rate_hz=8_000, high_hz=4_000)),
    Louder(),
]


def seconds(hop_samples: int, count: int = 15) -> list[Clip]:
    samples = np.random.default_rng(0).integers(-9_000, 9_000, 16_000 * 4).astype(np.int16)
    samples[20_000:30_000] = 0
    return [samples[start : start + 16_000] for start in np.arange(count) * hop_samples]


def name(frontend: Any) -> str:
    return repr(frontend)[:60]


@pytest.mark.parametrize("frontend", ROLLING, ids=name)
def test_new_frames_alone_give_the_features_of_each_whole_second(frontend: Any) -> None:
    features_of = stream_features(frontend, 1_600)

    assert isinstance(features_of, RollingFeatures)
    for clip in seconds(1_600):
        np.testing.assert_allclose(features_of(clip), frontend(clip), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("frontend", WHOLE, ids=name)
def test_other_front_ends_compute_the_whole_second(frontend: Any) -> None:
    features_of = stream_features(frontend, 1_600)

    assert not isinstance(features_of, RollingFeatures)
    for clip in seconds(1_600, 3):
        np.testing.assert_array_equal(features_of(clip), frontend(clip))


@pytest.mark.parametrize("hop_samples", [400, 1_200, 8_000])
def test_any_whole_number_of_frames_can_be_new(hop_samples: int) -> None:
    features_of = stream_features(LogMel(), hop_samples)

    assert isinstance(features_of, RollingFeatures)
    for clip in seconds(hop_samples, 5):
        np.testing.assert_allclose(features_of(clip), LogMel()(clip), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("hop_samples", [16_000, 1_000])
def test_a_hop_of_a_second_or_of_no_whole_frames_is_computed_whole(hop_samples: int) -> None:
    assert not isinstance(stream_features(LogMel(), hop_samples), RollingFeatures)


def test_features_of_one_call_are_not_changed_by_the_caller_that_keeps_a_copy() -> None:
    features_of = stream_features(LogMel(), 1_600)
    first, second = seconds(1_600, 2)

    before = features_of(first).copy()
    features_of(second)

    np.testing.assert_array_equal(before, LogMel()(first))


def test_a_front_end_that_fails_in_mid_stream_is_named() -> None:
    features_of = stream_features(Broken(), 1_600)
    features_of(np.ones(16_000, np.int16))

    with pytest.raises(CandidateError, match=r"Broken returned float32 of shape \(3,\) for a sec"):
        features_of(np.zeros(16_000, np.int16))
