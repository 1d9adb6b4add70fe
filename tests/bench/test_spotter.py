"""The whole spotter beside the recipe it grew from."""

from typing import cast

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from candidates.seed_ds_cnn_48_s95 import CANDIDATE
from harness import LogMel, load_spotter
from harness.audio import Clip
from harness.decisions import Scores
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter
from tests.bench.side_by_side import clips, speed_up
from tests.training.reference import Reference

NAME = "seed_ds_cnn_48_s95"
FRONTEND = cast("LogMel", CANDIDATE.frontend)
TARGET, FLOOR = 100, 50
"""Times as fast: wanted, and reached in every run on record (68 to 125)."""


@pytest.fixture(name="spotter")
def _spotter() -> Spotter:
    return load_spotter(NAME)


class Recipe:
    """Eager TensorFlow before the model: mel matrix and resize for every clip anew."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, clip: Clip) -> Scores:
        """Scores of one clip."""
        return self._model(Reference(frontend=FRONTEND)(clip))


def test_the_recipe_gives_the_same_scores(spotter: Spotter) -> None:
    recipe = Recipe(spotter.model)

    for clip in clips():
        np.testing.assert_allclose(spotter(clip), recipe(clip), rtol=0, atol=1e-3)


@pytest.mark.benchmark(disable_gc=True)
def test_the_spotter_is_many_times_as_fast_as_the_recipe(
    spotter: Spotter, benchmark: BenchmarkFixture
) -> None:
    """The target is 100; what TensorFlow takes varies more between machines than what we do."""
    ratio = speed_up(benchmark, spotter, Recipe(spotter.model), rounds=200)

    assert ratio >= FLOOR
    if ratio < TARGET:
        pytest.xfail(f"the target of {TARGET} is not met here: {ratio:.0f}")
