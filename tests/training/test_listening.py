"""Choosing the trigger by a stream of validation clips."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from candidates._networks import DsCnn
from candidates._training import listening
from candidates._training.listening import WORTH, chosen_trigger, trigger_for, validation_scene
from candidates._training.sources import Sources
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


@dataclass(frozen=True)
class Tried:
    """What each mean of a spotter comes to, in place of what it comes to by listening."""

    outcomes: dict[int, tuple[int, int]]
    trigger: Trigger = field(default_factory=Trigger)

    @property
    def outcome(self) -> Outcome:
        accepted, missed = self.outcomes[self.trigger.mean_of]
        hits = (0.0,) * (100 - missed)
        return Outcome(false_accepts={"noise": accepted}, delays_s=hits, keywords=100)


LOUD = {1: (90, 20), 2: (50, 24), 3: (10, 25), 4: (5, 30), 5: (0, 60)}
ALIKE = {1: (0, 20), 2: (0, 20), 3: (0, 21), 4: (0, 22), 5: (0, 22)}
WORSE = {1: (2, 40), 2: (1, 60), 3: (0, 70), 4: (0, 80), 5: (0, 90)}
"""False accepts, and words missed of 100, by the number of decisions averaged over."""


@pytest.mark.parametrize(("outcomes", "expected"), [(LOUD, 4), (ALIKE, 1), (WORSE, 1)])
def test_false_accepts_and_missed_words_are_weighed(
    outcomes: dict[int, tuple[int, int]],
    expected: int,
    sources: Sources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "listen", lambda *_: Tried(outcomes))
    scene: Scene = validation_scene(CANDIDATE, sources)

    chosen = chosen_trigger(None, scene)  # type: ignore[arg-type]

    assert WORTH == 0.002
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

    assert trigger_for(candidate, "mine", b"model", sources) == {}
