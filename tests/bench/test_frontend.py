"""The front-end of the seed's setting beside its alternatives."""

from dataclasses import asdict
from typing import cast

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from candidates.seed_ds_cnn_48_s95 import CANDIDATE
from harness.audio import Clip
from harness.frontends.frontend import Features
from harness.frontends.log_mel import LogMel
from tests.bench.side_by_side import clips, speed_up
from tests.training.reference import Reference

FRONTEND = cast("LogMel", CANDIDATE.frontend)

pytestmark = pytest.mark.benchmark(disable_gc=True)


class OnNumpyFft(LogMel):
    """The same arithmetic but for the Fourier transform, which is NumPy's."""

    def mel_spectrum(self, clip: Clip) -> Features:
        """Mel-weighted STFT magnitudes."""
        spectrum = np.fft.rfft(self._windowed(clip.astype(np.float32)))
        magnitudes: Features = np.abs(spectrum) @ self._mel_matrix
        return magnitudes


ON_NUMPY_FFT = OnNumpyFft(**asdict(FRONTEND))


def test_the_front_end_on_numpy_fft_is_the_same() -> None:
    for clip in clips():
        np.testing.assert_allclose(ON_NUMPY_FFT(clip), FRONTEND(clip), rtol=0, atol=2e-3)


def test_scipy_fft_is_no_slower_than_numpy_fft(benchmark: BenchmarkFixture) -> None:
    assert speed_up(benchmark, FRONTEND, ON_NUMPY_FFT, rounds=1_000) >= 1


def test_the_front_end_is_25_times_as_fast_as_tf_signal(benchmark: BenchmarkFixture) -> None:
    """Even where TensorFlow's mel matrix is built once."""
    reference = Reference(frontend=FRONTEND)

    assert speed_up(benchmark, FRONTEND, reference, rounds=300) >= 25
