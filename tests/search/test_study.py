"""The study: a journal that one driver writes and that survives being killed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from candidates._search.space import Space
from candidates._search.study import JOURNAL, Study, opened, read
from candidates._search.trial import Outcome
from candidates._search.variations import Choices, Whole
from harness.errors import SearchError
from tests.search.stubs import space

ROW: dict[str, Any] = {"size": {"zipped_bytes": 1_000}, "validation": {"score": 0.9}}


@pytest.fixture(name="how")
def _how() -> Space:
    return space()


@pytest.fixture(name="study")
def _study(tmp_path: Path, how: Space) -> Iterator[Study]:
    with opened("study", tmp_path, how) as study:
        yield study


def ended(study: Study, how: Space, *outcomes: Outcome) -> None:
    for outcome in outcomes:
        trial = study.ask(how)
        assert trial
        study.tell(how, trial.number, outcome)


def test_a_trial_runs_until_it_is_told_of(study: Study, how: Space) -> None:
    trial = study.ask(how)

    assert trial
    assert (trial.number, trial.state) == (0, "running")
    assert trial.point.keys() == how.vary.keys()
    ended_as = study.tell(how, 0, Outcome(state="completed", row=ROW))
    assert ended_as.state == study.trials()[0].state == "completed"


@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_no_point_is_proposed_twice_after_a_restart(tmp_path: Path, sampler: Any) -> None:
    how = space(sampler)
    for _ in range(4):
        with opened("study", tmp_path, how) as study:
            ended(study, how, *[Outcome(state="completed", row=ROW)] * 4)

    with opened("study", tmp_path, how) as study:
        points = [json.dumps(dict(trial.point)) for trial in study.trials()]
    assert len(points) == 16
    assert len(set(points)) >= 15  # choices may meet by chance, a sequence may not repeat
    assert points[:4] != points[4:8]


def test_every_outcome_is_kept_as_it_was(tmp_path: Path, how: Space) -> None:
    outcomes = [
        Outcome(state="completed", rungs=[ROW], row=ROW, worker="pi", seconds=1.5),
        Outcome(state="stopped", rungs=[ROW]),
        Outcome(state="refused", reason="too large", row={"size": {"zipped_bytes": 30_000}}),
        Outcome(state="refused", reason="no"),
        Outcome(state="failed", reason="lost", rungs=[ROW]),
    ]
    with opened("study", tmp_path, how) as study:
        ended(study, how, *outcomes)

    assert [trial.outcome for trial in read("study", tmp_path).trials()] == outcomes


def test_optuna_reads_the_journal_as_its_own(tmp_path: Path, how: Space) -> None:
    with opened("study", tmp_path, how) as study:
        ended(
            study, how, Outcome(state="completed", row=ROW), Outcome(state="stopped", rungs=[ROW])
        )
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / JOURNAL))

    found = optuna.load_study(study_name="study", storage=optuna.storages.JournalStorage(backend))

    assert [direction.name for direction in found.directions] == ["MINIMIZE", "MAXIMIZE"]
    assert found.trials[0].values == [1_000, 0.9]
    assert found.trials[1].state.name == "PRUNED"
    assert [trial.number for trial in found.best_trials] == [0]


def test_a_missed_limit_is_a_constraint_that_optuna_knows(tmp_path: Path, how: Space) -> None:
    large = {"size": {"zipped_bytes": 51_200}, "validation": {"score": 0.99}}
    with opened("study", tmp_path, how) as study:
        ended(
            study,
            how,
            Outcome(state="completed", row=large),
            Outcome(state="refused", reason="too large", row=large),
        )
        both = study.optuna.trials

    assert [trial.constraints["size"] for trial in both] == [1, 1]


def test_a_second_driver_is_refused(study: Study, how: Space) -> None:
    fault = f"^another driver runs the study in {study.folder}; wait for it to end, or name"
    with pytest.raises(SearchError, match=fault), opened("study", study.folder, how):
        pass


def test_a_study_is_read_while_its_driver_runs(study: Study, how: Space) -> None:
    ended(study, how, Outcome(state="completed", row=ROW))

    assert read("study", study.folder).trials()[0].state == "completed"


def test_a_study_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        SearchError, match=r"^there is no study in .*; begin one: tox run -e search"
    ):
        read("study", tmp_path)


class TestOtherVersions:
    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"goals": ("size",)}, "goals was size .*, validation score .*, is size "),
            ({"rungs": (1.0,)}, "rungs was 0.2, 1, is 1; "),
            (
                {"vary": {"network.width": Choices(8, 12), "frontend.mel_bins": Whole(16, 23)}},
                "vary 'network.width' was .*300.*, is .*; vary 'training.learning_rate' was .*none",
            ),
            ({"condition": None}, "condition was def odd_bins"),
        ],
    )
    def test_a_study_of_another_version_of_the_space_says_what_changed(
        self, tmp_path: Path, how: Space, changes: dict[str, Any], fault: str
    ) -> None:
        with opened("study", tmp_path, how):
            pass

        with (
            pytest.raises(
                SearchError, match=f"(?s)made by another version of the space: .*{fault}"
            ),
            opened("study", tmp_path, space(**changes)),
        ):
            pass

    def test_repeats_may_change(self, tmp_path: Path, how: Space) -> None:
        with opened("study", tmp_path, how):
            pass
        with opened("study", tmp_path, replace(how, repeats=9)) as study:
            assert study.trials() == []


class TestDamage:
    @pytest.fixture(name="journal")
    def _journal(self, tmp_path: Path, how: Space) -> Path:
        with opened("study", tmp_path, how) as study:
            ended(study, how, *[Outcome(state="completed", row=ROW)] * 3)
        return tmp_path / JOURNAL

    def test_an_entry_cut_off_in_the_middle_is_left_out(
        self, journal: Path, how: Space, capsys: pytest.CaptureFixture[str]
    ) -> None:
        whole = journal.read_bytes()
        journal.write_bytes(whole[: whole.rindex(b'"outcome"') + 50])  # killed as it wrote

        with opened("study", journal.parent, how) as study:
            states = [trial.state for trial in study.trials()]
            study.tell(how, 2, Outcome(state="completed", row=ROW))

        assert states == ["completed", "completed", "running"]
        assert "ended in the middle of an entry, which is left out" in capsys.readouterr().out
        assert [trial.state for trial in read("study", journal.parent).trials()] == [
            "completed"
        ] * 3

    def test_a_trial_whose_outcome_is_kept_has_ended(self, journal: Path, how: Space) -> None:
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(lines[:-1]))  # killed before it said so

        with opened("study", journal.parent, how) as study:
            assert [trial.state for trial in study.trials()] == ["completed"] * 3

    def test_a_journal_cut_off_anywhere_keeps_the_trials_that_had_ended(
        self, journal: Path, how: Space
    ) -> None:
        whole = journal.read_bytes()
        told = whole.index(b'"state":1,')  # the end of the first trial

        for length in range(told + 400, len(whole), 211):
            journal.write_bytes(whole[:length])
            with opened("study", journal.parent, how) as study:
                assert study.trials()[0].state == "completed"

    def test_a_damaged_entry_is_told_with_its_line(self, journal: Path, how: Space) -> None:
        lines = journal.read_bytes().splitlines(keepends=True)
        lines[4] = lines[4][:30] + b"\n"
        journal.write_bytes(b"".join(lines))

        fault = r"journal.log is damaged in line 5 \(.*\); restore it from version control, or "
        with pytest.raises(SearchError, match=fault), opened("study", journal.parent, how):
            pass

    def test_a_journal_without_its_beginning_is_told(self, journal: Path, how: Space) -> None:
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(lines[1:]))

        with (
            pytest.raises(SearchError, match=r"journal.log is damaged in line 1: it must begin"),
            opened("study", journal.parent, how),
        ):
            pass

    def test_an_empty_journal_begins_anew(self, journal: Path, how: Space) -> None:
        journal.write_bytes(b"")

        with opened("study", journal.parent, how) as study:
            assert study.trials() == []
