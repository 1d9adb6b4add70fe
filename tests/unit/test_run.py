"""A run of the main job: while one candidate listens to the stream, the next is tried."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from harness import children
from harness.errors import ModelError
from harness.measure.run import Run
from tests.unit.models import GO_STOP_CLIPS, loudness_model, make_package, make_run, ready

MODULES = {
    "a": ready("loudness"),
    "b": ready("loudness"),
    "c": ready("missing"),
    "d": ready("loudness"),
}
Events = list[tuple[str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    registry = make_package(tmp_path, monkeypatch, MODULES, {"loudness": loudness_model()})
    monkeypatch.setattr(children, "CORES", frozenset({0, 1}))
    return make_run(registry, tmp_path, GO_STOP_CLIPS)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    events: Events = []

    class Recorded:
        def __init__(self, _candidate: Any, name: str, *_: Any) -> None:
            self._name = name
            events.append(("begun", name))

        def wait(self) -> None:
            events.append(("awaited", self._name))

        def scored(self, meanwhile: AbstractContextManager[None]) -> str:
            with meanwhile:
                events.append(("listened", self._name))
            return self._name

    monkeypatch.setattr("harness.measure.run.Trial", Recorded)
    return events


def scored(run: Run, name: str) -> Any:
    return run.score(run.load(name), name)


def test_the_next_candidate_is_tried_while_one_listens(run: Run, events: Events) -> None:
    assert [scored(run, name) for name in "ab"] == ["a", "b"]

    assert events == [
        *[("begun", "a"), ("begun", "b"), ("listened", "a"), ("awaited", "b")],
        ("listened", "b"),  # "c" has no model, so that nothing is begun
    ]


def test_what_is_wrong_with_the_next_is_told_when_its_turn_comes(run: Run, events: Events) -> None:
    scored(run, "b")

    with pytest.raises(ModelError, match=r"missing\.tflite does not exist"):
        scored(run, "c")
    assert scored(run, "d") == "d"
    assert events[-2:] == [("begun", "d"), ("listened", "d")]


def test_on_one_core_nothing_is_tried_beside_a_candidate(
    run: Run, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "CORES", frozenset({0}))

    for name in "ab":
        scored(run, name)

    assert events == [("begun", "a"), ("listened", "a"), ("begun", "b"), ("listened", "b")]


def test_a_candidate_that_was_tried_early_has_the_same_scores(run: Run) -> None:
    late = run.score(run.load("b"), "b")
    with run._trying_the_next("a"):
        assert "b" in run._trials

    early = run.score(run.load("b"), "b")

    assert "b" not in run._trials
    assert early.scores.tolist() == late.scores.tolist()
    assert early.outliers["noise"].scores.tolist() == late.outliers["noise"].scores.tolist()
