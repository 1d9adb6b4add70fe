"""The unit of systemd."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.stream import service

ROOT = Path(__file__).parents[2]
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze"
)


def verified(folder: Path, unit: str) -> tuple[int, str]:
    """Return what ``systemd-analyze verify`` makes of a unit: exit status, and what it says."""
    path = folder / "spotbench-listen.service"
    path.write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_unit_runs_the_same_command_from_the_same_clone() -> None:
    lines = service.unit("good", ["good", "--device", "plughw:1"]).splitlines()

    python = f'"{sys.executable}" "-m" "harness.stream"'
    assert f'ExecStart={python} "good" "--device" "plughw:1"' in lines
    assert f"WorkingDirectory={ROOT}" in lines


def test_words_reach_the_program_as_they_are() -> None:
    unit = service.unit("good", ["good", "--run", 'go=sh -c "echo $HOME 100% \\"'])

    assert r'"go=sh -c \"echo $$HOME 100%% \\\""' in unit


def test_the_unit_says_where_to_put_it() -> None:
    assert "# " + " " * 4 + "~/.config/systemd/user/spotbench-listen.service" in service.unit(
        "good", ["good"]
    )


@needs_systemd
def test_systemd_finds_no_fault_with_it(tmp_path: Path) -> None:
    unit = service.unit("good", ["good", "--run", 'go=sh -c "echo $HOME 100% \\"'])

    assert verified(tmp_path, unit) == (0, "")


@needs_systemd
@pytest.mark.parametrize(
    ("right", "wrong"),
    [("ExecStart=", "ExecStart=/nosuch "), ("Restart=", "Restrt="), ("=on-failure", "=sometimes")],
)
def test_systemd_would_find_one(tmp_path: Path, right: str, wrong: str) -> None:
    unit = service.unit("good", ["good"])
    assert right in unit

    _, said = verified(tmp_path, unit.replace(right, wrong))

    assert "spotbench-listen.service" in said
