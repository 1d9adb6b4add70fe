import dataclasses
import re
from typing import Any

import pytest

from harness import Augmentation, Training
from harness.errors import CandidateError


def test_a_search_can_vary_a_recipe() -> None:
    recipe = Training(epochs=5)

    varied = dataclasses.replace(recipe, augmentation=Augmentation(shift_ms=0))

    assert varied == Training(epochs=5, augmentation=Augmentation(shift_ms=0))
    assert recipe == Training(epochs=5)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "learning_rate"])
@pytest.mark.parametrize("value", [0, -1])
def test_what_must_be_positive_is(name: str, value: float) -> None:
    message = f"^impossible training: {name}={value}; use more than 0$"

    with pytest.raises(CandidateError, match=message):
        Training(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end"), [(0.7, 0.2), (0.5, 0.5), (-0.1, 0.5), (0.2, 1.1)], ids=str
)
def test_pruning_ends_after_it_starts_and_within_the_training(start: float, end: float) -> None:
    fault = re.escape(f"pruning from {start} to {end} of the steps")
    cure = "use 0 <= pruning_start < pruning_end <= 1"

    with pytest.raises(CandidateError, match=f"^impossible training: {fault}; {cure}$"):
        Training(pruning_start=start, pruning_end=end)


@pytest.mark.parametrize("steps", [{"pruning_start": 0.0}, {"pruning_end": 1.0}], ids=str)
def test_pruning_may_take_the_whole_training(steps: dict[str, Any]) -> None:
    assert dataclasses.asdict(Training(**steps)).items() >= steps.items()
