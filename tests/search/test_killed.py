"""Workers, drivers and schedulers are killed; nothing that had ended is lost."""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from candidates._search.driver import Driver
from candidates._search.progress import Progress
from candidates._search.study import opened, read
from candidates._search.trial import FINISHED
from tests.search.crews import Here
from tests.search.processes import driver, outcomes, until
from tests.search.stubs import STUB, load

TRIALS = 14
PAUSE_S = 0.15


def told(name: str, folder: Path) -> list[Any]:
    """Return what is the same for any study with that number of trials."""
    found = []
    for trial in read(name, folder).trials():
        row = trial.outcome.row or {}
        values = (row.get("size"), row.get("validation"), row.get("accuracy"))
        found.append((trial.number, trial.point, trial.state, trial.outcome.rungs, values))
    return found


def undisturbed(name: str, folder: Path) -> list[Any]:
    crew: Any = Here()
    with opened(name, folder, load(name)) as study:
        Driver(study, load(name), crew, STUB, Progress(load(name), TRIALS)).run(TRIALS)
    return told(name, folder)


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_a_study_equals_an_undisturbed_one_though_worker_and_driver_were_killed(
    tmp_path: Path, sampler: str
) -> None:
    folder = tmp_path / sampler
    with driver(tmp_path, sampler, TRIALS, "--workers", "2", pause_s=PAUSE_S) as first:
        worker = until(lambda: _workers(folder), "a worker trained")[0]
        os.kill(worker, signal.SIGKILL)
        before = len(outcomes(folder))
        until(lambda: len(outcomes(folder)) > before + 2, "trials ended after a worker died")
        assert first.running
        first.send(signal.SIGKILL)
        first.ended()
    ended = outcomes(folder)
    assert 0 < _finished(ended) < TRIALS

    with driver(tmp_path, sampler, TRIALS, "--workers", "2") as second:
        status, output = second.ended()

    assert status == 0, output
    assert f"Study {sampler}: {TRIALS} finished trials" in output
    assert outcomes(folder)[: len(ended)] == ended
    assert told(sampler, folder) == undisturbed(sampler, tmp_path / "undisturbed")


def test_a_tpe_study_goes_on_after_its_driver_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "tpe"
    with driver(tmp_path, "tpe", TRIALS, "--workers", "2", pause_s=PAUSE_S) as first:
        until(lambda: _finished(outcomes(folder)) >= 3, "three trials finished")
        first.send(signal.SIGKILL)
        first.ended()
    ended = outcomes(folder)

    with driver(tmp_path, "tpe", TRIALS, "--workers", "2") as second:
        status, output = second.ended()

    assert status == 0, output
    assert outcomes(folder)[: len(ended)] == ended
    assert sum(trial.state in FINISHED for trial in read("tpe", folder).trials()) == TRIALS


def test_ctrl_c_ends_with_the_report_of_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "grid"
    with driver(tmp_path, "grid", 100, "--workers", "2", pause_s=PAUSE_S) as running:
        until(lambda: _finished(outcomes(folder)) >= 2, "two trials finished")
        running.interrupt()
        status, output = running.ended()

    finished = _finished(outcomes(folder))
    assert status == 130, output
    assert "interrupted; the same command goes on" in output
    assert "Traceback" not in output
    assert f"Study grid: {finished} finished trials" in output
    assert (
        (folder / "report.md").read_text().startswith(f"# Study grid: {finished} finished trials\n")
    )


def test_a_second_driver_is_refused_while_the_first_goes_on(tmp_path: Path) -> None:
    with driver(tmp_path, "grid", 4, "--workers", "2", pause_s=0.5) as first:
        until((tmp_path / "grid" / "journal.log").exists, "the study was begun")
        with driver(tmp_path, "grid", 4, "--workers", "2") as second:
            status, output = second.ended()
        assert status == 1
        assert output.startswith("another driver runs the study in ")
        assert first.ended()[0] == 0


def _workers(folder: Path) -> list[int]:
    return [int(found["worker"].split()[1]) for found in outcomes(folder) if found["worker"]]


def _finished(ended: list[dict[str, Any]]) -> int:
    counts = Counter(outcome["state"] for outcome in ended)
    return counts["completed"] + counts["stopped"]
