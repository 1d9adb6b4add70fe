"""What the workflows of the code host may do, and that they run environments that exist."""

import configparser
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

each = pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def values(path: Path, key: str) -> list[str]:
    """Return the words of every line ``key: [a, b]``, or ``key: a``."""
    lines = re.findall(rf"^[ -]*{key}: (.+)$", text(path), re.MULTILINE)
    return re.findall(r"[\w./@-]+", " ".join(lines))


def environments() -> set[str]:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    return {name.partition(":")[2] for name in tox.sections() if name.startswith("testenv:")}


def test_there_are_workflows_for_the_tests_and_for_measuring() -> None:
    assert [path.stem for path in WORKFLOWS] == ["measure", "tests"]


@each
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    actions = re.findall(r"uses: (.*)", text(path))

    assert actions
    for action in actions:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v[\d.]+", action)


@each
def test_a_workflow_reads_the_repository_and_nothing_more(path: Path) -> None:
    assert re.findall(r"permissions:(?:\n +.*)+", text(path)) == ["permissions:\n  contents: read"]
    assert text(path).count("persist-credentials: false") == text(path).count("actions/checkout")
    assert "secrets" not in text(path)


@each
def test_no_command_holds_an_input_that_a_shell_could_run(path: Path) -> None:
    commands = re.findall(r"run: (.*)", text(path))

    found = [word for command in commands for word in re.findall(r"\$\{\{ *(\S+)", command)]
    assert set(found) <= {"matrix.environment"}


@each
def test_workflows_run_environments_of_tox(path: Path) -> None:
    named = re.findall(r"tox run -e ([\w,-]+)", text(path)) + values(path, "environment")
    wanted = {name for names in named for name in names.split(",")}

    assert wanted <= environments()
    assert "tox run" in text(path)


def test_the_tests_run_on_every_python_and_processor() -> None:
    path = ROOT / ".github" / "workflows" / "tests.yml"

    assert set(values(path, "python")) == {"3.11", "3.12", "3.13"}
    assert values(path, "machine") == ["ubuntu-24.04", "ubuntu-24.04-arm"]
