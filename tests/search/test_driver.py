"""The driver, with stubs for work and no cluster."""

import io
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from candidates._search import desk
from candidates._search import driver as module
from candidates._search.aims import Goal
from candidates._search.chance import REPEATS, repeat
from candidates._search.cluster import BOARD, TRAIN
from candidates._search.driver import Driver
from candidates._search.progress import Progress
from candidates._search.space import Space
from candidates._search.study import opened
from candidates._search.task import Draft, Task, Work, WorkerError
from candidates._search.trial import Trial
from candidates._search.variations import Choices
from harness.errors import CandidateError, DatasetError, SearchError
from tests.search.crews import Here
from tests.search.stubs import NO_NUMBER, STUB, space


def searched(
    folder: Path, wanted: int, how: Space | None = None, crew: Here | None = None, work: Work = STUB
) -> list[Trial]:
    """Run a study; returns its trials."""
    how = how or space()
    with opened("study", folder, how) as study:
        driver_of(study, how, crew, work).run(wanted)
        return study.trials()


def driver_of(study: Any, how: Space, crew: Here | None = None, work: Work = STUB) -> Driver:
    here: Any = crew or Here()
    return Driver(study, how, here, work, Progress(how, 1, io.StringIO()))


def states(trials: list[Trial]) -> Counter[str]:
    return Counter(trial.state for trial in trials)


def told(trials: list[Trial]) -> list[Any]:
    """Return what is the same however a study was run."""
    return [
        (trial.number, trial.point, trial.state, trial.outcome.rungs, _score(trial))
        for trial in trials
    ]


def _score(trial: Trial) -> Any:
    row = trial.outcome.row
    return row and row.get("validation")


def test_a_study_ends_when_it_holds_the_trials_wanted(tmp_path: Path) -> None:
    trials = searched(tmp_path, 20)

    counts = states(trials)
    assert counts["completed"] + counts["stopped"] == 20
    assert {"completed", "stopped", "refused", "failed"} == counts.keys()


def test_refused_and_failed_trials_say_why(tmp_path: Path) -> None:
    reasons = {trial.outcome.reason for trial in searched(tmp_path, 20)}

    assert reasons == {
        "",
        "23 bins are too many",
        "before any training, zipped size 30,000 B is not under 25,600 B",
        "the loss of epoch 1 is nan; use a lower learning_rate",
    }


def test_what_is_out_of_budget_in_size_is_never_trained(tmp_path: Path) -> None:
    crew = Here()

    trials = searched(tmp_path, 20, crew=crew)

    wide = [trial for trial in trials if trial.point["network.width"] == 300]
    assert {trial.state for trial in wide} == {"refused"}
    drafts = crew.submitted.count((TRAIN, "draft"))
    trained = len({trial.number for trial in trials if trial.outcome.rungs})
    failed = states(trials)["failed"]
    assert drafts == trained + failed + sum("size" in t.outcome.reason for t in wide)


def test_half_of_the_trials_are_stopped_at_a_rung_and_keep_their_row(tmp_path: Path) -> None:
    trials = searched(tmp_path, 40)

    counts = states(trials)
    assert 15 <= counts["stopped"] <= 25
    assert all(len(trial.outcome.rungs) == 1 for trial in trials if trial.state == "stopped")


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_a_study_is_the_same_whatever_the_order_of_results(tmp_path: Path, sampler: Any) -> None:
    plain = told(searched(tmp_path / "plain", 20, space(sampler), Here(1)))

    for seed in range(3):
        crew = Here(trainers=2 + seed, shuffled=seed)
        assert told(searched(tmp_path / f"{seed}", 20, space(sampler), crew)) == plain


@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_a_study_goes_on_where_it_ended(tmp_path: Path, sampler: Any) -> None:
    first = searched(tmp_path, 7, space(sampler))
    more = searched(tmp_path, 15, space(sampler))

    assert told(more)[: len(first)] == told(first)
    assert sum(trial.state in ("completed", "stopped") for trial in more) == 15


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_a_study_in_parts_equals_one_in_one_go(tmp_path: Path, sampler: Any) -> None:
    for wanted in (3, 8, 20):
        parts = searched(tmp_path / "parts", wanted, space(sampler))

    assert told(parts) == told(searched(tmp_path / "whole", 20, space(sampler)))


def test_a_study_that_has_all_its_trials_tries_no_more(tmp_path: Path) -> None:
    crew = Here()
    first = searched(tmp_path, 5)

    assert told(searched(tmp_path, 5, crew=crew)) == told(first)
    assert crew.submitted == [(TRAIN, "speech")]


def test_a_trial_that_was_running_is_run_again_and_counted_once(tmp_path: Path) -> None:
    how = space()
    with opened("study", tmp_path, how) as study:
        for _ in range(4):  # a driver that is killed leaves such
            study.ask(how)

    trials = searched(tmp_path, 12, how)

    assert told(trials) == told(searched(tmp_path / "undisturbed", 12, how))


def test_no_more_is_trained_at_once_than_there_are_workers(tmp_path: Path) -> None:
    crew = Here(trainers=2, boards=0)

    searched(tmp_path, 10, crew=crew)

    assert crew.most_at_once == 2


def test_a_grid_ends_when_it_has_no_more_points(tmp_path: Path) -> None:
    how = space(vary={"network.width": Choices(8, 12)}, condition=None)

    assert len(searched(tmp_path, 50, how)) == 2


def test_the_epochs_of_a_rung_are_a_share_of_all(tmp_path: Path) -> None:
    asked = []

    def train(task: Task, epochs: int, state: bytes | None) -> Any:
        asked.append((task.name, epochs, state))
        return STUB.train(task, epochs, state)

    how = space(rungs=(0.1, 0.5, 1.0), vary={"network.width": Choices(8, 12)}, condition=None)
    searched(tmp_path, 1, how, Here(1), replace(STUB, train=train))

    assert asked == [("trial 0", 4, None), ("trial 0", 20, b"4"), ("trial 0", 40, b"20")]


class TestMeasuring:
    def test_a_board_measures_each_model(self, tmp_path: Path) -> None:
        crew = Here(boards=1)

        trials = searched(tmp_path, 8, crew=crew)

        assert crew.submitted.count((BOARD, "measure")) == states(trials)["completed"]

    def test_without_a_board_the_driver_measures(self, tmp_path: Path) -> None:
        crew = Here(boards=0)

        trials = searched(tmp_path, 8, crew=crew)

        assert BOARD not in {resource for resource, _ in crew.submitted}
        rows = [trial.outcome.row for trial in trials if trial.state == "completed"]
        assert all(row and row["latency_us"]["total"]["p50"] for row in rows)

    def test_the_driver_measures_when_a_core_is_free(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(desk, "_cores", lambda: 2)
        busy = []

        class Counting(Here):
            shares_machine = True

            def in_work(self) -> int:
                return len(self._waiting)

        crew = Counting(trainers=2, boards=0)

        def measure(task: Task, model: bytes, heard: frozenset[str]) -> Any:
            busy.append(crew.in_work())
            return STUB.measure(task, model, heard)

        searched(tmp_path, 10, crew=crew, work=replace(STUB, measure=measure))

        assert busy
        assert max(busy) <= 1

    def test_latency_is_known_before_a_training_if_it_is_a_goal(self, tmp_path: Path) -> None:
        crew = Here()

        trials = searched(tmp_path, 8, space(goals=("latency", "validation score")), crew)

        stopped = [trial for trial in trials if trial.state == "stopped"]
        assert stopped
        assert all(t.outcome.rungs[0]["latency_us"]["total"]["p50"] for t in stopped)
        assert crew.submitted.index((BOARD, "measure")) < crew.submitted.index((TRAIN, "train"))

    def test_a_limit_of_latency_is_kept_before_any_training(self, tmp_path: Path) -> None:
        how = space(goals=("latency", Goal("latency", limit=15.0), "validation score"))
        trials = searched(tmp_path, 8, how)

        slow = [trial for trial in trials if trial.point["network.width"] in (16, 20)]
        assert slow
        assert all(trial.state != "completed" for trial in slow)
        assert any(
            t.outcome.reason == "before any training, latency 16.0 µs is not under 15.0 µs"
            for t in slow
        )

    def test_a_row_without_a_goal_fails_its_trial_alone(self, tmp_path: Path) -> None:
        trials = searched(tmp_path, 3, space(goals=("MACs", "size")))

        reasons = {trial.outcome.reason for trial in trials if trial.state == "failed"}
        assert "it was measured without MACs" in reasons


class TestFaults:
    def test_a_space_whose_every_candidate_is_refused_gives_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MOST_REFUSED", 30)
        how = space("random", condition=never)

        with pytest.raises(
            SearchError,
            match=r"^30 candidates in a row were refused, the last because: never; change the ",
        ):
            searched(tmp_path, 3, how)

    def test_a_grid_whose_every_point_is_refused_says_so(self, tmp_path: Path) -> None:
        how = space(vary={"network.width": Choices(300, 400)}, condition=None)

        with pytest.raises(
            SearchError, match=r"^no trial finished; the last ended because: before any training, "
        ):
            searched(tmp_path, 3, how)

    def test_trials_that_all_fail_end_the_study(self, tmp_path: Path) -> None:
        how = space("random", vary={"training.learning_rate": Choices(NO_NUMBER)}, condition=None)

        with pytest.raises(
            SearchError, match=f"^{module.MOST_FAILED} trials in a row failed, the last because: "
        ):
            searched(tmp_path, 3, how)

    def test_an_unforeseen_error_fails_one_trial(self, tmp_path: Path) -> None:
        def train(task: Task, epochs: int, state: bytes | None) -> Any:
            if task.name == "trial 1":
                raise MemoryError(task.name)
            return STUB.train(task, epochs, state)

        trials = searched(tmp_path, 5, work=replace(STUB, train=train))

        assert trials[1].state in ("failed", "refused")
        assert any(t.outcome.reason == "MemoryError: trial 1" for t in trials)

    def test_a_network_that_cannot_be_built_is_refused(self, tmp_path: Path) -> None:
        def draft(task: Task) -> Draft:
            if task.name == "trial 0":
                msg = "impossible network"
                raise CandidateError(msg)
            return STUB.draft(task)

        trials = searched(tmp_path, 2, work=replace(STUB, draft=draft))

        assert (trials[0].state, trials[0].outcome.reason) == ("refused", "impossible network")

    @pytest.mark.parametrize("error", [WorkerError("other code"), DatasetError("no speech")])
    def test_what_is_no_fault_of_a_candidate_ends_the_run_and_keeps_the_trial(
        self, tmp_path: Path, error: Exception
    ) -> None:
        def train(*_: Any) -> Any:
            raise error

        with pytest.raises(type(error)):
            searched(tmp_path, 3, work=replace(STUB, train=train))

        with opened("study", tmp_path, space()) as study:
            assert "running" in states(study.trials())
        assert told(searched(tmp_path, 6)) == told(searched(tmp_path / "undisturbed", 6))

    def test_other_speech_than_that_of_the_study_is_refused(self, tmp_path: Path) -> None:
        searched(tmp_path, 2)

        def other(_base: Any) -> str:
            return "other speech"

        with pytest.raises(SearchError, match=r"was made with other speech; use the same archives"):
            searched(tmp_path, 4, work=replace(STUB, speech=other))


def never(_candidate: Any) -> str | None:
    return "never"


class TestRepeats:
    def test_the_leader_is_trained_again_from_other_seeds(self, tmp_path: Path) -> None:
        how = space(repeats=3)
        with opened("study", tmp_path, how) as study:
            driver = driver_of(study, how)
            driver.run(10)
            repeat(driver)
            kept = study.facts()[REPEATS]

        ((number, rows),) = kept.items()
        assert rows.keys() == {"1", "2", "3"}
        leader = searched(tmp_path, 10, how)[int(number)]
        assert leader.outcome.row
        assert leader.outcome.row["size"]["zipped_bytes"] == 8 * 101
        assert len({row["validation"]["score"] for row in rows.values()}) == 3

    def test_a_seed_that_fails_leaves_the_others(self, tmp_path: Path) -> None:
        def train(task: Task, epochs: int, state: bytes | None) -> Any:
            if task.candidate.training.seed == 2:
                raise MemoryError
            return STUB.train(task, epochs, state)

        how = space(repeats=3)
        with opened("study", tmp_path, how) as study:
            driver = driver_of(study, how, work=replace(STUB, train=train))
            driver.run(4)
            repeat(driver)
            (rows,) = study.facts()[REPEATS].values()

        assert rows.keys() == {"1", "3"}

    def test_what_was_repeated_is_not_repeated_again(self, tmp_path: Path) -> None:
        how, crew = space(repeats=2), Here()
        for _ in range(2):
            with opened("study", tmp_path, how) as study:
                driver = driver_of(study, how, crew)
                driver.run(4)
                before = crew.submitted.count((TRAIN, "train"))
                repeat(driver)

        assert crew.submitted.count((TRAIN, "train")) == before
