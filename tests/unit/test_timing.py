import gc
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from harness import Frontend
from harness.audio import Clip
from harness.measure import timing
from harness.measure.timing import (
    MIN_CALLS,
    PROFILES,
    median_of_medians,
    time_calls,
    time_once,
    time_stages,
    warm_up,
)
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter
from tests.unit.models import silent


class Clock:
    """A clock that only the test moves on."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.calls = 0

    def __call__(self) -> float:
        return self.now_s

    def taking(self, took_us: float) -> Callable[..., Any]:
        """Return a function that takes so long and is counted."""

        def work(*_: object) -> None:
            self.now_s += took_us / 1e6
            self.calls += 1

        return work


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=clock))
    return clock


def make_spotter(frontend: Callable[..., Any], model: Callable[..., Any]) -> Spotter:
    labels = ("go", "stop")
    return Spotter(cast("Frontend", frontend), cast("Model", model), labels=labels, task=labels)


def slow_clips(clock: Clock) -> Iterator[Clip]:
    """Yield clips that take ten milliseconds to fetch."""
    fetch = clock.taking(10_000)
    for clip in itertools.repeat(silent()):
        fetch()
        yield clip


def test_exactly_front_end_and_inference_are_counted(clock: Clock) -> None:
    spotter = make_spotter(clock.taking(200), clock.taking(400))

    stages = time_stages(spotter, slow_clips(clock), calls=3)

    np.testing.assert_allclose(stages.frontend_us, [200, 200, 200], rtol=1e-6)
    np.testing.assert_allclose(stages.inference_us, [400, 400, 400], rtol=1e-6)


def test_whole_calls_are_timed_without_the_fetching_of_clips(clock: Clock) -> None:
    spotter = make_spotter(clock.taking(200), clock.taking(400))

    took_us = time_calls(spotter, slow_clips(clock), calls=3)

    np.testing.assert_allclose(took_us, [600, 600, 600], rtol=1e-6)


@pytest.mark.parametrize("timer", [time_calls, time_stages])
@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
def test_the_garbage_collector_is_off_meanwhile_and_then_as_before(
    timer: Callable[..., object],
    on: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    switched: list[str] = []
    monkeypatch.setattr(gc, "isenabled", lambda: on)
    monkeypatch.setattr(gc, "disable", lambda: switched.append("off"))
    monkeypatch.setattr(gc, "enable", lambda: switched.append("on"))
    spotter = make_spotter(lambda _: switched.append("front-end"), lambda _: None)

    timer(spotter, itertools.repeat(silent()), calls=1)

    assert switched == ["off", "front-end", *["on"] * on]


def test_one_call_is_timed_in_microseconds(clock: Clock) -> None:
    assert time_once(clock.taking(250)) == pytest.approx(250, rel=1e-6)


def test_a_slow_spotter_is_warmed_up_by_ten_calls_all_the_same(clock: Clock) -> None:
    spotter = make_spotter(clock.taking(0), clock.taking(2e6))

    fastest_s = warm_up(spotter, itertools.repeat(silent()), seconds=0.5)

    assert clock.calls == 2 * MIN_CALLS == 20
    assert fastest_s == pytest.approx(2)


def test_a_fast_spotter_is_warmed_up_for_as_long_as_asked(clock: Clock) -> None:
    # A quarter of a second each, front-end and model: exact in binary.
    spotter = make_spotter(clock.taking(250_000), clock.taking(250_000))

    fastest_s = warm_up(spotter, itertools.repeat(silent()), seconds=20)

    assert clock.calls == 2 * 40
    assert fastest_s == pytest.approx(0.5)


def test_the_pace_of_a_spotter_is_that_of_its_fastest_call(clock: Clock) -> None:
    paces = itertools.cycle([clock.taking(900), clock.taking(300), clock.taking(600)])
    spotter = make_spotter(lambda _: next(paces)(), clock.taking(0))

    assert warm_up(spotter, slow_clips(clock), seconds=0) == pytest.approx(300e-6)


def test_the_median_window_decides_not_the_disturbed_one() -> None:
    calm, busy, calmer = np.array([2.0, 3, 4]), np.array([90.0, 91, 99]), np.array([1.0, 2, 300])

    assert median_of_medians([calm, busy, calmer]) == 3


def test_of_an_even_number_of_windows_the_slower_counts() -> None:
    assert median_of_medians([np.array([1.0]), np.array([4.0])]) == 4


@pytest.mark.parametrize(("name", "window_s"), [("quick", 0.4), ("full", 10.0)])
def test_profiles_are_those_of_the_design(name: str, window_s: float) -> None:
    profile = PROFILES[name]

    assert (profile.name, profile.window_s) == (name, window_s)
    assert (profile.windows, profile.warmup_s) == (5, 0.5)
