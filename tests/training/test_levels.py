"""Weights of few levels."""

from typing import Any

import numpy as np
import pytest
from ai_edge_litert.schema_py_generated import BuiltinOperator

from candidates._networks import TcCnn
from candidates._training import keras, tables, tf
from candidates._training.convert import convert
from candidates._training.features import as_input
from candidates._training.levels import Levels
from harness import LogMel
from tests.training.synthetic import voices

FRONTEND = LogMel(hop_ms=50, mel_bins=8)
LABELS = ("go", "stop")


@pytest.fixture
def model() -> Any:
    keras.utils.set_random_seed(0)
    return TcCnn(width=12, blocks=2, kernel=9)(keras, FRONTEND.shape, LABELS)


def channels(model: Any) -> list[np.ndarray[Any, Any]]:
    """Return the weights of every channel of every convolution."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            found += list(np.moveaxis(layer.get_weights()[0], 2, 0))
        elif isinstance(layer, keras.layers.Conv2D):
            found += list(np.moveaxis(layer.get_weights()[0], 3, 0))
    return found


@pytest.mark.parametrize("count", [3, 4, 7, 15, 255])
def test_a_channel_has_no_more_values_than_levels(model: Any, count: int) -> None:
    Levels(model, count).settle()

    most = max(np.unique(channel).size for channel in channels(model))
    assert most <= count
    assert most > min(count, 15) // 2


def test_levels_are_whole_multiples_of_a_step(model: Any) -> None:
    Levels(model, 15).settle()

    for channel in channels(model):
        # The largest is one to seven steps.
        shares = channel.ravel() / np.abs(channel).max()
        errors = [np.abs(most * shares - np.rint(most * shares)).max() for most in range(1, 8)]
        assert min(errors) < 1e-3


def test_the_more_levels_the_closer_the_weights(model: Any) -> None:
    before = np.concatenate([channel.ravel() for channel in channels(model)])
    weights = model.get_weights()
    errors = []
    for count in (3, 7, 15, 63, 255):
        model.set_weights(weights)
        Levels(model, count).settle()
        after = np.concatenate([channel.ravel() for channel in channels(model)])
        errors.append(float(np.abs(after - before).mean()))

    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.01 * np.abs(before).mean()


def test_inside_the_context_weights_are_rounded_and_then_given_back(model: Any) -> None:
    before = model.get_weights()
    levels = Levels(model, 7)

    with levels():
        assert max(np.unique(channel).size for channel in channels(model)) <= 7

    for weights, given_back in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, given_back)


def test_gradients_pass_as_if_weights_had_not_been_rounded(model: Any) -> None:
    kernel = model.layers[2].kernel
    levels = Levels(model, 3)
    with levels(), tf.GradientTape() as tape:
        total = tf.reduce_sum(model(np.ones((2, *FRONTEND.shape, 1), np.float32))[:, 0])
        gradient = tape.gradient(total, kernel)

    assert np.count_nonzero(gradient) > 0


def test_the_last_layer_keeps_its_weights(model: Any) -> None:
    before = model.layers[-1].get_weights()

    Levels(model, 3).settle()

    np.testing.assert_array_equal(model.layers[-1].get_weights()[0], before[0])


def test_a_channel_of_zeros_stays_so(model: Any) -> None:
    kernel = np.zeros_like(model.layers[2].get_weights()[0])
    model.layers[2].set_weights([kernel])

    Levels(model, 15).settle()

    np.testing.assert_array_equal(model.layers[2].get_weights()[0], kernel)


def test_an_int8_file_has_the_levels_of_the_network(model: Any) -> None:
    Levels(model, 7).settle()

    data = convert(model, "int8", as_input(FRONTEND, voices(20)))

    made = tables.read(data)
    graph = made.subgraphs[0]
    weights = [
        graph.tensors[operator.inputs[1]]
        for operator in graph.operators
        if tables.operator_code(made, operator) == BuiltinOperator.CONV_2D
    ]
    kernels = [made.buffers[one.buffer].data.view(np.int8).reshape(one.shape) for one in weights]
    found = [np.unique(channel).size for kernel in kernels for channel in kernel]
    assert len(found) == 3 * 12
    assert max(found) <= 7
