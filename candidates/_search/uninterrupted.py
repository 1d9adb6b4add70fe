"""Loaded by each worker of a local cluster: Ctrl-C is for the driver, which ends its workers."""

import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Leave Ctrl-C, which a terminal sends to every process, to the driver."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
