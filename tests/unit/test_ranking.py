"""Ranks of trials: constraints first, then by Pareto; and who goes on at a rung."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pytest

from candidates._networks import TcCnn
from candidates._search.aims import aims_of
from candidates._search.ranking import among_the_better, dominated, order, ranks
from candidates._search.rungs import Rungs
from harness import Candidate

LOSSES: Final = np.array([[1, 4], [2, 2], [4, 1], [3, 3], [4, 4], [0, 9]], float)
FINE: Final = np.zeros(6)


def test_a_trial_is_dominated_if_another_is_no_worse_in_all_and_better_in_one() -> None:
    assert dominated(LOSSES).tolist() == [False, False, False, True, True, False]
    assert dominated(np.array([[1.0, 1.0], [1.0, 1.0]])).tolist() == [False, False]


def test_ranks_are_fronts_one_behind_the_other() -> None:
    assert ranks(LOSSES, FINE).tolist() == [0, 0, 0, 1, 2, 0]


def test_trials_that_miss_a_limit_come_last_by_how_far() -> None:
    excess = np.array([0, 0.5, 0.1, 0, 0, 0.5])

    assert ranks(LOSSES, excess).tolist() == [0, 3, 2, 0, 1, 3]


def test_of_one_rank_the_ends_come_first_then_the_lonelier() -> None:
    losses = np.array([[0, 10], [1, 8], [2, 7], [10, 0]], float)

    assert order(losses, np.zeros(4)) == [0, 3, 2, 1]


@pytest.mark.parametrize(
    ("values", "expected"), [([5], True), ([5, 4], True), ([5, 6], False), ([1, 9, 5], True)]
)
def test_the_better_half_is_rounded_up(values: list[float], expected: bool) -> None:  # noqa: FBT001
    losses = np.array(values, float)[:, np.newaxis]

    assert among_the_better(losses, np.zeros(len(values))) is expected


@dataclass
class Climbing:
    """A trial on its way."""

    number: int
    rungs: list[dict[str, Any]] = field(default_factory=list)

    def reach(self, score: float, zipped_bytes: int = 1_000) -> "Climbing":
        """Reach the next rung."""
        size = {"zipped_bytes": zipped_bytes}
        self.rungs.append({"validation": {"score": score}, "size": size})
        return self


class TestRungs:
    aims: Final = aims_of(("validation score",), Candidate(network=TcCnn(width=8)))

    def test_trials_are_decided_on_in_their_order_not_in_that_of_the_results(self) -> None:
        rungs, trials = Rungs(self.aims), [Climbing(0), Climbing(1), Climbing(2)]
        rungs.reach(trials[2].reach(0.9))
        assert list(rungs.decided(trials)) == []

        rungs.reach(trials[0].reach(0.5))
        assert list(rungs.decided(trials)) == [(trials[0], True)]

        rungs.reach(trials[1].reach(0.4))
        assert list(rungs.decided(trials)) == [(trials[1], False), (trials[2], True)]

    def test_a_trial_that_ended_is_not_waited_for(self) -> None:
        rungs, late = Rungs(self.aims), Climbing(7)
        rungs.remember(3, [{"validation": {"score": 0.9}}])
        rungs.reach(late.reach(0.8))

        assert list(rungs.decided([late])) == [(late, False)]

    def test_later_trials_do_not_count(self) -> None:
        rungs, first = Rungs(self.aims), Climbing(0)
        rungs.remember(1, [{"validation": {"score": 0.9}}])
        rungs.reach(first.reach(0.1))

        assert list(rungs.decided([first])) == [(first, True)]

    def test_a_trial_that_misses_a_limit_gives_way(self) -> None:
        rungs, large = Rungs(self.aims), Climbing(1)
        rungs.remember(0, [{"validation": {"score": 0.1}, "size": {"zipped_bytes": 100}}])
        rungs.reach(large.reach(0.9, zipped_bytes=30_000))

        assert list(rungs.decided([large])) == [(large, False)]

    @pytest.mark.parametrize(("high", "goes_on"), [(0.975, True), (0.96, False)])
    def test_a_limit_that_may_be_met_yet_does_not_count(
        self,
        high: float,
        goes_on: bool,  # noqa: FBT001
    ) -> None:
        rungs, unripe = Rungs(self.aims), Climbing(1)
        rungs.remember(0, [{"validation": {"score": 0.1}, "size": {"zipped_bytes": 100}}])
        unripe.reach(0.9).rungs[0]["accuracy"] = {"correct": 190, "total": 206, "high": high}
        rungs.reach(unripe)

        assert list(rungs.decided([unripe])) == [(unripe, goes_on)]

    def test_each_rung_compares_its_own(self) -> None:
        rungs, trial = Rungs(self.aims), Climbing(1)
        rungs.remember(0, [{"validation": {"score": 0.1}}, {"validation": {"score": 0.9}}])
        rungs.reach(trial.reach(0.5))
        assert list(rungs.decided([trial])) == [(trial, True)]

        rungs.reach(trial.reach(0.5))
        assert list(rungs.decided([trial])) == [(trial, False)]
