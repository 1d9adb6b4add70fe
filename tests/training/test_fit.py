"""A step of a training: a batch in parts, computed at the same time."""

from typing import Any

import numpy as np
import pytest

from candidates._training import keras, tf
from candidates._training.fit import LEAST, SHARDS, _shards, _stepper, shards_of

RNG = np.random.default_rng(0)
FEATURES = RNG.standard_normal((7, 5), np.float32)
TARGETS = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, 7)]


@pytest.mark.parametrize(("clips", "sizes"), [(7, [4, 3]), (6, [3, 3]), (2, [1, 1]), (1, [1])])
def test_no_part_is_empty_and_together_they_are_the_batch(clips: int, sizes: list[int]) -> None:
    parts = _shards((FEATURES[:clips], TARGETS[:clips]), SHARDS)

    assert [len(features) for features, _ in parts] == sizes
    for i, whole in enumerate((FEATURES, TARGETS)):
        np.testing.assert_array_equal(np.concatenate([part[i] for part in parts]), whole[:clips])


def test_small_batches_are_normalised_as_a_whole() -> None:
    assert [shards_of(size) for size in (1, LEAST, 2 * LEAST - 1)] == [1, 1, 1]
    assert [shards_of(size) for size in (2 * LEAST, 256)] == [2, 2]
    assert len(_shards((FEATURES, TARGETS), shards_of(7))) == 1


def test_parts_of_unlike_size_teach_what_the_whole_batch_does() -> None:
    parts = _shards((FEATURES, TARGETS), SHARDS)
    assert len(parts) == SHARDS
    whole = [(tf.constant(FEATURES), tf.constant(TARGETS))]

    (loss, weights), (expected_loss, expected) = taught(parts), taught(whole)

    assert loss == pytest.approx(expected_loss, rel=1e-6)
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def taught(shards: Any) -> tuple[float, list[Any]]:
    """Return the loss of one step on *shards*, and the weights after it."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(shape=(5,)), keras.layers.Dense(3, "softmax")])
    step = _stepper(model, keras.optimizers.legacy.SGD(1.0), None)
    return float(step(shards, tf.constant(0, tf.int64))), model.get_weights()
