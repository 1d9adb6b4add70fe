import os
import subprocess
from pathlib import Path

import pytest

from harness.measure import board, machine
from harness.measure.machine import Machine
from harness.record.schema import Fact
from harness.report.board import describe
from harness.text import slug
from tests.unit.boards import (
    ARM_CPU,
    COOL_PI,
    CORTEX_A72,
    PI_3,
    PI_4,
    PI_5,
    PIS,
    ZERO_2,
    Captured,
    server_files,
)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (PI_3, ("raspberry-pi-3-model-b-plus-rev-1-3", "Cortex-A53", 922, "ondemand")),
        (PI_4, ("raspberry-pi-4-model-b-rev-1-4", "Cortex-A72", 3_793, "ondemand")),
        (PI_5, ("raspberry-pi-5-model-b-rev-1-0", "Cortex-A76", 8_051, "performance")),
        (ZERO_2, ("raspberry-pi-zero-2-w-rev-1-0", "Cortex-A53", 416, "powersave")),
    ],
)
def test_a_pi_is_known_by_its_model(
    tmp_path: Path, model: str, expected: tuple[str, str, int, str]
) -> None:
    facts = board.facts(Captured(tmp_path, PIS[model], COOL_PI))

    found = tuple(facts[name] for name in ("name", "cpu", "memory_mib", "governor"))
    assert found == expected
    assert (facts["model"], facts["cores"], facts["virtual"]) == (model, 4, False)
    assert facts["os"] == "Debian GNU/Linux 12 (bookworm)"
    assert (facts["pinned_to_core"], facts["throttled"]) == (3, "0x50000")


@pytest.mark.parametrize(
    ("virtual", "name"),
    [(True, "amd-epyc-2-cores-virtual-machine"), (False, "amd-epyc-2-cores")],
    ids=["virtual", "metal"],
)
def test_a_server_is_known_by_its_cpu(tmp_path: Path, virtual: bool, name: str) -> None:  # noqa: FBT001
    facts = board.facts(Captured(tmp_path, server_files(virtual=virtual), {}))

    assert (facts["name"], facts["virtual"]) == (name, virtual)
    assert (facts["model"], facts["cpu"], facts["cores"]) == (None, "AMD EPYC", 2)
    assert facts["memory_mib"] == 24_105
    assert (facts["governor"], facts["throttled"]) == (None, None)


def test_the_model_of_a_pi_can_be_read_from_cpuinfo_too(tmp_path: Path) -> None:
    files = {**PIS[PI_4], "proc/device-tree/model": ""}

    assert board.facts(Captured(tmp_path, files, {}))["model"] == PI_4


def test_an_arm_cpu_without_a_name_goes_by_its_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    files = {"proc/cpuinfo": ARM_CPU.format(number=0, **CORTEX_A72 | {"part": "0xfff"})}

    facts = board.facts(Captured(tmp_path, files, {}))

    assert (facts["cpu"], facts["name"]) == ("aarch64", "aarch64-1-cores")


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clocks of this process, and of the kernel's ticks."""
    monkeypatch.setattr("time.monotonic", lambda: 1_000.0004)
    monkeypatch.setattr("time.process_time", lambda: 12.3456)
    monkeypatch.setattr(os, "sysconf", {"SC_CLK_TCK": 100}.__getitem__)


@pytest.mark.usefixtures("clocks")
def test_readings_of_a_pi_come_from_its_firmware(tmp_path: Path) -> None:
    readings = board.readings(Captured(tmp_path, PIS[PI_4], COOL_PI))

    assert readings == {
        "throttled": "0x50000",
        "clock_mhz": 1_500.398464,
        "temperature_c": 48.199,
        "load_1min": 0.52,
        "clock_s": 1_000.0,
        "busy_s": 17.0,  # of 100 ticks each: 1200 + 30 + 450 + 20
        "own_s": 12.346,
    }


@pytest.mark.usefixtures("clocks")
@pytest.mark.parametrize(
    ("model", "temperature_c", "busy_s"),
    # All ticks but those idle and waiting, of 100 to a second.
    [(PI_3, 53.692, 80.21), (PI_4, 48.199, 17.0), (PI_5, 50.15, 11.94), (ZERO_2, 45.084, 46.33)],
)
def test_every_pi_reports_temperature_and_load(
    tmp_path: Path, model: str, temperature_c: float, busy_s: float
) -> None:
    readings = board.readings(Captured(tmp_path, PIS[model], COOL_PI))

    assert (readings["temperature_c"], readings["busy_s"]) == (temperature_c, busy_s)


@pytest.mark.usefixtures("clocks")
def test_readings_of_a_server_come_from_the_kernel(tmp_path: Path) -> None:
    readings = board.readings(Captured(tmp_path, server_files(virtual=True), {}, core=1))

    assert readings == {
        "throttled": None,
        "clock_mhz": 1_500.0,
        "temperature_c": None,
        "load_1min": 3.63,
        "clock_s": 1_000.0,
        "busy_s": 67.0,  # 5000 + 1000 and 700 taken by other guests; own guests are in the 5000
        "own_s": 12.346,
    }


@pytest.mark.parametrize(("core", "expected"), [(0, 2_596.126), (1, 1_500.0), (2, None)])
def test_the_clock_is_that_of_the_core_measured_on(
    tmp_path: Path, core: int, expected: float | None
) -> None:
    machine = Captured(tmp_path, server_files(virtual=True), {}, core)

    assert board.readings(machine)["clock_mhz"] == expected


def test_the_requested_clock_is_used_where_none_is_measured(tmp_path: Path) -> None:
    asked = {"sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq": "1416000\n"}
    machine = Captured(tmp_path, PIS[PI_4] | asked, {}, core=2)

    assert board.readings(machine)["clock_mhz"] == 1_416.0


@pytest.mark.parametrize(("core", "expected"), [(0, "schedutil"), (3, "ondemand"), (4, None)])
def test_the_governor_is_that_of_the_core_measured_on(
    tmp_path: Path, core: int, expected: str | None
) -> None:
    files = PIS[PI_4] | {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n"}

    assert board.facts(Captured(tmp_path, files, {}, core))["governor"] == expected


@pytest.mark.parametrize(
    "answer",
    ['error=1 error_msg="Command not registered"', "VCHI initialization failed", "throttled=", ""],
    ids=["error", "no device", "no value", "nothing"],
)
def test_firmware_that_returns_no_number_reads_as_none(tmp_path: Path, answer: str) -> None:
    machine = Captured(tmp_path, PIS[PI_4], dict.fromkeys(COOL_PI, answer))

    readings = board.readings(machine)

    assert (readings["throttled"], readings["clock_mhz"]) == (None, 600.0)


@pytest.mark.parametrize(
    ("path", "text", "reading"),
    [
        ("proc/stat", "cpu  1200 30 450 987654 321 0 20\n", "busy_s"),
        ("proc/stat", "cpu  a b c d e f g h\n", "busy_s"),
        ("proc/cpuinfo", "processor\t: 3\ncpu MHz\t\t: unknown\n", "clock_mhz"),
        (
            "sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq",
            "<unknown>\n",
            "clock_mhz",
        ),
        ("sys/class/thermal/thermal_zone0/temp", "N/A\n", "temperature_c"),
        ("proc/loadavg", "high\n", "load_1min"),
    ],
)
def test_a_text_in_an_unknown_form_reads_as_none(
    tmp_path: Path, path: str, text: str, reading: str
) -> None:
    files = {**PIS[PI_4], path: text}

    assert board.readings(Captured(tmp_path, files, {}))[reading] is None


def test_a_machine_that_reports_nothing_has_no_readings_except_its_clocks(tmp_path: Path) -> None:
    readings = board.readings(Captured(tmp_path, {}, {}))

    known = {name for name, value in readings.items() if value is not None}
    assert known == {"clock_s", "own_s"}


def test_a_machine_that_reports_nothing_still_has_a_name(tmp_path: Path) -> None:
    facts = board.facts(Machine(tmp_path))

    assert facts["name"]
    assert facts["cores"] == os.cpu_count()
    assert (facts["model"], facts["memory_mib"], facts["os"]) == (None, None, None)


def test_every_fact_fits_on_one_line_of_json(tmp_path: Path) -> None:
    machine = Captured(tmp_path, PIS[PI_5], COOL_PI)

    found = {**board.facts(machine), **board.readings(machine)}

    assert all(isinstance(value, str | int | float | None) for value in found.values())
    assert not [name for name, value in found.items() if "\n" in str(value)]


@pytest.mark.parametrize(
    ("before", "bits", "expected"),
    [
        ("0x0", "0x0", False),
        pytest.param("0x0", "0x1", True, id="under-voltage"),
        pytest.param("0x0", "0x2", True, id="frequency capped"),
        pytest.param("0x0", "0x4", True, id="throttled"),
        pytest.param("0x0", "0x8", True, id="soft temperature limit"),
        pytest.param("0x0", "0x10000", True, id="under-voltage since"),
        pytest.param("0x0", "0x20000", True, id="frequency capped since"),
        pytest.param("0x0", "0x40000", True, id="throttled since"),
        pytest.param("0x0", "0x80000", True, id="soft temperature limit since"),
        pytest.param("0x0", "0x100000", False, id="a bit of no known meaning"),
        pytest.param("0x50000", "0x50000", False, id="before only"),
        pytest.param("0x50000", "0xd0000", True, id="for another reason since"),
        pytest.param("0x50000", "0x50005", True, id="before and now"),
        pytest.param("0xf0000", "0x0", False, id="forgotten"),
        pytest.param(None, "0x50000", False, id="once, perhaps before"),
        pytest.param(None, "0x1", True, id="now"),
        pytest.param("0x0", None, False, id="no answer"),
    ],
)
def test_a_board_is_throttled_if_it_is_now_or_was_since_the_earlier_report(
    before: str | None,
    bits: str | None,
    expected: bool,  # noqa: FBT001
) -> None:
    assert board.throttled(bits, before) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Raspberry Pi 4", "raspberry-pi-4"),
        ("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", "intel-r-core-tm-i5-8250u-cpu-1-60ghz"),
        ("../../etc", "etc"),
    ],
)
def test_a_slug_is_the_name_of_a_folder(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_files_are_read_without_padding_and_missing_ones_as_none(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"Raspberry Pi 5\0\n")

    assert Machine(tmp_path).read("model") == "Raspberry Pi 5"
    assert Machine(tmp_path).read("nothing") is None


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("echo", "throttled=0x0"), "throttled=0x0"),
        (("false",), None),
        (("no-such-command-anywhere",), None),
    ],
    ids=["answers", "fails", "missing"],
)
def test_a_command_that_is_missing_or_fails_answers_none(
    command: tuple[str, ...], expected: str | None
) -> None:
    assert Machine().run(*command) == expected


def test_a_command_that_hung_once_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def hang(command: tuple[str, ...], *, timeout: float, **_: object) -> None:
        asked.append(command)
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr("subprocess.run", hang)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    machine = Machine()

    answers = [machine.run("vcgencmd", what) for what in ("get_throttled", "measure_clock")]

    assert answers == [None, None]
    assert asked == [("vcgencmd", "get_throttled")]


def test_the_last_core_is_measured_on_and_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned: list[tuple[int, list[int]]] = []
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 3}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda *given: pinned.append(given), raising=False)

    machine.pin_to_one_core()

    assert pinned == [(0, [3])]
    assert Machine().core == 3


def test_where_the_system_pins_nothing_no_core_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")

    machine.pin_to_one_core()

    assert board.facts(Machine(tmp_path))["pinned_to_core"] is None


DESCRIBED: dict[str, Fact] = {
    "model": PI_4,
    "cpu": "Cortex-A72",
    "cores": 4,
    "virtual": False,
    "architecture": "aarch64",
    "os": None,
    "python": "3.11.2",
    "litert": "2.3.0",
    "numpy": "2.4.6",
    "scipy": "1.17.1",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, f"{PI_4}, 4 cores, aarch64, "),
        ({"model": None, "virtual": True}, "Cortex-A72, 4 cores, virtual machine, aarch64, "),
        ({"os": "Debian 12"}, f"{PI_4}, 4 cores, aarch64, Debian 12, "),
    ],
    ids=["Pi", "virtual", "with its system"],
)
def test_a_report_describes_the_board_in_one_line(changes: dict[str, Fact], expected: str) -> None:
    versions = "Python 3.11.2, LiteRT 2.3.0, NumPy 2.4.6, SciPy 1.17.1"

    assert describe({**DESCRIBED, **changes}) == expected + versions
