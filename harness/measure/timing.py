"""How much is timed, and the times themselves."""

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.audio import Clip
from harness.record.schema import Fact
from harness.spotter.spotter import Spotter
from harness.statistics import percentile

Times = npt.NDArray[np.float64]
"""Microseconds, one for each call."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """
    How long a run measures.

    Attributes:
        name: As given to ``--profile``.
        window_s: Timed calls of one candidate without a break, at least.
        stages_s: Calls timed stage by stage, after each window, at least.
        warmup_s: Untimed calls before a candidate's first window.
        windows: Of each candidate, taken in turn with those of the others.

    """

    name: str
    window_s: float
    stages_s: float
    warmup_s: float = 0.5
    windows: int = 5


PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile(name="quick", window_s=0.4, stages_s=0.1),
        Profile(name="full", window_s=10.0, stages_s=1.0),
    )
}

MIN_CALLS: Final = 10
"""Untimed calls before every window, and timed ones in it, at least."""

REWARM_S: Final = 0.05
"""Untimed calls before later windows: the other candidates have had the caches meanwhile."""


class Stages(NamedTuple):
    """Times of the two halves of the spotter, microseconds."""

    frontend_us: Times
    inference_us: Times


@dataclass(frozen=True, kw_only=True)
class Window:
    """
    One uninterrupted stretch of timed calls.

    Attributes:
        total_us: Front-end plus inference, one for each call.
        stages: The two apart, from calls of their own after these.
        before: Readings of the board between warm-up and the first call, while it is busy.
        after: The same right after the last call.

    """

    total_us: Times
    stages: Stages
    before: Mapping[str, Fact] = field(default_factory=dict)
    after: Mapping[str, Fact] = field(default_factory=dict)


def warm_up(spotter: Spotter, clips: Iterator[Clip], seconds: float) -> float:
    """
    Call *spotter* for *seconds*, at least ``MIN_CALLS`` times.

    Returns:
        Seconds of the fastest call: as many of those as fill a window do so at any pace.

    """
    now = time.perf_counter
    calls, fastest_s, start = 0, math.inf, now()
    while now() - start < seconds or calls < MIN_CALLS:
        clip = next(clips)
        before = now()
        spotter(clip)
        fastest_s = min(fastest_s, now() - before)
        calls += 1
    return fastest_s


def time_once(function: Callable[[], object]) -> float:
    """Return microseconds of one call of *function*."""
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e6


@contextmanager
def collector_off() -> Iterator[None]:
    """Keep the garbage collector off, as pytest-benchmark does while it times."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@collector_off()
def time_calls(spotter: Spotter, clips: Iterator[Clip], calls: int) -> Times:
    """Time whole calls, as pytest-benchmark does, where a window must be taken again."""
    now = time.perf_counter
    took = np.empty(calls)
    for i in range(calls):
        clip = next(clips)
        start = now()
        spotter(clip)
        took[i] = now() - start
    return took * 1e6


@collector_off()
def time_stages(spotter: Spotter, clips: Iterator[Clip], calls: int) -> Stages:
    """Time front-end and inference apart, on the same clips."""
    frontend, model, now = spotter.frontend, spotter.model, time.perf_counter
    moments = np.empty((calls, 3))
    for row in moments:
        clip = next(clips)
        start = now()
        features = frontend(clip)
        middle = now()
        model(features)
        row[:] = start, middle, now()
    took_us = np.diff(moments, axis=1) * 1e6
    return Stages(took_us[:, 0], took_us[:, 1])


def median_of_medians(windows: Sequence[Times]) -> float:
    """Return the median of the calls in the median window; of an even number, the slower one."""
    medians = sorted(percentile(window, 50) for window in windows)
    return medians[len(medians) // 2]
