"""Our inference against LiteRT's own benchmark tool: the call it times, in turn with ours."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.compiled_model import CompiledModel

from harness.candidate.card import read_model
from harness.candidate.registry import Registry
from harness.errors import SpotbenchError
from harness.spotter.model import Model

TURNS, CALLS_A_TURN = 10, 50
TOLERANCE = 0.15
TOO_SHORT_US = 30
"""Below this the two bindings' own cost is a large share, so the difference is shown instead."""

REGISTRY = Registry()


def median_us(call: Callable[[], Any]) -> float:
    """Return the median of one turn."""
    took = []
    for _ in range(CALLS_A_TURN):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1e6


@pytest.mark.parametrize("name", REGISTRY.names())
def test_inference_takes_as_long_as_litert_benchmark_says(name: str) -> None:
    candidate = REGISTRY.load(name)
    try:
        data = read_model(candidate, name, REGISTRY.folder)
    except SpotbenchError as error:
        pytest.skip(str(error))
    shape, labels = candidate.frontend.shape, candidate.labels
    model = Model(data, name, features_shape=shape, labels=labels)
    compiled = CompiledModel.from_buffer(data)
    inputs, outputs = compiled.create_input_buffers(0), compiled.create_output_buffers(0)
    model(np.zeros(shape, np.float32))

    def ours() -> None:
        model._interpreter.invoke()

    def theirs() -> None:
        compiled.run_by_index(0, inputs, outputs)

    turns = [(median_us(ours), median_us(theirs)) for _ in range(TURNS)]
    ours_us, theirs_us = (statistics.median(side) for side in zip(*turns, strict=True))
    print(f"\n{name}: {ours_us:.1f} µs, litert-benchmark's call {theirs_us:.1f} µs")
    assert ours_us == pytest.approx(theirs_us, rel=TOLERANCE, abs=TOO_SHORT_US * TOLERANCE)
