from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.measure import board
from harness.measure.timing import Stages, Window
from harness.measure.validity import Evidence, board_reasons, invalid_reasons, warnings
from harness.record.schema import Fact
from tests.unit.boards import PI_4, PIS, Captured, firmware

THROTTLED = "the board was throttled during the run: cool it or give it a better power supply"
SILENT = (
    "the firmware did not report whether the board was throttled: "
    "install vcgencmd and add the user to the group video"
)
NO_DELEGATE = "XNNPACK is missing: LiteRT ran on its reference kernels"

Facts = Mapping[str, Fact]


def window(*total_us: float, before: Facts | None = None, after: Facts | None = None) -> Window:
    """Return a window; a reading that is not given is not known."""
    times = np.array(total_us or [100.0])
    return Window(
        total_us=times, stages=Stages(times, times), before=before or {}, after=after or {}
    )


def evidence(*windows: Window, planned: int = 1, delegated: bool = True, **others: Any) -> Evidence:
    return Evidence(windows=windows, planned=planned, delegated=delegated, **others)


def clocks(*mhz: Fact) -> Evidence:
    """Return windows with these clocks before and after, in turn."""
    pairs = zip(mhz[::2], mhz[1::2], strict=True)
    return evidence(
        *(window(before={"clock_mhz": a}, after={"clock_mhz": b}) for a, b in pairs), planned=0
    )


def busy(clock_s: float, busy_s: float, own_s: float) -> Window:
    """Return a window in which the clocks went on by so much."""
    before = {"clock_s": 100.0, "busy_s": 50.0, "own_s": 5.0}
    after = {"clock_s": 100 + clock_s, "busy_s": 50 + busy_s, "own_s": 5 + own_s}
    return window(before=before, after=after)


def test_times_of_a_board_that_reports_nothing_are_valid() -> None:
    silent = evidence(window(), window(), planned=2)

    assert (invalid_reasons(silent), warnings(silent)) == ((), ())


def test_a_missing_delegate_makes_the_row_invalid() -> None:
    assert invalid_reasons(evidence(window(), delegated=False)) == (NO_DELEGATE,)


@pytest.mark.parametrize("bits", ["0x1", "0x2", "0x4", "0x8", "0x50005"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_throttled_reading_makes_the_row_invalid(bits: str, moment: str) -> None:
    throttled = window(**{moment: {"throttled": bits}})

    assert invalid_reasons(evidence(window(), throttled, window())) == (THROTTLED,)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_board_throttled_between_two_readings_makes_the_row_invalid(moment: str) -> None:
    since = window(**{moment: {"throttled": "0x50000"}})

    found = evidence(window(), since, window(), throttled_before="0x0")

    assert invalid_reasons(found) == (THROTTLED,)


@pytest.mark.parametrize(
    ("before", "bits"),
    [("0x0", "0x0"), ("0x50000", "0x50000"), (None, "0x50000"), (None, None), ("0x0", None)],
)
def test_a_board_that_was_throttled_before_the_run_or_reports_nothing_is_valid(
    before: str | None, bits: str | None
) -> None:
    found = evidence(window(after={"throttled": bits}), throttled_before=before)

    assert invalid_reasons(found) == ()


@pytest.mark.parametrize(
    "mhz",
    [(1_000, 1_000), (1_000, 980), (1_000, 990, 985, 980), (600, 1_000), (None, None), (None, 600)],
    ids=["steady", "at the limit", "by steps to the limit", "rises", "unknown", "known once"],
)
def test_a_clock_that_hardly_falls_leaves_the_row_valid(mhz: tuple[Fact, ...]) -> None:
    assert invalid_reasons(clocks(*mhz)) == ()


@pytest.mark.parametrize(
    ("mhz", "fall"),
    [
        pytest.param((1_000, 979), "from 1,000 to 979", id="within a window"),
        pytest.param((1_000, 1_000, 979, 1_000), "from 1,000 to 979", id="between windows"),
        pytest.param((1_000, 990, 985, 979), "from 1,000 to 979", id="by steps"),
        pytest.param((600, 1_500, 1_000, 600), "from 1,500 to 1,000", id="after a rise"),
        pytest.param((1_500, None, None, 600), "from 1,500 to 600", id="with gaps"),
    ],
)
def test_a_clock_that_falls_makes_the_row_invalid(mhz: tuple[Fact, ...], fall: str) -> None:
    assert invalid_reasons(clocks(*mhz)) == (f"the clock fell {fall} MHz while busy",)


def test_a_hot_pi_is_invalid_and_a_cool_one_is_valid(tmp_path: Path) -> None:
    cool, hot = (
        board.readings(Captured(tmp_path / name, PIS[PI_4], answers))
        for name, answers in [
            ("cool", firmware()),
            ("hot", firmware(throttled="0xe0008", clock_hz=1_000_212_992)),
        ]
    )

    assert invalid_reasons(evidence(window(before=cool, after=cool))) == ()
    assert invalid_reasons(evidence(window(before=cool, after=hot))) == (
        THROTTLED,
        "the clock fell from 1,500 to 1,000 MHz while busy",
    )


def test_every_reason_is_reported_and_those_of_the_board_separately() -> None:
    found = evidence(
        window(before={"throttled": "0x1", "clock_mhz": 1_500}, after={"clock_mhz": 600}),
        delegated=False,
    )

    fell = "the clock fell from 1,500 to 600 MHz while busy"
    assert board_reasons(found) == (THROTTLED, fell)
    assert invalid_reasons(found) == (NO_DELEGATE, THROTTLED, fell)


def test_windows_that_are_missing_are_warned_of() -> None:
    assert warnings(evidence(window(), planned=5)) == ("measured in 1 of 5 windows",)


def test_windows_measured_again_are_warned_of() -> None:
    expected = ("measured 3 times, because the board made earlier times invalid",)
    assert warnings(evidence(window(), repeats=2)) == expected


def test_windows_that_agree_need_no_warning() -> None:
    # Quartiles 100, 100 and 110: spread by exactly 10 %.
    assert warnings(evidence(*(window(us) for us in (100, 100, 100, 110, 110)))) == ()


def test_windows_that_spread_are_warned_of() -> None:
    # Quartiles of the medians 90, 100 and 120.
    found = evidence(*(window(us, us, 9_999 * us) for us in (80, 90, 100, 120, 300)), planned=5)

    assert warnings(found) == ("windows spread by 30% of their median",)


@pytest.mark.parametrize(
    ("medians_us", "medians"),
    [
        pytest.param((142, 233, 144, 141, 141), "141.0-233.0", id="slow"),
        pytest.param((1_420, 1_050, 1_440, 1_410, 1_410), "1,050.0-1,440.0", id="fast"),
        pytest.param((100, 50, 100, 100, 150), "50.0-150.0", id="one of each"),
    ],
)
def test_one_window_far_off_is_warned_of(medians_us: tuple[float, ...], medians: str) -> None:
    found = evidence(*map(window, medians_us), planned=5)

    assert warnings(found) == (f"a window was disturbed: {medians} µs",)


@pytest.mark.parametrize("far_us", [75, 125])
def test_one_window_a_quarter_off_needs_no_warning(far_us: float) -> None:
    assert warnings(evidence(*map(window, (100, 100, far_us, 100, 100)))) == ()


@pytest.mark.parametrize(
    "windows",
    [
        pytest.param([busy(10, 10, 10)], id="nobody else"),
        pytest.param([busy(10, 11, 10)], id="at the limit"),
        pytest.param([busy(10, 10, 9.5), busy(10, 11.5, 10)], id="at the limit on average"),
        pytest.param([window(after={"busy_s": 99.0, "clock_s": 1.0})], id="before not known"),
        pytest.param([window(before={"busy_s": 1.0}, after={"busy_s": 9.0})], id="no clock"),
    ],
)
def test_other_processes_that_hardly_work_need_no_warning(windows: list[Window]) -> None:
    assert warnings(evidence(*windows)) == ()


@pytest.mark.parametrize(
    ("windows", "cores"),
    [
        pytest.param([busy(10, 12, 10)], "0.2", id="beyond the limit"),
        pytest.param([busy(10, 10, 9), busy(10, 19, 10)], "0.5", id="on average"),
        pytest.param([busy(10, 39, 9.9)], "2.9", id="three cores"),
    ],
)
def test_other_processes_that_work_are_warned_of(windows: list[Window], cores: str) -> None:
    assert warnings(evidence(*windows)) == (f"other processes kept {cores} cores busy",)


@pytest.mark.parametrize("governor", ["performance", None])
def test_a_steady_or_unknown_governor_needs_no_warning(governor: str | None) -> None:
    assert warnings(evidence(window(), governor=governor)) == ()


@pytest.mark.parametrize("governor", ["ondemand", "powersave", "schedutil"])
def test_a_governor_other_than_performance_is_warned_of(governor: str) -> None:
    expected = (f"the governor is {governor}, not performance",)
    assert warnings(evidence(window(), governor=governor)) == expected


@pytest.mark.parametrize(
    ("before", "bits"), [(None, None), ("0x0", None), (None, "0x0")], ids=["never", "later", "once"]
)
def test_a_pi_whose_firmware_is_silent_is_warned_of(before: Fact, bits: Fact) -> None:
    reading = {"throttled": bits}
    found = evidence(window(before=reading, after=reading), throttled_before=before, model=PI_4)

    assert warnings(found) == (SILENT,)


@pytest.mark.parametrize(("model", "bits"), [(PI_4, "0x0"), ("Radxa ROCK 4C+", None), (None, None)])
def test_a_pi_that_reports_and_a_board_without_such_firmware_need_no_warning(
    model: Fact, bits: Fact
) -> None:
    reading = {"throttled": bits}
    found = evidence(window(before=reading, after=reading), throttled_before=bits, model=model)

    assert warnings(found) == ()


def test_every_warning_is_reported() -> None:
    windows = [busy(1, 2, 1), window(900), window(100)]
    found = evidence(*windows, planned=5, model=PI_4, governor="ondemand", repeats=1)

    assert len(warnings(found)) == 6
