"""Timing two callables side by side: in turn, on the same clips, in one run."""

import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from candidates._training import tf
from harness import datasets
from harness.audio import Clip
from tests.training.synthetic import Clips, voices

Callee = Callable[[Clip], Any]

CLIPS = 50
CLIPS_A_TURN = 50
"""Before the other has its turn: a window each, as the harness takes them, caches and all."""

WARM_UP_CALLS = 10

# One thread on both sides; NumPy's is settled in conftest.py, LiteRT's is its default here.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def clips() -> Clips:
    """Return clips of the test split if KWS_DATA is given, synthetic ones otherwise."""
    if not os.environ.get("KWS_DATA"):
        return voices(CLIPS)
    split: Clips = datasets.find("mini_speech_commands").load(("go", "stop"), "test").clips
    spread: Clips = split[np.linspace(0, len(split) - 1, CLIPS).astype(int)]
    return spread


def speed_up(benchmark: BenchmarkFixture, ours: Callee, theirs: Callee, rounds: int) -> float:
    """
    Return how many times as fast *ours* is as *theirs*, by the medians.

    The two take turns with the same clips, so that whatever slows the machine
    down slows both.
    """
    spoken, their_times = clips(), list[float]()

    def our_clips() -> Iterator[Clip]:
        for turn in itertools.cycle(np.split(spoken, len(spoken) // CLIPS_A_TURN)):
            for clip in turn:
                start = time.perf_counter()
                theirs(clip)
                their_times.append(time.perf_counter() - start)
            yield from turn

    for clip in spoken[:WARM_UP_CALLS]:
        theirs(clip)
        ours(clip)
    turns = our_clips()
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        ours, setup=lambda: ((next(turns),), {}), rounds=rounds
    )
    if benchmark.stats is None:
        pytest.skip("--benchmark-disable: called once, not timed")
    our_median, their_median = benchmark.stats.stats.median, statistics.median(their_times)
    ratio: float = their_median / our_median
    benchmark.extra_info.update(their_median_us=their_median * 1e6, ratio=ratio)
    print(
        f"\n{benchmark.name}: {our_median * 1e6:,.1f} µs against {their_median * 1e6:,.1f} µs, "
        f"{ratio:,.2f} times as fast"
    )
    return ratio
