"""The command line, from end to end with stubs for work; and the line that tells how far it is."""

import io
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from candidates._search.command import main
from candidates._search.progress import Progress
from candidates._search.trial import Outcome, Trial
from tests.search.stubs import STUB, load, space


def run(*words: str, folder: Path) -> int:
    return main([*words, "--results", str(folder)], STUB, load)


def test_a_study_is_run_and_run_again_with_more_trials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("grid", "--trials", "4", "--workers", "2", folder=tmp_path) == 0
    first = capsys.readouterr().out
    assert run("grid", "--trials", "6", "--workers", "2", folder=tmp_path) == 0
    second = capsys.readouterr().out

    page = tmp_path / "grid" / "report.md"
    assert first == f"Study grid: 4 finished trials\nwrote {page}\n"
    assert second == f"Study grid: 6 finished trials\nwrote {page}\n"
    assert page.read_text().startswith("# Study grid: 6 finished trials\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["best", "--trials", "3"], "unknown space 'best'; known spaces: quickest, seed_grid, "),
        (["smallest", "--promote", "3", "x"], "there is no study in "),
        (
            ["smallest", "--trials", "3", "--scheduler", "nowhere"],
            "no scheduler answers at nowhere within 10 s",
        ),
    ],
)
def test_a_fault_is_said_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    status = main([*words, "--results", str(tmp_path)], STUB)

    assert status == 1
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["smallest"], "one of the arguments --trials --promote is required"),
        (["smallest", "--trials", "0"], "'0' is not a whole number, 1 or more"),
        (["smallest", "--trials", "2", "--workers", "x"], "'x' is not a whole number, 1 or more"),
        (["smallest", "--promote", "x", "name"], "'x' is not the number of a trial"),
        (
            ["smallest", "--trials", "2", "--workers", "2", "--scheduler", "tcp://h:1"],
            "not allowed with argument --workers",
        ),
    ],
)
def test_words_that_make_no_sense_are_refused(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words, STUB, load)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


class Terminal(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


ROW: Final[dict[str, Any]] = {"size": {"zipped_bytes": 2_048}, "validation": {"score": 0.9}}


def ended(state: Any, row: dict[str, Any] | None = None) -> Trial:
    return Trial(number=0, point={}, outcome=Outcome(state=state, row=row))


class TestProgress:
    def test_the_line_tells_states_best_values_and_the_time_left(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        out = Terminal()
        progress = Progress(space(), 10, out)

        for trial in (
            ended("completed", ROW),
            ended("completed", {"size": {"zipped_bytes": 40_000}, "validation": {"score": 0.99}}),
            ended("stopped"),
            ended("refused"),
            ended("failed"),
            ended("failed"),
        ):
            progress.note(trial)
        progress.show(3, 2)

        line = out.getvalue().rpartition("\r")[2].strip()
        assert line == (
            "3 of 10 trials, 2 running, 1 refused, 2 failed, best size 2.00 KiB, best validation "
            "score 90.0 %, 0 s left"
        )

    def test_no_time_is_told_before_a_trial_finished(self) -> None:
        out = Terminal()

        Progress(space(), 10, out).show(0, 2)

        assert "left" not in out.getvalue()

    def test_where_there_is_no_terminal_a_line_comes_now_and_then(self) -> None:
        out = io.StringIO()
        progress = Progress(space(), 10, out)

        for running in range(5):
            progress.show(0, running)

        assert out.getvalue() == "0 of 10 trials, 0 running, 0 refused, 0 failed\n"


def test_workers_start_without_the_command() -> None:
    assert "candidates._search.command" in sys.modules
    source = (Path(__file__).parents[2] / "candidates" / "_search" / "__main__.py").read_text()

    assert source.index("if __name__") < source.index("import main")
