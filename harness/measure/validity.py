"""Whether a row's times are valid: the rules that make it invalid, or add a warning to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.measure.board import throttled
from harness.measure.timing import Window
from harness.record.schema import Fact
from harness.statistics import percentile, spread

MAX_CLOCK_FALL: Final = 0.02
"""Largest fall of the clock between two readings while the board is busy, as a share."""

MAX_WINDOW_SPREAD: Final = 0.1
"""Largest interquartile range of the windows' medians, as a share of their median."""

MAX_WINDOW_DISTANCE: Final = 0.25
"""Largest distance of one window's median from the median of all, as a share of the latter."""

MAX_OTHERS_CORES: Final = 0.1
"""Most cores that other processes may keep busy, on average over the windows."""

STEADY_GOVERNOR: Final = "performance"
"""The clock's governor that keeps the clock at its highest."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """
    What the rules judge by.

    Attributes:
        windows: Windows of one candidate, in the order they were measured.
        planned: Number of windows that the profile asks for.
        delegated: Whether XNNPACK runs the model.
        throttled_before: Throttling bits of a Pi's firmware before these windows; None if
            the board reports none.
        model: Model of the board; None if the board does not report it.
        governor: Governor of the clock; None if the board does not report it.
        repeats: Number of times that all windows were measured again.

    """

    windows: Sequence[Window]
    planned: int
    delegated: bool
    throttled_before: Fact = None
    model: Fact = None
    governor: Fact = None
    repeats: int = 0

    @property
    def readings(self) -> list[Mapping[str, Fact]]:
        """All readings of the board, in the order they were made."""
        return [reading for window in self.windows for reading in (window.before, window.after)]

    @property
    def medians_us(self) -> list[float]:
        """Median of each window, in microseconds."""
        return [percentile(window.total_us, 50) for window in self.windows]


def invalid_reasons(evidence: Evidence) -> tuple[str, ...]:
    """Return the reasons why the times are invalid, none if they are valid."""
    return (*_delegate_missing(evidence), *board_reasons(evidence))


def board_reasons(evidence: Evidence) -> tuple[str, ...]:
    """Return the reasons that lie with the board, so that measuring again may help."""
    return tuple(text for rule in _BOARD for text in rule(evidence))


def warnings(evidence: Evidence) -> tuple[str, ...]:
    """Return the warnings about times that are valid."""
    return tuple(text for rule in _WARNINGS for text in rule(evidence))


def _delegate_missing(evidence: Evidence) -> Iterator[str]:
    if not evidence.delegated:
        yield "XNNPACK is missing: LiteRT ran on its reference kernels"


def _throttled(evidence: Evidence) -> Iterator[str]:
    before = evidence.throttled_before
    if any(throttled(reading.get("throttled"), before) for reading in evidence.readings):
        yield "the board was throttled during the run: cool it or give it a better power supply"


def _clock_fell(evidence: Evidence) -> Iterator[str]:
    highest = 0.0
    for reading in evidence.readings:
        clock = reading.get("clock_mhz")
        if not isinstance(clock, int | float):
            continue
        highest = max(highest, clock)
        if clock < (1 - MAX_CLOCK_FALL) * highest:
            yield f"the clock fell from {highest:,.0f} to {clock:,.0f} MHz while busy"
            return


def _few_windows(evidence: Evidence) -> Iterator[str]:
    if len(evidence.windows) < evidence.planned:
        yield f"measured in {len(evidence.windows)} of {evidence.planned} windows"


def _taken_again(evidence: Evidence) -> Iterator[str]:
    if evidence.repeats:
        yield f"measured {evidence.repeats + 1} times, because the board made earlier times invalid"


def _windows_differ(evidence: Evidence) -> Iterator[str]:
    """Warn if the windows spread; else if one is far off, which the quartiles hide."""
    medians_us = evidence.medians_us
    distance, middle_us = spread(medians_us), percentile(medians_us, 50)
    furthest_us = max(abs(us - middle_us) for us in medians_us)
    if distance > MAX_WINDOW_SPREAD:
        yield f"windows spread by {distance:.0%} of their median"
    elif furthest_us > MAX_WINDOW_DISTANCE * middle_us:
        yield f"a window was disturbed: {min(medians_us):,.1f}-{max(medians_us):,.1f} µs"


def _others_busy(evidence: Evidence) -> Iterator[str]:
    elapsed_s = others_s = 0.0
    for window in evidence.windows:
        elapsed_s += _increase("clock_s", window)
        others_s += _increase("busy_s", window) - _increase("own_s", window)
    if elapsed_s and others_s / elapsed_s > MAX_OTHERS_CORES:
        yield f"other processes kept {others_s / elapsed_s:.1f} cores busy"


def _governor_unsteady(evidence: Evidence) -> Iterator[str]:
    if evidence.governor not in (None, STEADY_GOVERNOR):
        yield f"the governor is {evidence.governor}, not {STEADY_GOVERNOR}"


def _firmware_silent(evidence: Evidence) -> Iterator[str]:
    bits = [evidence.throttled_before, *(r.get("throttled") for r in evidence.readings)]
    if str(evidence.model).startswith("Raspberry Pi") and None in bits:
        yield (
            "the firmware did not report whether the board was throttled: install vcgencmd and "
            "add the user to the group video"
        )


def _increase(name: str, window: Window) -> float:
    before, after = window.before.get(name), window.after.get(name)
    if isinstance(before, int | float) and isinstance(after, int | float):
        return after - before
    return 0.0


Rule = Callable[[Evidence], Iterator[str]]

_BOARD: Final[tuple[Rule, ...]] = (_throttled, _clock_fell)
_WARNINGS: Final[tuple[Rule, ...]] = (
    _few_windows,
    _taken_again,
    _windows_differ,
    _others_busy,
    _governor_unsteady,
    _firmware_silent,
)
