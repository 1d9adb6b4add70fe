"""What a search costs beside its trainings: the driver, the cluster, and what travels."""

import io
import os
import pickle
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from candidates._search.cluster import local
from candidates._search.driver import Driver
from candidates._search.progress import Progress
from candidates._search.space import Sampler, Space
from candidates._search.study import opened
from candidates._search.task import Task, Work, code_digest
from candidates._search.variations import Choices, Whole
from candidates._training.fit import Fit
from harness.candidate.registry import Registry
from tests.search.stubs import SPIN, STUB, space, spin
from tests.training.test_pause import DENSE, material

TRIALS: Final = 100
MOST_MS: Final = 50
"""Of driver and cluster, for a trial whose training returns at once, with two workers."""

LEAST_SPEED_UP: Final = 1.7
BUSY: Final = 10
"""Per cent of the processor's time that others may take on a machine whose cores are free."""

MANY: Final = 40
"""Trials, of which the last must not count much: one worker waits while the other ends it."""

MEASURED: Final = 15
"""A training takes as many times as long as measuring its model in the driver."""


WELL: Final = {
    "network.width": Choices(8, 12, 16, 20),
    "training.learning_rate": Choices(0.01, 0.02, 0.03),
    "frontend.mel_bins": Whole(16, 22),
}
"""What varies without a candidate that is refused or fails, both of which would be cheaper."""


def seconds(folder: Path, how: Space, trials: int, workers: int, work: Work = STUB) -> float:
    """Return how long a study takes, its cluster already there and its workers warm."""
    with local(workers) as crew, opened("bench", folder, how) as study:
        driver = Driver(study, how, crew, work, Progress(how, trials, io.StringIO()))
        driver.run(2 * workers)
        started = time.perf_counter()
        Driver(study, how, crew, work, driver.progress).run(2 * workers + trials)
        return time.perf_counter() - started


@pytest.fixture(name="free_cores")
def _free_cores() -> None:
    # Not the load average, which still counts what ended a minute ago.
    busy = psutil.cpu_percent(interval=2)
    if busy > BUSY or (os.cpu_count() or 1) < 2:
        pytest.skip(f"needs two free cores; others take {busy:.0f} % of the processor's time")


@pytest.mark.usefixtures("free_cores")
@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_a_trial_costs_driver_and_cluster_little(tmp_path: Path, sampler: Sampler) -> None:
    took_ms = seconds(tmp_path, space(sampler, vary=WELL), TRIALS, workers=2) / TRIALS * 1e3

    print(f"\n{sampler}: {took_ms:.1f} ms a trial: drafted, trained to a rung or two, measured")
    assert took_ms < MOST_MS


def test_what_travels_is_small() -> None:
    candidate = Registry().load("ds_cnn_32")
    code = code_digest()
    task = Task(name="trial 1", candidate=candidate, base=candidate, code=code, speech=code)
    state = pickle.dumps(Fit(DENSE, *material(DENSE)).state)
    wide = replace(DENSE, network=candidate.network)
    wide_state = pickle.dumps(Fit(wide, *material(wide)).state)

    sizes = {"a task": len(pickle.dumps(task)), "a small state": len(state)}
    sizes["the state of a DS-CNN of 32 filters"] = len(wide_state)
    print("", *(f"{what}: {size:,} bytes" for what, size in sizes.items()), sep="\n")
    assert max(sizes.values()) < 1_000_000


@pytest.mark.usefixtures("free_cores")
def test_two_workers_finish_more_than_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = 30_000_000  # half a second or more
    monkeypatch.setenv(SPIN, f"{rounds}")

    def measure(*task_and_model: Any) -> dict[str, Any]:
        spin(rounds // MEASURED)
        return STUB.measure(*task_and_model)

    work = replace(STUB, measure=measure)
    took = [
        seconds(tmp_path / f"{workers}", space("random", vary=WELL), MANY, workers, work)
        for workers in (1, 2)
    ]
    print(
        f"\none worker {took[0]:.1f} s, two workers {took[1]:.1f} s: {took[0] / took[1]:.2f} times"
    )
    assert took[0] / took[1] >= LEAST_SPEED_UP
