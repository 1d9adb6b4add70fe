"""A training ends with the same weights on any number of cores."""

import multiprocessing
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from candidates._networks import TcCnn
from candidates._training.fit import fit
from harness import LogMel
from tests.training.test_pause import DENSE, material

CORES: Final = sorted(os.sched_getaffinity(0))
WIDE: Final = replace(
    DENSE,
    frontend=LogMel(),
    network=TcCnn(width=28),
    training=replace(DENSE.training, epochs=2, batch_size=256),
)
"""As large as networks and batches are in earnest, so that threads would share a sum."""


def weights_on(cores: Iterable[int]) -> list[Any]:
    os.sched_setaffinity(0, cores)
    model, _ = fit(WIDE, "wide", *material(WIDE))
    weights: list[Any] = model.get_weights()
    return weights


@pytest.mark.skipif(len(CORES) == 1, reason="this machine has one core")
def test_the_weights_do_not_depend_on_the_number_of_cores() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn, max_tasks_per_child=1) as processes:
        one, all_of_them = processes.map(weights_on, [CORES[:1], CORES])

    for ours, theirs in zip(one, all_of_them, strict=True):
        np.testing.assert_array_equal(ours, theirs)
