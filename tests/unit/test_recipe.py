import dataclasses
import itertools
import re
from typing import Any

import pytest

from harness import Augmentation, FalseAccepts, Training
from harness.errors import CandidateError


def test_a_search_can_vary_a_recipe() -> None:
    recipe = Training(epochs=5)

    varied = dataclasses.replace(recipe, augmentation=Augmentation(shift_ms=0))

    assert varied == Training(epochs=5, augmentation=Augmentation(shift_ms=0))
    assert recipe == Training(epochs=5)


NAN = float("nan")
INFINITE = float("inf")


@pytest.mark.parametrize(
    ("names", "values", "cure"),
    [
        (
            ("epochs", "batch_size", "variants", "repeats", "learning_rate"),
            (0, -1, NAN),
            "more than 0",
        ),
        (("epochs", "batch_size", "variants", "repeats"), (1.5,), "a whole number"),
        (("decay",), ("cosin",), "cosine or linear"),
        (("decay_epochs",), (0, -1, NAN), "more than 0, or None"),
        (
            (
                "final_learning_rate",
                "synthetic",
                "other_words",
                "vocabulary",
                "cuts",
                "running",
                "foreign",
                "noise",
            ),
            (-0.1, NAN, INFINITE),
            "0 or more",
        ),
        (
            ("label_smoothing", "initial_sparsity"),
            (-0.1, 1, 5, NAN),
            "0 or more and less than 1",
        ),
        (("false_accepts",), (0.015,), r"a FalseAccepts\(...\), or None"),
        (("levels",), (2, 256, 0, -3, 15.0), "a whole number from 3 to 255, or None"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_work_is_refused_before_any_training(
    names: tuple[str, ...], values: tuple[Any, ...], cure: str
) -> None:
    for name, value in itertools.product(names, values):
        message = f"^impossible training: {name}={value}; use {cure}$"
        with pytest.raises(CandidateError, match=message):
            Training(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("stretch", -0.1, "0 or more and less than 1"),
        ("stretch", 1, "0 or more and less than 1"),
        ("noise_share", -0.1, "0 to 1"),
        ("noise_share", 50, "0 to 1"),
        ("narrow_share", 1.1, "0 to 1"),
        ("narrow_hz", (0, 4_000), "more than 0 hertz"),
        ("narrow_hz", (4_000,), "(least, greatest)"),
        ("shift_ms", -5, "0 or more"),
        ("masked_frames", -1, "0 or more"),
        ("masked_bins", NAN, "0 or more"),
        ("gain_db", (6, -30), "(least, greatest)"),
        ("noise_snr_db", (1,), "(least, greatest)"),
    ],
)
def test_how_clips_cannot_be_varied_is_refused(name: str, value: Any, cure: str) -> None:
    message = f"^impossible augmentation: {name}={re.escape(str(value))}; use {re.escape(cure)}$"
    with pytest.raises(CandidateError, match=message):
        Augmentation(**{name: value})


@pytest.mark.parametrize(
    "recipe",
    [
        {"synthetic": 0, "other_words": 0, "noise": 0, "label_smoothing": 0, "initial_sparsity": 0},
        {"synthetic": 3, "other_words": 1.5, "noise": 2, "label_smoothing": 0.9},
        {"false_accepts": None},
        {"levels": 3},
        {"levels": 255},
    ],
    ids=str,
)
def test_what_can_work_is_not(recipe: dict[str, Any]) -> None:
    assert dataclasses.asdict(Training(**recipe)).items() >= recipe.items()


@pytest.mark.parametrize("name", ["heard", "unheard", "foreign", "noise"])
@pytest.mark.parametrize("share", [-0.1, 0, 1, 15, NAN], ids=str)
def test_a_rate_of_false_accepts_is_a_share(name: str, share: float) -> None:
    cure = "use more than 0 and less than 1, or None"
    with pytest.raises(CandidateError, match=f"^impossible false accepts: {name}={share}; {cure}$"):
        FalseAccepts(**{name: share})


def test_a_kind_of_clip_may_have_no_rate() -> None:
    assert FalseAccepts(foreign=None, noise=0.999).foreign is None


def test_some_kind_of_clip_has_a_rate() -> None:
    fault = r"^impossible false accepts: no rate is given; name one, or use false_accepts=None$"
    with pytest.raises(CandidateError, match=fault):
        FalseAccepts(heard=None, unheard=None, foreign=None, noise=None)


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
