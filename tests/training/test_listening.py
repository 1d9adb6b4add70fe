"""Choosing the trigger by a stream of validation clips."""

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from candidates._networks import DsCnn
from candidates._training import listening
from candidates._training.listening import WORTH, chosen_trigger, validation_scene
from candidates._training.sources import Sources
from candidates._training.train import with_trigger
from harness import Candidate, Trigger
from harness.errors import DatasetError
from harness.stream.evaluation import Outcome
from harness.stream.material import SLOT_S
from harness.stream.scene import Scene
from tests.training.synthetic import MarkedSource, SyntheticSource

CANDIDATE = Candidate(network=DsCnn(width=8))
FOREIGN = MarkedSource(said={"validation": tuple(f"arabic:{number}" for number in range(40))})


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    def overheard(_folder: Path, _task: tuple[str, ...], split: str) -> Any:
        assert split == "validation"
        return np.ones((20, SLOT_S * 16_000), np.int16)

    monkeypatch.setattr(listening, "overheard", overheard)
    people = SyntheticSource(clips_a_word=4)
    return Sources(people=people, synthetic=people, foreign=FOREIGN, cache=tmp_path)


def test_a_stream_is_of_validation_clips_and_has_foreign_words_for_digits(sources: Sources) -> None:
    scene = validation_scene(CANDIDATE, sources)

    kinds = ["other words", "digits", "sentences", "babble", "noise", "tones"]
    assert list(scene.background_s) == kinds
    assert len(scene.keywords) == 8
    assert scene.digest == validation_scene(CANDIDATE, sources).digest


def test_without_speech_beside_the_task_the_stream_is_shorter(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> NoReturn:
        message = "eSpeak NG is not there"
        raise DatasetError(message)

    monkeypatch.setattr(listening, "overheard", gone)
    alone = Sources(people=sources.people, synthetic=sources.people, cache=sources.cache)

    scene = validation_scene(Candidate(network=DsCnn(width=8), labels=("go", "stop")), alone)

    assert list(scene.background_s) == ["other words", "noise", "tones"]
    assert capsys.readouterr().out == (
        "the trigger is chosen without sentences: eSpeak NG is not there\n"
    )


class Tried:
    """What each mean of a spotter comes to, in place of listening."""

    def __init__(self, outcomes: dict[int, tuple[int, int]]) -> None:
        self._outcomes = outcomes

    def __call__(self, _playback: object, _spotter: object, trigger: Trigger) -> Any:
        accepted, missed = self._outcomes[trigger.mean_of]
        hits = (0.0,) * (100 - missed)
        outcome = Outcome(false_accepts={"noise": accepted}, delays_s=hits, keywords=100)
        return type("Listened", (), {"outcome": outcome})


QUIET = {1: (90, 20), 2: (50, 24), 3: (10, 25), 4: (5, 26), 5: (0, 40)}
ALIKE = {1: (90, 20), 2: (90, 20), 3: (90, 21), 4: (90, 22), 5: (90, 22)}
SURE = {1: (9, 90), 2: (8, 40), 3: (7, 44), 4: (6, 50), 5: (5, 60)}
"""False accepts, and words missed of 100, by the number of decisions averaged over."""


@pytest.mark.parametrize(("outcomes", "expected"), [(QUIET, 3), (ALIKE, 1), (SURE, 3)])
def test_the_quietest_mean_that_misses_little_more_is_chosen(
    outcomes: dict[int, tuple[int, int]],
    expected: int,
    sources: Sources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "listen", Tried(outcomes))
    scene: Scene = validation_scene(CANDIDATE, sources)

    chosen = chosen_trigger(None, scene)  # type: ignore[arg-type]

    assert WORTH == 0.05
    assert chosen["mean_of"] == expected
    hours = sum(scene.background_s.values()) / 3_600
    rate = round(outcomes[1][0] / hours, 2)
    assert chosen["tried"]["1"] == {
        "false_accepts_per_hour": rate,
        "missed": outcomes[1][1] / 100,
    }
    assert chosen["digest"] == scene.digest


def test_a_trigger_that_a_candidate_states_is_not_chosen_anew(sources: Sources) -> None:
    candidate = Candidate(network=DsCnn(width=8), trigger=Trigger(mean_of=3))
    card: Any = object()

    assert with_trigger(candidate, "mine", sources, b"model", card) == (b"model", card)
