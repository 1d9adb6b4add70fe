"""Programs that are started on a word."""

import sys
import time
from pathlib import Path

import pytest

from harness.errors import CommandError
from harness.stream.commands import Commands, parse

WORDS = ("go", "stop")


def test_a_command_is_split_as_a_shell_would() -> None:
    assert parse("go=play 'a b.wav' x=1", WORDS) == ("go", ("play", "a b.wav", "x=1"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("left=ls", r"--run 'left=ls': 'left' is no word of the task; choose from go, stop"),
        ("ls", r"--run 'ls': 'ls' is no word of the task; choose from go, stop"),
        ("go", r"--run 'go' names no program; write --run go='PROGRAM ARGUMENTS'"),
        ("go= ", r"--run 'go= ' names no program; write --run go='PROGRAM ARGUMENTS'"),
        ("go=say 'x", r"""--run "go=say 'x": No closing quotation; balance the quotes"""),
    ],
)
def test_what_cannot_be_started_is_refused(text: str, fault: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse(text, WORDS)

    assert str(caught.value) == fault


def started(*program: str) -> tuple[Commands, list[str]]:
    """Start *program* on a word; return the commands, and what they tell."""
    notes: list[str] = []
    commands = Commands({"go": program}, notes.append)
    commands.start("go")
    return commands, notes


@pytest.mark.usefixtures("capfd")
def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    file = tmp_path / "$HOME; *"

    commands, notes = started("touch", str(file))
    commands.wait()

    assert file.exists()
    assert notes == []


@pytest.mark.usefixtures("capfd")
def test_a_word_without_a_program_starts_none() -> None:
    commands, notes = started("true")
    commands.start("stop")
    commands.wait()

    assert notes == []


@pytest.mark.usefixtures("capfd")
def test_nobody_waits_for_a_program_and_it_runs_once_at_a_time(tmp_path: Path) -> None:
    end = tmp_path / "end"
    code = f"import os, time\nwhile not os.path.exists({str(end)!r}): time.sleep(0.01)"
    commands, notes = started(sys.executable, "-c", code)

    commands.start("go")

    assert len(notes) == 1
    assert notes[0].startswith("the program of 'go', ")
    assert notes[0].endswith(", still runs; not started again")
    end.touch()
    commands.wait()
    commands.start("go")
    commands.wait()
    assert len(notes) == 1


@pytest.mark.usefixtures("capfd")
def test_a_program_that_is_not_there_is_told() -> None:
    _, notes = started("nosuchprogram", "x")

    fault = "cannot be started: No such file or directory; install it or correct its path"
    assert notes == [f"the program of 'go', 'nosuchprogram x', {fault}"]


@pytest.mark.usefixtures("capfd")
@pytest.mark.parametrize(
    ("command", "outcome"),
    [("exit 3", "failed with exit status 3"), ("kill -9 $$", "was ended by signal 9")],
)
def test_a_program_that_fails_is_told_as_soon_as_somebody_looks(command: str, outcome: str) -> None:
    commands, notes = started("sh", "-c", command)

    while not notes:
        commands.check()
        time.sleep(0.01)

    assert notes[0].endswith(outcome)


def test_what_a_program_prints_goes_to_standard_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    commands, _ = started("echo", "hello")
    commands.wait()

    assert capfd.readouterr() == ("", "hello\n")
