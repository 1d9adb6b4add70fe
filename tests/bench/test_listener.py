"""An hour of audio through the whole listener, as a process of its own: its time and its memory."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.unit.recordings import riff_bytes

ROOT = Path(__file__).parents[2]
NAME = "tc_cnn_28_l15_int8"
MINUTE_S, HOUR_S = 60, 3_600
LARGEST_SHARE = 0.005
"""Of one core, at decisions every 100 ms."""

GROWTH_BYTES = 4 << 20
"""What an hour may need beyond what a minute needs."""


class Usage(NamedTuple):
    """What a listener needed, from its start to its end."""

    cpu_s: float
    peak_bytes: int


def recording(folder: Path, seconds: int, rate_hz: int) -> Path:
    """Write a WAV file of ten seconds of noise over and over."""
    path = folder / f"{rate_hz}-{seconds}.wav"
    noise = np.random.default_rng(1).normal(0, 1_000, 10 * rate_hz).astype(np.int16).tobytes()
    with path.open("wb") as file:
        file.write(riff_bytes(b"", rate_hz=rate_hz, data_bytes=seconds // 10 * len(noise)))
        for _ in range(seconds // 10):
            file.write(noise)
    return path


def listened(path: Path) -> Usage:
    """Listen to a file."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.stream", NAME, "--file", str(path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_an_hour_takes_half_a_percent_of_one_core_and_no_more_memory_than_a_minute(
    tmp_path: Path, benchmark: BenchmarkFixture, rate_hz: int
) -> None:
    minute = listened(recording(tmp_path, MINUTE_S, rate_hz))
    path = recording(tmp_path, HOUR_S, rate_hz)

    hour: Usage = benchmark.pedantic(listened, args=(path,))  # type: ignore[no-untyped-call]

    share, growth = hour.cpu_s / HOUR_S, hour.peak_bytes - minute.peak_bytes
    print(
        f"an hour at {rate_hz:,} Hz: {hour.cpu_s:.2f} s, {100 * share:.3f} % of one core; "
        f"memory {hour.peak_bytes / 2**20:.1f} MiB, {growth / 2**20:+.1f} MiB against a minute"
    )
    assert share < LARGEST_SHARE
    assert growth < GROWTH_BYTES
