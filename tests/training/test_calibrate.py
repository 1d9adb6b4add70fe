"""Certainty fitted to the operating rule: the same answers, as sure as they may be."""

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from candidates._training import keras
from candidates._training.calibrate import FACTORS, calibrate, factor_for, require_dense_end
from candidates._training.validation import Outliers, Validation
from harness.candidate.training import FalseAccepts
from harness.datasets import Dataset
from harness.decisions import OPERATING_THRESHOLD
from harness.errors import CandidateError

RNG = np.random.default_rng(0)
CLIPS = np.zeros((0, 16_000), np.int16)
OUTLIERS = RNG.standard_normal((1_000, 6, 4, 1)).astype(np.float32)


def network(*last: Any) -> Any:
    """Return a model that ends in the layers *last*."""
    inputs = keras.Input(shape=(6, 4, 1))
    outputs = keras.layers.Flatten()(inputs)
    for layer in last:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def acted_on(scores: Any) -> float:
    return float((scores.max(axis=1) > OPERATING_THRESHOLD).mean())


@pytest.mark.parametrize("labels", [2, 8])
@pytest.mark.parametrize("sureness", [0.3, 3.0], ids=["unsure", "oversure"])
def test_outliers_are_acted_on_as_often_as_asked_for(labels: int, sureness: float) -> None:
    scores = softmax(sureness * RNG.standard_normal((2_000, labels), np.float32), axis=1)

    factor = factor_for(scores, 0.02)

    assert acted_on(softmax(factor * np.log(scores), axis=1)) == pytest.approx(0.02, abs=0.001)
    assert (factor > 1) is (acted_on(scores) < 0.02)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [((0.5, 0.5), FACTORS[1]), ((1.0, 0.0), FACTORS[0])],
    ids=["never sure", "always sure"],
)
def test_a_factor_stays_within_its_range(scores: tuple[float, float], expected: float) -> None:
    assert factor_for(np.array([scores] * 10, np.float32), 0.02) == expected


def validation(**outliers: Any) -> Validation:
    """Return a validation split with no clips of the task, and these outliers."""
    none = Dataset(name="-", split="validation", keys=(), words=(), clips=CLIPS, digest="-")
    return Validation(
        task=none,
        features=OUTLIERS[:0],
        labels=np.zeros(0, np.intp),
        outliers={
            kind: Outliers(features=features, digest=f"of {kind}")
            for kind, features in outliers.items()
        },
    )


@pytest.mark.parametrize(
    "last",
    [
        [keras.layers.Dense(2, activation="softmax")],
        [keras.layers.Dense(2), keras.layers.Softmax()],
    ],
    ids=["softmax inside", "softmax apart"],
)
def test_a_model_is_calibrated_without_a_change_of_its_answers(last: list[Any]) -> None:
    keras.utils.set_random_seed(1)
    model = network(*last)
    before = model.predict(OUTLIERS, verbose=0)

    found = calibrate(model, validation(unheard=OUTLIERS), FalseAccepts(unheard=0.05))

    after = model.predict(OUTLIERS, verbose=0)
    assert found.factor != pytest.approx(1, abs=0.1)
    assert acted_on(after) == pytest.approx(0.05, abs=0.002)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    np.testing.assert_allclose(after, softmax(found.factor * np.log(before), axis=1), atol=1e-5)


@pytest.mark.parametrize(
    ("rates", "strictest"),
    [
        (FalseAccepts(heard=0.2, unheard=0.02, noise=None), "unheard"),
        (FalseAccepts(heard=0.02, unheard=0.2, noise=None), "heard"),
    ],
)
def test_the_strictest_rate_decides(rates: FalseAccepts, strictest: str) -> None:
    keras.utils.set_random_seed(1)
    model = network(keras.layers.Dense(2, activation="softmax"))

    found = calibrate(model, validation(heard=OUTLIERS[:500], unheard=OUTLIERS[500:]), rates)

    assert found.decided_by == strictest
    assert found.factor == min(one.factor for one in found.fitted.values())
    for kind, clips in (("heard", OUTLIERS[:500]), ("unheard", OUTLIERS[500:])):
        shares = acted_on(model.predict(clips, verbose=0))
        assert shares <= getattr(rates, kind) + 0.002


def test_a_calibration_says_what_it_was_fitted_on() -> None:
    model = network(keras.layers.Dense(2, activation="softmax"))

    found = calibrate(model, validation(noise=OUTLIERS[:40]), FalseAccepts(noise=0.1))

    (fitted,) = found.fitted.values()
    assert (fitted.rate, fitted.clips, fitted.digest) == (0.1, 40, "of noise")


@pytest.mark.parametrize(
    ("rates", "outliers"), [(None, {"noise": OUTLIERS}), (FalseAccepts(), {})], ids=["rate", "clip"]
)
def test_without_a_rate_or_a_clip_a_model_is_left_as_it_is(
    rates: FalseAccepts | None, outliers: dict[str, Any]
) -> None:
    model = network(keras.layers.Dense(2, activation="softmax"))
    before = model.predict(OUTLIERS, verbose=0)

    found = calibrate(model, validation(**outliers), rates)

    assert (found.factor, found.decided_by) == (1.0, None)
    np.testing.assert_array_equal(model.predict(OUTLIERS, verbose=0), before)


def test_a_network_that_does_not_end_in_dense_is_refused() -> None:
    layers = keras.layers
    model = network(layers.Reshape((6, 4)), layers.Conv1D(2, 1), layers.GlobalAveragePooling1D())
    fault = "^the last weights are those of a Conv1D layer, not of a Dense one, .*; end the network"
    with pytest.raises(CandidateError, match=fault):
        require_dense_end(model)


def test_a_network_without_weights_is_refused() -> None:
    with pytest.raises(CandidateError, match="weights are those of a NoneType layer"):
        require_dense_end(network())


@pytest.mark.parametrize("softmax", [[], [keras.layers.Softmax()]], ids=["inside", "apart"])
def test_a_network_that_ends_in_dense_is_not(softmax: list[Any]) -> None:
    require_dense_end(network(keras.layers.Dense(2), *softmax))
