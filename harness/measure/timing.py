"""Timing calls of a spotter: how long, and the times."""

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
"""Time of each call, in microseconds."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """
    How long a run measures.

    Attributes:
        name: Name of the profile, as given to ``--profile``.
        window_s: Shortest length of a window, in seconds.
        stages_s: Shortest time that the stages are timed for after each window, in seconds.
        warmup_s: Length of the warm-up before a candidate's first window, in seconds.
        windows: Number of windows of each candidate; the candidates take turns.

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
"""Fewest untimed calls before every window, and fewest timed calls in it."""

REWARM_S: Final = 0.05
"""Length of the warm-up before later windows, in seconds: other candidates used the caches."""


class Stages(NamedTuple):
    """
    Times of the two stages of the spotter.

    Attributes:
        frontend_us: Time of each call of the front-end, in microseconds.
        inference_us: Time of each call of the model, in microseconds.

    """

    frontend_us: Times
    inference_us: Times


@dataclass(frozen=True, kw_only=True)
class Window:
    """
    One uninterrupted stretch of timed calls.

    Attributes:
        total_us: Time of each call, front-end plus inference, in microseconds.
        stages: Times of the two stages, from separate calls after the window.
        before: Readings of the board between warm-up and first call, while it is busy.
        after: Readings of the board right after the last call.

    """

    total_us: Times
    stages: Stages
    before: Mapping[str, Fact] = field(default_factory=dict)
    after: Mapping[str, Fact] = field(default_factory=dict)


def warm_up(spotter: Spotter, clips: Iterator[Clip], seconds: float) -> float:
    """
    Call *spotter* for *seconds*, at least ``MIN_CALLS`` times.

    Returns:
        Fastest call, in seconds. The number of such calls that fill a window fills it
        at any speed.

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
    """Return the time of one call of *function*, in microseconds."""
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e6


@contextmanager
def collector_off() -> Iterator[None]:
    """Keep the garbage collector off, as pytest-benchmark does while it measures."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@collector_off()
def time_calls(spotter: Spotter, clips: Iterator[Clip], calls: int) -> Times:
    """Time whole calls as pytest-benchmark does, for a window that is measured again."""
    now = time.perf_counter
    took_s = np.empty(calls)
    for i in range(calls):
        clip = next(clips)
        start = now()
        spotter(clip)
        took_s[i] = now() - start
    return took_s * 1e6


@collector_off()
def time_stages(spotter: Spotter, clips: Iterator[Clip], calls: int) -> Stages:
    """Time front-end and inference separately, on the same clips."""
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
    """
    Return the median call of the median window, in microseconds.

    Of an even number of windows, the slower of the two in the middle counts.
    """
    medians = sorted(percentile(window, 50) for window in windows)
    return medians[len(medians) // 2]
