"""Shares of validation clips that tell two models apart."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

from candidates._training.validation import Outliers, Validation, sureness
from tests.training.synthetic import SyntheticSource

TASK: Final = SyntheticSource(clips_a_word=2).load(("go", "stop"), "validation")


def validation(keywords: Any, outliers: dict[str, Any]) -> Validation:
    """Return clips whose features are their scores, so that a model can pass them on."""
    return Validation(
        task=TASK,
        features=np.array(keywords, np.float32),
        labels=np.array([0, 0, 1, 1]),
        outliers={
            kind: Outliers(features=np.array(scores, np.float32), digest="")
            for kind, scores in outliers.items()
        },
    )


def passed_on(features: Any, training: bool) -> Any:  # noqa: FBT001  (as Keras calls it)
    assert not training
    return features


MODEL: Final[Callable[..., Any]] = passed_on
KEYWORDS: Final = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.01, 0.99]]


def test_the_likelihood_is_the_geometric_mean_of_the_right_scores() -> None:
    shares = validation(KEYWORDS, {}).shares(MODEL)

    assert shares["accuracy"] == 0.75
    assert shares["likelihood"] == pytest.approx((0.9 * 0.4 * 0.8 * 0.99) ** 0.25)


def test_a_keyword_is_detected_if_right_and_surer_than_nearly_all_outliers() -> None:
    kinds = {"heard": [[0.5, 0.5], [0.15, 0.85]], "foreign": [[0.95, 0.05]], "noise": [[1, 0]]}

    shares = validation(KEYWORDS, kinds).shares(MODEL)

    assert shares["detected beside heard"] == 0.5
    assert shares["detected beside foreign"] == 0.25
    assert "detected beside noise" not in shares


def test_scores_that_float32_calls_one_are_told_apart() -> None:
    scores = np.array([[1, 1e-12], [1e-20, 1], [0.5, 0.5]], np.float32)

    assert sureness(scores) == pytest.approx(-np.log([1e-12, 1e-20, 0.5]), rel=1e-6)
    sure = [[1, 1e-20], [1, 1e-20], [1e-20, 1], [1e-20, 1]]
    shares = validation(sure, {"unheard": [[1, 1e-12]]}).shares(MODEL)
    assert shares["detected beside unheard"] == 1


def test_three_labels_are_judged_by_all_but_the_top_one() -> None:
    assert sureness(np.array([[0.2, 0.7, 0.1]], np.float32)) == pytest.approx([-np.log(0.3)])
