"""The machines of a search: a Dask cluster of this machine's cores, or any other one."""

import logging
import os
import platform
import queue
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any, Final

import distributed

from candidates._search import uninterrupted
from candidates._search.task import code_digest
from harness.errors import SearchError

TRAIN: Final = "TRAIN"
BOARD: Final = "BOARD"
CONNECT_S: Final = 10.0
"""Longest time to wait for a scheduler, and for a worker that trains."""

CLOSE_S: Final = 20.0
"""Longest time that a cluster of this machine may take to close; then its workers are killed."""

_ASK_S: Final = 0.5
_GONE: Final = (
    "the scheduler is gone; start it again, and run the same command to go on with the study"
)
_UNREAD: Final = "deserialization of the task graph"
"""Part of Dask's own text for a scheduler that lacks a module."""

_LOOPBACK: Final = "127.0.0.1"


class Crew:
    """
    The workers, and the results that they bring.

    Args:
        client: Connection to the scheduler.
        shares_machine: Whether trainings may run on the cores of this machine.

    """

    def __init__(self, client: distributed.Client, *, shares_machine: bool) -> None:
        self._client = client
        self._done: queue.SimpleQueue[tuple[Any, distributed.Future]] = queue.SimpleQueue()
        self._futures: set[distributed.Future] = set()
        self._told: dict[str, Any] = {}
        self._asked = -_ASK_S
        self.shares_machine = shares_machine

    def count(self, resource: str) -> int:
        """Return the number of workers that have *resource*."""
        return sum(resource in worker["resources"] for worker in self._workers().values())

    def submit(self, resource: str, what: Any, function: Callable[..., Any], *args: Any) -> None:
        """Run ``function(*args)`` on a worker with *resource*; its result comes with *what*."""
        future = self._client.submit(
            function, *args, resources={resource: 1}, pure=False, retries=0
        )
        self._futures.add(future)
        future.add_done_callback(lambda done: self._done.put((what, done)))

    def wait(self, seconds: float) -> tuple[Any, Callable[[], Any]] | None:
        """
        Return what is done next, and a function that returns or raises its result.

        None after *seconds*. Raises SearchError if the scheduler is gone.
        """
        try:
            what, future = self._done.get(timeout=seconds)
        except queue.Empty:
            self._require_scheduler()
            return None
        if future.cancelled():
            self._require_scheduler()
        self._futures.discard(future)
        return what, lambda: _result(future)

    def _require_scheduler(self) -> None:
        if self._client.status != "running":
            raise SearchError(_GONE)

    def require_able(self) -> None:
        """Raise SearchError unless some worker trains, and all have this machine's code."""
        deadline = time.monotonic() + CONNECT_S
        while not self.count(TRAIN):
            if time.monotonic() > deadline:
                msg = (
                    f"no worker has the resource {TRAIN}; start one with: dask worker "
                    f'{self._client.scheduler.address} --nthreads 1 --resources "{TRAIN}=1"'
                )
                raise SearchError(msg)
            time.sleep(0.1)
        found = self._client.run(code_digest, on_error="return")
        other = [address for address, code in found.items() if code != code_digest()]
        if other:
            msg = (
                f"workers with other code than this machine's: {', '.join(sorted(other))}; check "
                f"out the same commit there and start them again"
            )
            raise SearchError(msg)

    def _workers(self) -> dict[str, Any]:
        """Return what the scheduler tells of each worker; it is asked now and then only."""
        now = time.monotonic()
        if now - self._asked > _ASK_S:
            try:
                self._told = self._client.scheduler_info(n_workers=-1)["workers"]
            except (KeyError, OSError) as error:
                raise SearchError(_GONE) from error
            self._asked = now
        return self._told


def _result(future: distributed.Future) -> Any:
    try:
        return future.result()
    except CancelledError as error:
        msg = "the cluster dropped a task; run the same command to go on with the study"
        raise SearchError(msg) from error
    except RuntimeError as error:
        if _UNREAD not in str(error):
            raise
        msg = (
            "the scheduler cannot read our tasks; start it in a clone with this commit, with "
            "PYTHONPATH=."
        )
        raise SearchError(msg) from error


@contextmanager
def local(workers: int | None) -> Iterator[Crew]:
    """Start a cluster on this machine's loopback: one worker a core, or *workers* of them."""
    cluster = distributed.LocalCluster(
        n_workers=workers or os.cpu_count() or 1,
        threads_per_worker=1,
        processes=True,
        host=_LOOPBACK,
        dashboard_address=f"{_LOOPBACK}:0",
        worker_dashboard_address=f"{_LOOPBACK}:0",
        resources={TRAIN: 1},
        preload=uninterrupted.__name__,
        memory_limit=None,
        silence_logs=logging.CRITICAL,
    )
    with _closed(cluster), distributed.Client(cluster, set_as_default=False) as client:
        yield Crew(client, shares_machine=True)


@contextmanager
def _closed(cluster: distributed.LocalCluster) -> Iterator[None]:
    """
    Close *cluster*, or kill its workers.

    Once in some dozen times Dask waits for ever for workers that wait, too.
    """
    nannies = list(cluster.workers.values())
    try:
        yield
    finally:
        try:
            cluster.close(timeout=CLOSE_S)
        except TimeoutError:
            for pid in filter(None, [nanny.pid for nanny in nannies]):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@contextmanager
def remote(address: str) -> Iterator[Crew]:
    """Connect to the scheduler at *address*; raises SearchError if it does not answer."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = (
            f"no scheduler answers at {address} within {CONNECT_S:g} s ({error}); start one "
            f"with: dask scheduler --host HOST"
        )
        raise SearchError(msg) from error
    with client:
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        hosts = {worker["host"] for worker in workers}
        yield Crew(client, shares_machine=bool(hosts & _own_addresses()))


def _own_addresses() -> set[str]:
    try:
        found = socket.gethostbyname_ex(platform.node())[2]
    except OSError:
        found = []
    return {_LOOPBACK, *found}
