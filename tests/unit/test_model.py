import contextlib
import re

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from harness.errors import ModelError
from harness.spotter.anatomy import Anatomy, dissect
from harness.spotter.model import Model, _Dequantizer, _Quantizer
from tests.unit.models import (
    FEATURES,
    Graph,
    Operator,
    dense_model,
    loudness_model,
    misnamed,
    nan_model,
)

LABELS = ("go", "stop")
SMALL = dense_model(np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([0.0, 1]), features=(3, 1))
"""Six weights, three inputs, two outputs: the softmax of (x0, x1 + 1)."""


def small_model(data: bytes = SMALL, features: tuple[int, ...] = (3, 1)) -> Model:
    return Model(data, "small.tflite", features_shape=features, labels=LABELS)


def int8_model() -> bytes:
    """
    Return the identity in int8.

    Levels in are value / 0.5 + 3 and levels out value / 0.5 - 10.
    """
    graph = Graph()
    x = graph.variable((1, 2, 1, 1), np.int8, scale=0.5, zero=3)
    weights = graph.constant(np.eye(2, dtype=np.int8), scale=1.0)
    bias = graph.constant(np.zeros(2, np.int32), scale=0.5)
    y = graph.operator(
        Operator.FULLY_CONNECTED,
        [x, weights, bias],
        graph.variable((1, 2), np.int8, scale=0.5, zero=-10),
        schema.FullyConnectedOptionsT(),
    )
    return graph.file([x], [y])


def convolutions(declared: tuple[int, ...] = (1, 3, 3, 3)) -> bytes:
    """
    Return a network small enough to count by hand, of kernels 3x2, 2x2 and a dense layer.

    (5, 4, 1) in; 3 filters of 3x2 give (3, 3, 3); depthwise 2x2 gives (2, 2, 3);
    these 12 go to 2 outputs. The file says that the first layer gives *declared*.
    """
    graph = Graph()
    valid = schema.Padding.VALID
    x = graph.variable((1, 5, 4, 1))
    kernel = np.arange(18, dtype=np.float32).reshape(3, 3, 2, 1)
    kernel[1:] = 0  # 12 of them and the very first: 13 zeros of 18
    y = graph.operator(
        Operator.CONV_2D,
        [x, graph.constant(kernel), graph.constant(np.zeros(3, np.float32))],
        graph.variable(declared),
        schema.Conv2DOptionsT(padding=valid, strideW=1, strideH=1),
    )
    depthwise = np.ones((1, 2, 2, 3), np.float32)
    depthwise[..., 1] = 0  # 4 zeros of 12
    y = graph.operator(
        Operator.DEPTHWISE_CONV_2D,
        [y, graph.constant(depthwise), graph.constant(np.zeros(3, np.float32))],
        graph.variable((1, 2, 2, 3)),
        schema.DepthwiseConv2DOptionsT(padding=valid, strideW=1, strideH=1, depthMultiplier=1),
    )
    y = graph.operator(
        Operator.FULLY_CONNECTED,
        [y, graph.constant(np.ones((2, 12), np.float32)), graph.constant(np.zeros(2, np.float32))],
        graph.variable((1, 2)),
        schema.FullyConnectedOptionsT(),
    )
    return graph.file([x], [y])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(129.7, 127, id="saturates above; a cast gives -127"),
        pytest.param(-140.2, -128, id="saturates below; a cast gives 116"),
        pytest.param(1e9, 127, id="far above"),
        pytest.param(127.4, 127, id="the last level"),
        pytest.param(-128.4, -128, id="the first level"),
        pytest.param(0.6, 1, id="rounds up; a cast gives 0"),
        pytest.param(-0.6, -1, id="rounds away from zero; a cast gives 0"),
        pytest.param(0.5, 0, id="half to even, down"),
        pytest.param(1.5, 2, id="half to even, up"),
        pytest.param(-2.5, -2, id="half to even, negative"),
    ],
)
def test_quantising_rounds_and_saturates(value: float, expected: int) -> None:
    quantize = _Quantizer(np.int8, scale=1.0, zero_point=0)

    levels = quantize(np.array([value], np.float32))

    assert levels.dtype == np.int8
    assert levels.tolist() == [expected]


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "values", "expected"),
    [
        # -13.8 / 0.1 = -138, and 60 more: -78
        pytest.param(np.int8, 0.1, 60, [-13.8, 0, 6.7, 7], [-78, 60, 127, 127], id="int8"),
        # 0.26 / 0.5 rounds to 1, and 128 more: 129
        pytest.param(np.uint8, 0.5, 128, [0.26, -64, -65, 64], [129, 0, 0, 255], id="uint8"),
        pytest.param(np.int16, 0.5, 0, [0.75, 16383.6, -2e4], [2, 32767, -32768], id="int16"),
    ],
)
def test_quantising_divides_by_the_scale_and_adds_the_zero_point(
    dtype: npt.DTypeLike, scale: float, zero_point: int, values: list[float], expected: list[int]
) -> None:
    given = np.array(values, np.float32)

    levels = _Quantizer(dtype, scale, zero_point)(given)

    assert levels.tolist() == expected
    assert given.tolist() == np.array(values, np.float32).tolist()


def test_dequantising_takes_the_zero_point_off_and_multiplies_by_the_scale() -> None:
    dequantize = _Dequantizer(np.int8, scale=0.25, zero_point=-128)

    values = dequantize(np.array([-128, -127, 0, 127], np.int8))

    assert values.dtype == np.float32
    assert values.tolist() == [0, 0.25, 32, 63.75]


def test_a_float_model_gives_the_scores_worked_by_hand() -> None:
    scores = small_model()(np.array([[2.0], [1], [7]], np.float32))

    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [0.5, 0.5], rtol=1e-6)


def test_scores_of_one_call_outlive_the_next() -> None:
    model = small_model()
    first = model(np.array([[2.0], [1], [0]], np.float32))

    model(np.array([[9.0], [0], [0]], np.float32))

    np.testing.assert_allclose(first, [0.5, 0.5], rtol=1e-6)


def test_an_int8_model_takes_and_gives_floats() -> None:
    model = Model(int8_model(), "int8.tflite", features_shape=(2, 1), labels=LABELS)

    # 1.25 is level 2.5 + 3, to even 5: back (5 - 3) / 2 = 1. 100 saturates at 127: (127 - 3) / 2.
    scores = model(np.array([[1.25], [100]], np.float32))

    assert scores.dtype == np.float32
    assert scores.tolist() == [1, 62]


def test_xnnpack_takes_the_graph_over() -> None:
    assert small_model().delegated_operators == 2


def test_operators_that_xnnpack_lacks_are_not_counted_as_its_own() -> None:
    graph = Graph()
    x = graph.variable((1, 2))
    eye, zeros = (
        graph.constant(np.eye(2, dtype=np.float32)),
        graph.constant(np.zeros(2, np.float32)),
    )
    dense = schema.FullyConnectedOptionsT()
    y = graph.operator(Operator.FULLY_CONNECTED, [x, eye, zeros], graph.variable((1, 2)), dense)
    y = graph.operator(Operator.SIGN, [y], graph.variable((1, 2)))
    softmax = schema.SoftmaxOptionsT(beta=1.0)
    y = graph.operator(Operator.SOFTMAX, [y], graph.variable((1, 2)), softmax)

    assert small_model(graph.file([x], [y]), features=(2, 1)).delegated_operators == 2


def test_a_model_of_operators_that_xnnpack_lacks_is_not_delegated() -> None:
    graph = Graph()
    x = graph.variable((1, 2))
    y = graph.operator(Operator.SIGN, [x], graph.variable((1, 2)))

    assert small_model(graph.file([x], [y]), features=(2, 1)).delegated_operators == 0


@pytest.mark.parametrize(
    ("dtype", "scale", "text"),
    [
        (np.int32, 0.0, "int32, scale 0"),
        (np.int8, 0.0, "int8, scale 0"),
        (np.int32, 0.5, "int32, scale 0.5"),
    ],
    ids=["words", "int8 without a scale", "int32 with a scale"],
)
@pytest.mark.parametrize("what", ["input", "output"])
def test_numbers_that_cannot_be_told_from_features_or_scores_are_refused(
    dtype: npt.DTypeLike, scale: float, text: str, what: str
) -> None:
    graph = Graph()
    kinds: dict[str, tuple[npt.DTypeLike, float]] = {
        "input": (np.float32, 0.0),
        "output": (np.float32, 0.0),
        what: (dtype, scale),
    }
    x = graph.variable((1, 2), *kinds["input"])
    y = graph.operator(
        Operator.CAST, [x], graph.variable((1, 2), *kinds["output"]), schema.CastOptionsT()
    )

    message = rf"^small\.tflite has {what}s of type {text}; convert it to float32 or int8$"
    with pytest.raises(ModelError, match=message):
        small_model(graph.file([x], [y]), features=(2, 1))


def test_nan_weights_give_nan_scores() -> None:
    model = Model(nan_model(), "nan.tflite", features_shape=FEATURES, labels=LABELS)

    assert np.isnan(model(np.zeros(FEATURES, np.float32))).all()


def test_parameters_macs_and_zeros_are_those_counted_by_hand() -> None:
    model = Model(convolutions(), "conv.tflite", features_shape=(5, 4), labels=LABELS)
    anatomy = model.anatomy

    assert anatomy.operators == ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    assert anatomy.parameters == (18 + 3) + (12 + 3) + (24 + 2)
    assert model.macs == 27 * (3 * 2 * 1) + 12 * (2 * 2) + 2 * 12
    assert list(anatomy.zeros.values()) == [(13, 18), (4, 12), (0, 24)]
    assert anatomy.sparsity == (13 + 4) / (18 + 12 + 24)


@pytest.mark.parametrize("stale", [(1, 3, 3, 99), (1, 999, 999, 3), (1, 1, 1, 1), ()], ids=str)
def test_shapes_that_are_stale_in_the_file_count_for_nothing(stale: tuple[int, ...]) -> None:
    data = convolutions(declared=stale)
    model = Model(data, "stale.tflite", features_shape=(5, 4), labels=LABELS)

    assert model.macs == 27 * (3 * 2 * 1) + 12 * (2 * 2) + 2 * 12
    assert model(np.ones((5, 4), np.float32)).tolist() == [15 * 4 * 4] * 2


def test_the_runtime_agrees_with_the_shapes_counted_by_hand() -> None:
    model = Model(convolutions(), "conv.tflite", features_shape=(5, 4), labels=LABELS)

    # The first filter sums to 0 + ... + 5 = 15, the others to 0; four of it, at four places.
    assert model(np.ones((5, 4), np.float32)).tolist() == [15 * 4 * 4] * 2


def test_a_model_without_weights_has_no_zeros() -> None:
    assert Anatomy(operators=(), parameters=0, work=(), zeros={}).sparsity == 0


def test_a_quantised_zero_is_the_zero_point() -> None:
    graph = Graph()
    x = graph.variable((1, 2), np.uint8, scale=0.5, zero=0)
    weights = graph.constant(np.array([[128, 0], [128, 129]], np.uint8), scale=0.5, zero=128)
    y = graph.operator(Operator.FULLY_CONNECTED, [x, weights], graph.variable((1, 2), np.uint8))

    anatomy = dissect(graph.file([x], [y]), "uint8.tflite")

    assert list(anatomy.zeros.values()) == [(2, 4)]


def test_float16_weights_are_seen_through_their_dequantisation() -> None:
    graph = Graph()
    x = graph.variable((1, 3))
    half = graph.constant(np.array([[0, 1, 2], [0, 0, 5]], np.float16))
    weights = graph.operator(Operator.DEQUANTIZE, [half], graph.variable((2, 3)))
    y = graph.operator(Operator.FULLY_CONNECTED, [x, weights], graph.variable((1, 2)))

    anatomy = dissect(graph.file([x], [y]), "float16.tflite")

    assert anatomy.operators == ("DEQUANTIZE", "FULLY_CONNECTED")
    assert (anatomy.parameters, anatomy.macs({y: (1, 2)})) == (6, 6)
    assert list(anatomy.zeros.values()) == [(3, 6)]


def test_weights_used_twice_count_once_as_parameters_and_twice_as_work() -> None:
    graph = Graph()
    x = graph.variable((1, 2))
    weights = graph.constant(np.ones((2, 2), np.float32))
    y = graph.operator(Operator.FULLY_CONNECTED, [x, weights], graph.variable((1, 2)))
    z = graph.operator(Operator.FULLY_CONNECTED, [y, weights], graph.variable((1, 2)))

    anatomy = dissect(graph.file([x], [z]), "shared.tflite")

    assert (anatomy.parameters, anatomy.macs({y: (1, 2), z: (1, 2)})) == (4, 8)


@pytest.mark.parametrize("data", [b"", b"TFL3", b"RIFF....WAVEfmt ", b"PK\3\4" * 9])
def test_foreign_bytes_are_no_model(data: bytes) -> None:
    size = rf"\({len(data)} bytes without the identifier TFL3\)"
    message = rf"^small\.tflite is not a \.tflite file {size}; "

    with pytest.raises(ModelError, match=message + "convert it again"):
        small_model(data)


@pytest.mark.parametrize("length", [8, 20, 100, len(SMALL) // 2, len(SMALL) - 40, len(SMALL) - 1])
def test_a_truncated_model_is_damaged(length: int) -> None:
    message = rf"^small\.tflite is damaged \({length} bytes: .+\); copy or train it again$"

    with pytest.raises(ModelError, match=message):
        small_model(SMALL[:length])


@pytest.mark.parametrize("tensor", range(5))
def test_a_name_that_is_no_text_is_damage(tensor: int) -> None:
    message = (
        r"^small\.tflite is damaged \(LiteRT cannot describe it: UnicodeDecodeError: .+\); copy"
    )

    with pytest.raises(ModelError, match=message):
        small_model(misnamed(SMALL, tensor))


def test_whatever_a_file_makes_its_reader_meet_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def recurse(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(schema.ModelT, "InitFromPackedBuf", recurse)

    with pytest.raises(
        ModelError, match=r"^small\.tflite is damaged \(.+ bytes: RecursionError: \)"
    ):
        small_model()


@settings(max_examples=300, deadline=None)
@drawn(damage=st.dictionaries(st.integers(8, len(SMALL) - 1), st.integers(0, 255), min_size=1))
def test_a_damaged_file_is_read_or_refused(damage: dict[int, int]) -> None:
    data = bytearray(SMALL)
    for place, value in damage.items():
        data[place] = value
    with contextlib.suppress(ModelError):
        assert dissect(bytes(data), "damaged.tflite").parameters >= 0


def test_an_operator_the_runtime_lacks_is_named() -> None:
    data = dense_model(np.ones((2, 3)), np.zeros(2), features=(3, 1), custom="TimeWarp")

    assert dissect(data, "warped.tflite").operators == ("TimeWarp", "SOFTMAX")
    message = (
        r"^small\.tflite cannot be run by LiteRT \d.*: .*TimeWarp.*; "
        r"convert it with operators of this runtime only$"
    )
    with pytest.raises(ModelError, match=message):
        small_model(data)


def test_an_operator_newer_than_the_schema_is_called_by_its_number() -> None:
    graph = Graph()
    x = graph.variable((1, 2))
    y = graph.operator(9_999, [x], graph.variable((1, 2)))

    assert dissect(graph.file([x], [y]), "new.tflite").operators == ("operator 9999",)


def test_features_of_another_shape_are_refused() -> None:
    message = (
        r"small\.tflite takes input of shape \(1, 3, 1, 1\), but the front-end gives \(39, 30\); "
        r"give the candidate the front-end it was trained with"
    )

    with pytest.raises(ModelError, match=message):
        small_model(features=(39, 30))


def test_features_of_the_same_size_and_another_shape_are_refused() -> None:
    data = dense_model(np.ones((2, 6)), np.zeros(2), features=(2, 3))

    with pytest.raises(ModelError, match=re.escape("(1, 2, 3, 1), but the front-end gives (3, 2)")):
        small_model(data, features=(3, 2))


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3), (1, 1, 3, 1)], ids=str)
def test_axes_of_length_one_do_not_matter(shape: tuple[int, ...]) -> None:
    model = small_model(features=shape)

    scores = model(np.array([2.0, 1, 7], np.float32).reshape(shape))

    np.testing.assert_allclose(scores, [0.5, 0.5], rtol=1e-6)


def test_a_waveform_does_not_fit_a_model_of_spectrograms() -> None:
    message = re.escape(
        "takes input of shape (1, 39, 32, 1), but the front-end gives (16000,); "
        "give the candidate the front-end it was trained with"
    )

    with pytest.raises(ModelError, match=message):
        small_model(loudness_model(), features=(16_000,))


def test_outputs_that_do_not_fit_the_labels_are_refused() -> None:
    message = (
        r"eight\.tflite has 8 outputs for the labels \('go', 'stop'\); give each output a label"
    )

    with pytest.raises(ModelError, match=message):
        Model(loudness_model(8), "eight.tflite", features_shape=FEATURES, labels=LABELS)


@pytest.mark.parametrize(
    ("inputs", "outputs", "fault"),
    [(2, 1, "2 input tensors"), (1, 2, "2 output tensors")],
    ids=["inputs", "outputs"],
)
def test_more_than_one_input_or_output_is_refused(inputs: int, outputs: int, fault: str) -> None:
    graph = Graph()
    x = [graph.variable((1, 2)) for _ in range(2)]
    y = [
        graph.operator(Operator.ADD, x[:inputs] * (3 - inputs), graph.variable((1, 2)), options)
        for options in [schema.AddOptionsT(), schema.AddOptionsT()]
    ]
    data = graph.file(x[:inputs], y[:outputs])

    message = rf"^small\.tflite has {fault}, expected 1; convert one signature only$"
    with pytest.raises(ModelError, match=message):
        small_model(data, features=(2, 1))
