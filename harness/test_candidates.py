"""
The gate: ``pytest harness`` measures every candidate and asserts its budget.

Windows are the outer parameter: the first window of every candidate is timed, then
the second of every candidate. So all candidates suffer alike if the board heats up.
"""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.measure.recorder import Recorder
from harness.measure.subject import Subject
from harness.measure.timing import Times
from harness.measure.verdict import fails
from harness.text import printable

EMPTY_CALLS = 1_000
"""Number of timed calls that do nothing."""


@pytest.mark.benchmark(disable_gc=True, warmup=False)
def test_empty_call(recorder: Recorder, benchmark: BenchmarkFixture) -> None:
    """Time calls that do nothing: what they take is part of every latency reported."""
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda _clip: None, setup=lambda: ((None,), {}), rounds=EMPTY_CALLS
    )
    if benchmark.stats is None:
        pytest.skip("--benchmark-disable: called once, not timed")
    recorder.empty_call_us = benchmark.stats.stats.median * 1e6


@pytest.mark.benchmark(disable_gc=True, warmup=False)
def test_window(window: int, subject: Subject, benchmark: BenchmarkFixture) -> None:
    """Time front-end plus inference on one real clip after another, for one window."""
    if subject.error or subject.absent:
        pytest.skip(f"not measurable: {subject.error or subject.absent}")
    benchmark.group = f"window {window}"
    benchmark.extra_info.update(
        candidate=subject.name,
        accuracy=subject.scored.accuracy.share,
        zipped_bytes=subject.scored.zipped_bytes,
    )

    def timed(calls: int) -> Times:
        benchmark.pedantic(  # type: ignore[no-untyped-call]
            subject.scored.spotter, setup=subject.next_clip, rounds=calls
        )
        if benchmark.stats is None:
            pytest.skip("--benchmark-disable: called once, not timed")
        return np.array(benchmark.stats.stats.data) * 1e6

    subject.take_window(timed)


def test_verdict(subject: Subject, pytestconfig: pytest.Config) -> None:
    """Assert that the candidate beats every limit, except those it declares to miss."""
    if not subject.finished:
        pytest.skip(subject.absent or "no window was measured")
    if subject.windows:
        subject.take_again()
    row = subject.row()
    verdict, reasons = row["verdict"], row["violations"] or [row["error"] or ""]
    explained = printable(f"{subject.name}: {'; '.join(reasons)}")
    if verdict == "miss":
        pytest.xfail(f"expected miss: {explained}")
    if fails(verdict, strict_board=pytestconfig.getoption("strict_board")):
        pytest.fail(explained, pytrace=False)
    if verdict == "invalid":
        pytest.skip(f"invalid: {explained}")
