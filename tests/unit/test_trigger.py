"""The trigger: values that can be, and hops in samples."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from harness import Candidate, ReadyModel, Trigger
from harness.candidate.card import trigger_of
from harness.candidate.specification import specification_hash
from harness.errors import CandidateError
from harness.files import write_json
from tests.unit.models import build


def test_the_default_is_the_operating_rule_ten_times_a_second() -> None:
    assert Trigger() == Trigger(threshold=0.95, hop_ms=100, mean_of=1, refractory_ms=1_000)
    assert Trigger().hop_samples == 1_600


@pytest.mark.parametrize(
    ("values", "fault", "wanted"),
    [
        ({"threshold": 1.0}, "threshold=1.0", "0 to below 1"),
        ({"threshold": -0.1}, "threshold=-0.1", "0 to below 1"),
        ({"hop_ms": 0}, "hop_ms=0", "a whole number from 1 to 1000"),
        ({"hop_ms": 1_001}, "hop_ms=1001", "a whole number from 1 to 1000"),
        ({"hop_ms": 12.5}, "hop_ms=12.5", "a whole number from 1 to 1000"),
        ({"mean_of": 0}, "mean_of=0", "a whole number from 1 to 50"),
        ({"refractory_ms": -1}, "refractory_ms=-1", "a whole number from 0 to 60000"),
    ],
)
def test_an_impossible_value_is_refused(values: dict[str, Any], fault: str, wanted: str) -> None:
    with pytest.raises(CandidateError, match=re.escape(f"trigger: {fault}; use {wanted}")):
        Trigger(**values)


@pytest.mark.parametrize(
    ("refractory_ms", "hops"), [(0, 1), (1, 1), (100, 1), (101, 2), (1_000, 10)]
)
def test_the_refractory_time_is_counted_in_whole_hops(refractory_ms: int, hops: int) -> None:
    assert Trigger(refractory_ms=refractory_ms).refractory_hops == hops


def test_a_candidate_takes_a_trigger_and_nothing_else() -> None:
    with pytest.raises(CandidateError, match=r"trigger is of type dict; use a Trigger\(...\)"):
        Candidate(network=build, trigger={"mean_of": 2})  # type: ignore[arg-type]


def test_a_trigger_makes_no_model_stale() -> None:
    candidate = Candidate(network=build)

    changed = dataclasses.replace(candidate, trigger=Trigger(mean_of=3))

    assert specification_hash(changed) == specification_hash(candidate)


@pytest.mark.parametrize(
    ("stated", "card", "expected"),
    [
        (None, {}, Trigger()),
        (None, {"trigger": {"mean_of": 3}}, Trigger(mean_of=3)),
        (Trigger(hop_ms=50), {"trigger": {"mean_of": 3}}, Trigger(hop_ms=50)),
    ],
)
def test_what_a_module_states_beats_what_its_card_says(
    tmp_path: Path, stated: Trigger | None, card: dict[str, Any], expected: Trigger
) -> None:
    write_json(tmp_path / "models" / "mine.json", card)

    assert trigger_of(Candidate(network=build, trigger=stated), "mine", tmp_path) == expected


def test_a_ready_model_has_no_card_and_so_the_common_trigger(tmp_path: Path) -> None:
    assert trigger_of(Candidate(network=ReadyModel(path="m")), "theirs", tmp_path) == Trigger()
