"""Clusters of processes on loopback: who trains, who measures, and what is refused."""

import os
import signal
from pathlib import Path

import distributed
import psutil
import pytest

from candidates._search import cluster
from candidates._search.cluster import BOARD, TRAIN, local, remote
from candidates._search.study import read
from harness.errors import SearchError
from tests.search.processes import (
    copied_with_another_line,
    driver,
    free_port,
    outcomes,
    scheduler,
    until,
    worker,
)
from tests.search.stubs import SPEECH


def test_boards_measure_and_workers_train_as_processes_of_their_own(tmp_path: Path) -> None:
    with (
        scheduler() as (address, _),
        worker(address, TRAIN),
        worker(address, TRAIN),
        worker(address, BOARD),
        driver(tmp_path, "quick", 8, "--scheduler", address) as running,
    ):
        status, output = running.ended()
        board, trainers = _pids(address, BOARD), _pids(address, TRAIN)

    assert status == 0, output
    completed = [t.outcome for t in read("quick", tmp_path / "quick").trials() if t.outcome.row]
    rows = [outcome.row for outcome in completed if outcome.row and "board" in outcome.row]
    assert {row["board"] for row in rows} == {f"process {pid}" for pid in board}
    assert len(board) == 1
    workers = {int(outcome.worker.split()[1]) for outcome in completed if outcome.worker}
    assert workers <= trainers
    assert len(trainers) == 2
    assert f"Times were measured on process {min(board)}" in (
        tmp_path / "quick" / "report.md"
    ).read_text(encoding="utf-8")


def _pids(address: str, resource: str) -> set[int]:
    with distributed.Client(address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        workers = client.scheduler_info(n_workers=-1)["workers"]
    return {pid for at, pid in pids.items() if resource in workers[at]["resources"]}


def test_a_study_goes_on_after_its_scheduler_was_killed(tmp_path: Path) -> None:
    folder, port = tmp_path / "grid", free_port()
    with (
        scheduler(port) as (address, process),
        worker(address, TRAIN),
        driver(tmp_path, "grid", 10, "--scheduler", address, pause_s=0.2) as running,
    ):
        until(lambda: len(outcomes(folder)) >= 4, "trials ended")
        process.send(signal.SIGKILL)
        status, output = running.ended()
    assert status == 1
    assert "the scheduler is gone; start it again, and run the same command" in output
    before = outcomes(folder)

    with (
        scheduler(port) as (address, _),
        worker(address, TRAIN),
        driver(tmp_path, "grid", 10, "--scheduler", address) as running,
    ):
        status, output = running.ended()

    assert status == 0, output
    assert "Study grid: 10 finished trials" in output
    assert outcomes(folder)[: len(before)] == before


def test_a_worker_with_other_code_is_refused(tmp_path: Path) -> None:
    other = copied_with_another_line(tmp_path / "other")
    with (
        scheduler() as (address, _),
        worker(address, TRAIN),
        worker(address, TRAIN, root=other),
    ):
        _wait_for(address, 2)
        with driver(tmp_path, "grid", 4, "--scheduler", address) as running:
            status, output = running.ended()

    assert status == 1
    assert "workers with other code than this machine's: tcp://127.0.0.1:" in output


def test_a_worker_with_other_speech_is_refused(tmp_path: Path) -> None:
    with (
        scheduler() as (address, _),
        worker(address, TRAIN),
        worker(address, TRAIN, environ={SPEECH: "other"}),
    ):
        _wait_for(address, 2)
        with driver(tmp_path, "grid", 12, "--scheduler", address, pause_s=0.1) as running:
            status, output = running.ended()

    assert status == 1
    assert "has other speech than the study; give it the same archives, with KWS_DATA" in output
    assert "Study grid: " in output


def test_a_scheduler_outside_of_a_clone_is_told(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with (
        scheduler(root=outside) as (address, _),
        worker(address, TRAIN),
        driver(tmp_path, "grid", 2, "--scheduler", address) as running,
    ):
        status, output = running.ended()

    assert status == 1
    assert "the scheduler cannot read our tasks; start it in a clone with this commit" in output


def _wait_for(address: str, workers: int) -> None:
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers)


def test_a_local_cluster_listens_on_loopback_alone() -> None:
    with local(1) as crew:
        crew.require_able()
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = {
            found.laddr.ip
            for process in processes
            for found in process.net_connections("tcp")
            if found.status == psutil.CONN_LISTEN
        }

    assert listening == {"127.0.0.1"}


def test_the_workers_of_a_cluster_that_does_not_close_are_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "CLOSE_S", 0.001)
    with local(2) as crew:
        crew.require_able()
        workers = [psutil.Process(pid) for pid in crew._client.run(os.getpid).values()]
        assert all(worker.is_running() for worker in workers)

    gone, alive = psutil.wait_procs(workers, timeout=10)
    assert len(gone) == 2
    assert not alive


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    address = f"tcp://127.0.0.1:{free_port()}"
    fault = f"^no scheduler answers at {address} within 0.5 s .*; start one with: dask scheduler"

    with pytest.raises(SearchError, match=fault), remote(address):
        pass


def test_a_scheduler_is_waited_for_ten_seconds() -> None:
    assert cluster.CONNECT_S == 10


@pytest.mark.parametrize("address", ["nowhere", "tcp://", "http://127.0.0.1:1"])
def test_an_address_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)

    with pytest.raises(SearchError, match=r"^no scheduler answers at "), remote(address):
        pass


def test_a_cluster_without_a_worker_that_trains_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 2.0)
    with scheduler() as (address, _), worker(address, BOARD), remote(address) as crew:
        fault = rf"^no worker has the resource TRAIN; start one with: dask worker {address} .*=1\"$"
        with pytest.raises(SearchError, match=fault):
            crew.require_able()
