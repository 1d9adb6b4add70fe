"""New frames alone beside the whole second, at decisions every 100 ms."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness import LogMel
from harness.audio import Clip
from harness.frontends.frontend import Features
from harness.stream.features import stream_features
from tests.bench.side_by_side import speed_up

HOP_SAMPLES = 1_600

pytestmark = pytest.mark.benchmark(disable_gc=True)


def test_new_frames_alone_take_a_third_of_the_time(benchmark: BenchmarkFixture) -> None:
    frontend, features_of = LogMel(), stream_features(LogMel(), HOP_SAMPLES)

    def rolling(clip: Clip) -> Features:
        return features_of(clip)

    assert speed_up(benchmark, rolling, frontend, rounds=2_000) >= 3
