"""The front-end against eager ``tf.signal``, to the tolerances that the design states."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from candidates._training import tf
from harness import datasets
from harness.audio import CLIP_SAMPLES
from harness.candidate.registry import Registry
from harness.frontends.log_mel import LogMel
from tests.training.reference import Reference
from tests.training.synthetic import Clips, voices

MEL_TOLERANCE = 1e-6
"""Of mel magnitudes, as a share of the greatest one in the clip; the mel matrix in float64."""

ROUNDED_MEL_TOLERANCE = 1e-5
"""The same with TensorFlow's mel matrix in float32, which is that far from its own in float64."""

LOG_TOLERANCE = 2e-3
"""Of log-mel features, resized or not; they span about 20."""

SEEDS = LogMel(frame_ms=50, hop_ms=25, mel_bins=30, low_hz=20, high_hz=8_000)

REGISTRY = Registry()
USED = tuple(dict.fromkeys(REGISTRY.load(name).frontend for name in REGISTRY.names()))
OTHERS = (
    LogMel(frame_ms=32, hop_ms=16, mel_bins=20, low_hz=80, high_hz=7_600),
    LogMel(frame_ms=40, hop_ms=20, mel_bins=40),
    LogMel(frame_ms=20, hop_ms=30, mel_bins=16, low_hz=0),
    LogMel(frame_ms=100, hop_ms=50, mel_bins=64),
    replace(SEEDS, resize=(64, 48)),
    replace(SEEDS, resize=(7, 5)),
    replace(SEEDS, sample_rate_hz=8_000, high_hz=4_000, mel_bins=20),
    LogMel(sample_rate_hz=12_000, frame_ms=30, hop_ms=15, high_hz=6_000, mel_bins=20),
)


def settings(frontend: LogMel) -> str:
    return (
        f"{frontend.sample_rate_hz}Hz-{frontend.frame_ms}ms-{frontend.hop_ms}ms-"
        f"{frontend.mel_bins}x{frontend.low_hz}..{frontend.high_hz}Hz-{frontend.resize}"
    )


@pytest.fixture(scope="module")
def made_clips() -> Clips:
    """Return what speech may bring: voices, noise at full scale, faint noise, a click, silence."""
    rng = np.random.default_rng(1)
    loud = rng.integers(-32_768, 32_768, CLIP_SAMPLES)
    faint = rng.integers(-2, 3, CLIP_SAMPLES)
    click = np.where(np.arange(CLIP_SAMPLES) == CLIP_SAMPLES // 2, 32_767, 0)
    silence = np.zeros(CLIP_SAMPLES)
    others = np.stack([loud, faint, click, silence]).astype(np.int16)
    return np.concatenate([voices(8), others])


@pytest.fixture(scope="module")
def spoken_clips(kws_data: Path) -> Clips:
    """Return 40 clips spread over the test split, the loudest one and the faintest one."""
    source = datasets.find("mini_speech_commands", {"KWS_DATA": str(kws_data)})
    clips = source.load(source.words("test"), "test").clips
    loudness = np.square(clips, dtype=np.float64).mean(axis=1)
    spread = np.linspace(0, len(clips) - 1, 40).astype(int)
    return clips[[*spread, loudness.argmax(), loudness.argmin()]]


@pytest.fixture(scope="module")
def clips(request: pytest.FixtureRequest) -> Clips:
    """Return the clips of the fixture that a test names."""
    found: Clips = request.getfixturevalue(request.param)
    return found


def mel_error(frontend: LogMel, reference: Reference, clips: Clips) -> float:
    """Greatest difference of mel magnitudes, as a share of the greatest one in its clip."""

    def of_each() -> Iterator[Any]:
        for clip in clips:
            expected = reference.mel_magnitudes(clip).numpy()
            # Silence has no peak to be a share of: there, any difference counts in full.
            yield abs(frontend.mel_magnitudes(clip) - expected).max() / (expected.max() or 1)

    return float(max(of_each()))


def log_error(frontend: LogMel, reference: Reference, clips: Clips) -> float:
    """Greatest difference of features."""
    return float(max(abs(frontend(clip) - reference(clip)).max() for clip in clips))


every_setting = pytest.mark.parametrize("frontend", [*USED, *OTHERS], ids=settings)


@every_setting
@pytest.mark.parametrize(
    "clips",
    ["made_clips", pytest.param("spoken_clips", marks=pytest.mark.speech)],
    indirect=True,
    ids=["made", "spoken"],
)
class TestEquality:
    def test_mel_magnitudes(self, frontend: LogMel, clips: Clips) -> None:
        reference = Reference(frontend=frontend, precision=tf.float64)

        assert mel_error(frontend, reference, clips) <= MEL_TOLERANCE

    def test_mel_magnitudes_as_tensorflow_rounds_them(self, frontend: LogMel, clips: Clips) -> None:
        reference = Reference(frontend=frontend)

        assert mel_error(frontend, reference, clips) <= ROUNDED_MEL_TOLERANCE

    def test_log_mel(self, frontend: LogMel, clips: Clips) -> None:
        bare = replace(frontend, resize=None)

        assert log_error(bare, Reference(frontend=bare), clips) <= LOG_TOLERANCE

    def test_features(self, frontend: LogMel, clips: Clips) -> None:
        assert log_error(frontend, Reference(frontend=frontend), clips) <= LOG_TOLERANCE


@pytest.mark.parametrize(
    "taper",
    [
        pytest.param(partial(tf.signal.hann_window, periodic=False), id="symmetric Hann"),
        pytest.param(tf.signal.hamming_window, id="Hamming"),
    ],
)
def test_another_window_is_noticed(taper: Any, made_clips: Clips) -> None:
    frontend = SEEDS
    reference = Reference(frontend=frontend, window=taper)

    assert mel_error(frontend, reference, made_clips) > 100 * MEL_TOLERANCE
    assert log_error(frontend, reference, made_clips) > LOG_TOLERANCE


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"low_hz": 21}, id="lower edge 1 Hz up"),
        pytest.param({"high_hz": 7_990}, id="upper edge 10 Hz down"),
    ],
)
def test_another_mel_matrix_is_noticed(changed: dict[str, Any], made_clips: Clips) -> None:
    frontend = SEEDS
    reference = Reference(frontend=replace(frontend, **changed))

    assert mel_error(frontend, reference, made_clips) > 10 * ROUNDED_MEL_TOLERANCE


def test_a_resize_without_half_pixel_centres_is_noticed(made_clips: Clips) -> None:
    frontend = replace(SEEDS, resize=(32, 32))
    bare = Reference(frontend=replace(frontend, resize=None))
    features = bare(made_clips[0])[np.newaxis, ..., np.newaxis]
    shifted = tf.compat.v1.image.resize_bilinear(features, (32, 32))[0, ..., 0].numpy()

    assert abs(frontend(made_clips[0]) - shifted).max() > 10 * LOG_TOLERANCE
