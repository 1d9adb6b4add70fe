"""The front-ends against eager ``tf.signal``, to the tolerances stated here."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from candidates._training import tf
from harness import datasets
from harness.audio import CLIP_SAMPLES, Clip
from harness.candidate.registry import Registry
from harness.frontends.frontend import Features, Frontend
from harness.frontends.log_mel import LogMel
from harness.frontends.mfcc import Mfcc
from harness.frontends.waveform import Waveform
from tests.training.reference import Reference, mlperf_tiny
from tests.training.synthetic import Clips, voices
from tests.unit.recordings import wav_bytes

MEL_TOLERANCE = 1e-6
"""Of mel spectra, as a share of the greatest value in the clip; the mel matrix in float64."""

ROUNDED_MEL_TOLERANCE = 1e-5
"""The same with TensorFlow's mel matrix in float32, which is that far from its own in float64."""

LOG_TOLERANCE = 2e-3
"""Of log-mel features, resized or not; they span about 20."""

MFCC_TOLERANCE = 5e-4
"""Of cepstral coefficients, of which the zeroth spans about 120."""

SEEDS = LogMel(frame_ms=50, hop_ms=25, mel_bins=30, low_hz=20, high_hz=8_000)

REGISTRY = Registry()
NAMED = dict.fromkeys(REGISTRY.load(name).frontend for name in REGISTRY.names())
USED = tuple(frontend for frontend in NAMED if isinstance(frontend, LogMel))
OTHERS = (
    LogMel(frame_ms=32, hop_ms=16, mel_bins=20, low_hz=80, high_hz=7_600),
    LogMel(frame_ms=40, hop_ms=20, mel_bins=40),
    LogMel(frame_ms=20, hop_ms=30, mel_bins=16, low_hz=0),
    LogMel(frame_ms=100, hop_ms=50, mel_bins=64),
    replace(SEEDS, resize=(64, 48)),
    replace(SEEDS, resize=(7, 5)),
    replace(SEEDS, sample_rate_hz=8_000, high_hz=4_000, mel_bins=20),
    LogMel(sample_rate_hz=12_000, frame_ms=30, hop_ms=15, high_hz=6_000, mel_bins=20),
    LogMel(frame_ms=30, hop_ms=20, mel_bins=40, high_hz=4_000, fft_length=512),
    LogMel(frame_ms=25, hop_ms=10, mel_bins=40, fft_length=1_024),
    LogMel(spectrum="power"),
    LogMel(spectrum="power", frame_ms=25, hop_ms=10, fft_length=512, log_floor=1e-5, log_offset=0),
    LogMel(log_floor=1e-2),
    LogMel(log_floor=1e-3, log_offset=1e-3, resize=(32, 32)),
)


def settings(frontend: LogMel) -> str:
    return (
        f"{frontend.sample_rate_hz}Hz-{frontend.frame_ms}ms-{frontend.hop_ms}ms-"
        f"{frontend.mel_bins}x{frontend.low_hz}..{frontend.high_hz}Hz-{frontend.resize}-"
        f"{frontend.fft_length}-{frontend.spectrum}-{frontend.log_floor}-{frontend.log_offset}"
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
    """Greatest difference of mel spectra, as a share of the greatest one in its clip."""

    def of_each() -> Iterator[Any]:
        for clip in clips:
            expected = reference.mel_spectrum(clip).numpy()
            # Silence has no peak to be a share of: there, any difference counts in full.
            yield abs(frontend.mel_spectrum(clip) - expected).max() / (expected.max() or 1)

    return float(max(of_each()))


def error(frontend: Frontend, reference: Callable[[Clip], Features], clips: Clips) -> float:
    """Greatest difference of features."""
    return float(max(abs(frontend(clip) - reference(clip)).max() for clip in clips))


every_setting = pytest.mark.parametrize("frontend", [*USED, *OTHERS], ids=settings)
every_clip = pytest.mark.parametrize(
    "clips",
    ["made_clips", pytest.param("spoken_clips", marks=pytest.mark.speech)],
    indirect=True,
    ids=["made", "spoken"],
)


@every_setting
@every_clip
class TestEquality:
    def test_mel_spectrum(self, frontend: LogMel, clips: Clips) -> None:
        reference = Reference(frontend=frontend, precision=tf.float64)

        assert mel_error(frontend, reference, clips) <= MEL_TOLERANCE

    def test_mel_spectrum_as_tensorflow_rounds_them(self, frontend: LogMel, clips: Clips) -> None:
        reference = Reference(frontend=frontend)

        assert mel_error(frontend, reference, clips) <= ROUNDED_MEL_TOLERANCE

    def test_log_mel(self, frontend: LogMel, clips: Clips) -> None:
        bare = replace(frontend, resize=None)

        assert error(bare, Reference(frontend=bare), clips) <= LOG_TOLERANCE

    def test_features(self, frontend: LogMel, clips: Clips) -> None:
        assert error(frontend, Reference(frontend=frontend), clips) <= LOG_TOLERANCE


MLPERF_TINY = LogMel(frame_ms=30, hop_ms=20, mel_bins=40, high_hz=4_000, fft_length=512)


@every_clip
@pytest.mark.parametrize(
    "log_mel", [LogMel(), MLPERF_TINY, replace(MLPERF_TINY, spectrum="power")], ids=settings
)
class TestCoefficients:
    def test_on_the_scale_of_tensorflow(self, log_mel: LogMel, clips: Clips) -> None:
        reference = Reference(frontend=log_mel)

        def coefficients(clip: Clip) -> Features:
            found: Features = tf.signal.mfccs_from_log_mel_spectrograms(reference(clip)).numpy()
            return found[:, :13]

        assert error(Mfcc(log_mel=log_mel, coefficients=13), coefficients, clips) <= MFCC_TOLERANCE

    def test_orthonormal(self, log_mel: LogMel, clips: Clips) -> None:
        reference = Reference(frontend=log_mel)

        def coefficients(clip: Clip) -> Features:
            found: Features = tf.signal.dct(reference(clip), norm="ortho").numpy()
            return found[:, :13]

        frontend = Mfcc(log_mel=log_mel, coefficients=13, scale="orthonormal")
        assert error(frontend, coefficients, clips) <= MFCC_TOLERANCE

    def test_divided_by_the_peak(self, log_mel: LogMel, clips: Clips) -> None:
        reference = Reference(frontend=log_mel)

        def coefficients(clip: Clip) -> Features:
            samples = tf.constant(clip, tf.float32)
            samples /= tf.maximum(tf.reduce_max(tf.abs(samples)), 1e-6)
            log_mels = reference.logarithm(reference.mel_spectrum_of(samples))
            found: Features = tf.signal.mfccs_from_log_mel_spectrograms(log_mels).numpy()
            return found[:, :10]

        frontend = Mfcc(log_mel=log_mel, normalisation="peak")
        assert error(frontend, coefficients, clips) <= MFCC_TOLERANCE


@every_clip
def test_the_features_of_mlperf_tiny(clips: Clips) -> None:
    audible = clips[clips.max(axis=1) > 0]  # the reference divides silence by zero
    frontend = Mfcc(log_mel=MLPERF_TINY, normalisation="maximum")

    assert error(frontend, mlperf_tiny, audible) <= MFCC_TOLERANCE


@every_clip
def test_a_waveform_is_that_of_decode_wav(clips: Clips) -> None:
    def decoded(clip: Clip) -> Features:
        samples, _ = tf.audio.decode_wav(wav_bytes(clip))
        found: Features = samples[:, 0].numpy()
        return found

    assert error(Waveform(), decoded, clips) == 0


@pytest.mark.parametrize(
    "wrong",
    [{"scale": "orthonormal"}, {"normalisation": "peak"}, {"normalisation": None}],
    ids=str,
)
def test_other_coefficients_are_noticed(wrong: dict[str, Any], made_clips: Clips) -> None:
    frontend = replace(Mfcc(log_mel=MLPERF_TINY, normalisation="maximum"), **wrong)

    assert error(frontend, mlperf_tiny, made_clips[:-1]) > 10 * MFCC_TOLERANCE


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
    assert error(frontend, reference, made_clips) > LOG_TOLERANCE


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
