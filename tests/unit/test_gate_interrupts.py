"""Runs of the gate that are cut short, by their user or by what goes wrong."""

import signal
import time
from pathlib import Path

import pytest

from tests.unit.gates import QUICK, SLEEPY, Project
from tests.unit.models import ready

INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {"good": ready("good")})


def test_the_record_is_kept_if_pages_cannot_be_rendered(tmp_path: Path) -> None:
    spoil = 'Path("out/README.md").write_text("# Mine")\n'
    spoiler = SLEEPY.format(seconds=0).replace('Path("asleep").touch()', spoil.strip())
    project = Project(tmp_path, {"good": spoiler})

    exit_status, output = project.measure("-k", "1-")

    assert exit_status == pytest.ExitCode.TESTS_FAILED
    assert f"wrote {project.raw[0]}" in output
    assert "FAILED: " in output
    assert "README.md is not an index of results and would be lost; choose another folder" in output


@pytest.fixture(scope="module")
def cut_short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, int, str]:
    """Take the first window only, and no verdict, with a limit that is missed."""
    project = Project(tmp_path_factory.mktemp("cut-short"), {"good": ready("good")})
    return project, *project.measure("--certain", "-k", "1-")


def test_a_missed_limit_fails_a_run_without_the_tests_of_verdicts(
    cut_short: tuple[Project, int, str],
) -> None:
    _, exit_status, output = cut_short

    assert "accuracy may be 60.97%" in output
    assert exit_status == pytest.ExitCode.TESTS_FAILED


def test_a_missed_limit_fails_a_run_of_benchmarks_only(project: Project) -> None:
    exit_status, output = project.measure("--certain", "--benchmark-only")

    assert "accuracy may be 60.97%" in output
    assert exit_status == pytest.ExitCode.TESTS_FAILED


def signalled(folder: Path, sent: signal.Signals) -> tuple[Project, int, str]:
    """Send a signal to a run that has taken a window of its first candidate, and is stuck."""
    # The second candidate takes a minute a call.
    candidates = {"good": ready("good"), "sleepy": SLEEPY.format(seconds=60)}
    project = Project(folder, candidates, QUICK + INTERRUPTIBLE)
    with project.start("-v") as gate:
        assert gate.stdout is not None
        assert any("test_window[1-good] PASSED" in line for line in gate.stdout)
        while gate.poll() is None and not (project.folder / "asleep").exists():
            time.sleep(0.01)
        gate.send_signal(sent)
        output, _ = gate.communicate(timeout=600)
    return project, gate.returncode, output


def test_a_killed_run_loses_the_window_it_was_at(tmp_path: Path) -> None:
    project, exit_status, _ = signalled(tmp_path, signal.SIGKILL)

    assert exit_status == -signal.SIGKILL
    assert [len(row["windows"]) for row in project.rows().values()] == [1]
    assert "measured in 1 of 5 windows" in project.rows()["good"]["warnings"]

    project.render()

    assert "good: warning: measured in 1 of 5 windows" in project.report()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_keep_what_was_measured(tmp_path: Path, sent: signal.Signals) -> None:
    project, exit_status, output = signalled(tmp_path, sent)

    assert exit_status == pytest.ExitCode.INTERRUPTED
    assert [len(row["windows"]) for row in project.rows().values()] == [1]
    assert "measured in 1 of 5 windows" in project.rows()["good"]["warnings"]
    assert f"wrote {project.raw[0]}" in output


def test_what_a_killed_run_left_half_written_is_removed_by_the_next(project: Project) -> None:
    left = [project.results / place / ".writing-abc" for place in ("", "board", "board/raw")]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "report.md").write_text("half a")

    project.measure("-k", "1-")

    assert [folder for folder in left if folder.exists()] == []


def test_a_run_cut_short_keeps_what_was_measured(cut_short: tuple[Project, int, str]) -> None:
    row = cut_short[0].rows()["good"]

    assert len(row["windows"]) == 1
    assert "measured in 1 of 5 windows" in row["warnings"]


@pytest.mark.parametrize(
    "options",
    [["--benchmark-disable"], ["-k", "test_verdict"]],
    ids=["benchmarks disabled", "verdicts only"],
)
def test_without_a_measured_window_there_is_no_verdict_and_no_record(
    project: Project, options: list[str]
) -> None:
    exit_status, output = project.measure(*options)

    assert exit_status == 0
    assert "skipped" in output
    assert project.raw == []
