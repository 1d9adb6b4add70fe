"""What squeezing leaves out, and that no output changes by it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from candidates._networks import DsCnn, TcCnn
from candidates._training import convert as converting
from candidates._training import keras, tables, tf
from candidates._training.convert import convert
from candidates._training.features import as_input
from candidates._training.fit import build
from candidates._training.squeeze import round_scales, rounded_mantissas, squeeze
from harness import Candidate, LogMel, datasets
from harness.candidate.candidate import Network, Quantization
from harness.candidate.registry import Registry
from harness.errors import ModelError
from harness.spotter.anatomy import dissect
from harness.spotter.loading import make_spotter
from harness.spotter.model import Model
from harness.spotter.size import zipped_bytes
from tests.training.lite import Features, assert_equal, run, showing_all
from tests.training.synthetic import voices
from tests.unit.models import Graph, Operator, dense_model, loudness_model

FRONTEND: Final = LogMel(frame_ms=50, hop_ms=25, mel_bins=32)
NETWORKS: Final[dict[str, Network]] = {
    "ds_cnn": DsCnn(width=32, blocks=2),
    "tc_cnn": TcCnn(width=32, blocks=2),
}
KINDS: Final = (
    "ds_cnn float32",
    "ds_cnn dynamic",
    "ds_cnn int8",
    "tc_cnn float32",
    "tc_cnn int8",
)
COMMITTED: Final = sorted((Path(converting.__file__).parents[1] / "models").glob("*.tflite"))

SHAPES: Final = ("SHAPE", "STRIDED_SLICE", "PACK")
"""Operators that compute the shape of a reshape, which is always the same."""

xnnpack = pytest.mark.parametrize("xnnpack", [True, False], ids=["XNNPACK", "without XNNPACK"])
kinds = pytest.mark.parametrize("kind", KINDS)
committed = pytest.mark.parametrize("path", COMMITTED, ids=[path.stem for path in COMMITTED])


def varied(model: Any) -> Any:
    """Give every layer biases and scales, as training would: zeros are not even converted."""
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    rng.uniform(0.5, 2, gamma.shape),
                    rng.normal(0, 0.5, beta.shape),
                    rng.normal(0, 0.5, mean.shape),
                    rng.uniform(0.5, 2, variance.shape),
                ]
            )
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, rng.normal(0, 1, bias.shape)])
    return model


@pytest.fixture(scope="module")
def converted() -> dict[str, bytes]:
    """Return untrained models as the converter writes them, not squeezed yet."""
    features = as_input(FRONTEND, voices(40))
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(converting, "squeeze", lambda data: data)
        for name, network in NETWORKS.items():
            keras.backend.clear_session()
            keras.utils.set_random_seed(0)
            model = varied(build(Candidate(frontend=FRONTEND, network=network)))
            quantizations: tuple[Quantization, ...] = ("float32", "dynamic", "int8")
            for quantization in quantizations:
                found[f"{name} {quantization}"] = convert(model, quantization, features)
    return found


@pytest.fixture(scope="module")
def made_features() -> Features:
    """Return noise far beyond what a front-end gives, so that int8 saturates here and there."""
    return np.random.default_rng(0).normal(-3, 8, (60, *FRONTEND.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def spoken(kws_data: Path) -> Any:
    source = datasets.find("mini_speech_commands", {"KWS_DATA": str(kws_data)})
    return source.load(("go", "stop", "no"), "validation").clips[::5]


@kinds
@xnnpack
def test_every_operator_computes_the_same_bits(
    converted: dict[str, bytes], made_features: Features, kind: str, *, xnnpack: bool
) -> None:
    before, after = showing_all(converted[kind]), showing_all(squeeze(converted[kind]))

    expected = run(before, made_features, xnnpack=xnnpack)

    assert_equal(run(after, made_features, xnnpack=xnnpack), expected)


@pytest.mark.speech
@kinds
@xnnpack
def test_every_operator_computes_the_same_bits_on_speech(
    converted: dict[str, bytes], spoken: Any, kind: str, *, xnnpack: bool
) -> None:
    features = np.stack([FRONTEND(clip) for clip in spoken])
    before, after = showing_all(converted[kind]), showing_all(squeeze(converted[kind]))

    expected = run(before, features, xnnpack=xnnpack)

    assert_equal(run(after, features, xnnpack=xnnpack), expected)


@pytest.mark.parametrize("kind", ["ds_cnn int8", "tc_cnn int8", "ds_cnn dynamic"])
@pytest.mark.parametrize("place", [0, 1, -1], ids=["first layer", "depthwise", "dense"])
@xnnpack
def test_the_comparison_sees_one_weight_scale_that_changes(
    converted: dict[str, bytes], made_features: Features, kind: str, place: int, *, xnnpack: bool
) -> None:
    model = tables.read(converted[kind])
    layer = list(tables.layers(model))[place]
    layer.weights.quantization.scale = layer.weights.quantization.scale * np.float32(1.01)

    expected = run(showing_all(converted[kind]), made_features, xnnpack=xnnpack)
    found = run(showing_all(tables.write(model)), made_features, xnnpack=xnnpack)

    with pytest.raises(AssertionError, match="not equal"):
        assert_equal(found, expected)


@pytest.mark.speech
@committed
@xnnpack
def test_a_committed_model_gives_the_same_scores(spoken: Any, path: Path, *, xnnpack: bool) -> None:
    frontend = Registry().load(path.stem).frontend
    features = np.stack([frontend(clip) for clip in spoken])
    data = path.read_bytes()

    expected = run(data, features, xnnpack=xnnpack)

    assert_equal(run(squeeze(data), features, xnnpack=xnnpack), expected)


@kinds
def test_squeezing_twice_changes_nothing_more(converted: dict[str, bytes], kind: str) -> None:
    once = squeeze(converted[kind])

    assert squeeze(once) == once


@committed
def test_a_committed_model_squeezes_once(path: Path) -> None:
    once = squeeze(path.read_bytes())

    assert squeeze(once) == once


@pytest.mark.parametrize(
    ("kind", "share"),
    # Of these, float32 has the most weights and int8 the most to leave out.
    [
        ("ds_cnn float32", 0.95),
        ("ds_cnn dynamic", 0.9),
        ("ds_cnn int8", 0.8),
        ("tc_cnn int8", 0.85),
    ],
)
def test_squeezing_saves_zipped_bytes(converted: dict[str, bytes], kind: str, share: float) -> None:
    before, after = (zipped_bytes(data) for data in (converted[kind], squeeze(converted[kind])))

    assert after < share * before


def test_converting_squeezes() -> None:
    model = build(Candidate(frontend=FRONTEND, network=NETWORKS["tc_cnn"]))

    data = convert(model, "float32", np.empty((0, *FRONTEND.shape, 1), np.float32))

    assert squeeze(data) == data


@kinds
def test_anatomy_stays_but_for_names(converted: dict[str, bytes], kind: str) -> None:
    before, after = dissect(converted[kind], kind), dissect(squeeze(converted[kind]), kind)

    assert after.operators == tuple(one for one in before.operators if one not in SHAPES)
    assert after.parameters == before.parameters
    assert [each for _, each in after.work] == [each for _, each in before.work]
    assert list(after.zeros.values()) == list(before.zeros.values())
    assert [label.split()[0] for label in after.zeros] == [str(i) for i in range(len(after.zeros))]


@kinds
def test_the_harness_loads_what_is_left(
    converted: dict[str, bytes], made_features: Features, kind: str
) -> None:
    before, after = (
        Model(data, kind, features_shape=FRONTEND.shape, labels=("go", "stop"))
        for data in (converted[kind], squeeze(converted[kind]))
    )

    assert after.delegated_operators >= before.delegated_operators
    np.testing.assert_array_equal(after(made_features[0]), before(made_features[0]))


@kinds
def test_constants_start_at_multiples_of_16_bytes(converted: dict[str, bytes], kind: str) -> None:
    data = squeeze(converted[kind])

    model = schema.Model.GetRootAs(data)
    constants = [model.Buffers(i).DataAsNumpy() for i in range(1, model.BuffersLength())]

    start = np.frombuffer(data, np.uint8).ctypes.data
    assert {(constant.ctypes.data - start) % 16 for constant in constants} == {0}


def test_equal_constants_are_kept_once() -> None:
    graph = Graph()
    x, (one, other) = graph.variable((1, 2)), (graph.constant(np.ones(2, "f4")) for _ in range(2))
    y = graph.operator(Operator.ADD, [x, one], graph.variable((1, 2)), schema.AddOptionsT())
    z = graph.operator(Operator.ADD, [y, other], graph.variable((1, 2)), schema.AddOptionsT())
    graph.constant(np.full(1000, 7, np.float32))  # which no operator uses

    model = tables.read(squeeze(graph.file([x], [z])))

    assert [len(buffer.data) for buffer in model.buffers[1:]] == [8]
    assert len(model.operatorCodes) == 1
    assert len(model.subgraphs[0].tensors) == 5


def dense_float32(weights: npt.NDArray[np.float32], layers: int) -> bytes:
    """Return FULLY_CONNECTED in float32, *layers* times: weights (n, n), and one bias of 0."""
    graph = Graph()
    x, *rest = (graph.variable((1, len(weights))) for _ in range(layers + 1))
    bias, entry = graph.constant(np.zeros(len(weights), "f4")), x
    for y in rest:
        operands = [entry, graph.constant(weights), bias]
        graph.operator(Operator.FULLY_CONNECTED, operands, y, schema.FullyConnectedOptionsT())
        entry, weights = y, weights[::-1]
    return graph.file([x], [entry])


@pytest.mark.parametrize("layers", [1, 2], ids=["its own bias", "a bias of two layers"])
@xnnpack
def test_zeros_of_pruned_weights_are_all_positive(layers: int, *, xnnpack: bool) -> None:
    rng = np.random.default_rng(0)
    weights = (rng.normal(size=(30, 30)) * rng.choice([0, 1], (30, 30))).astype(np.float32)
    x = rng.normal(size=(5, 1, 30)).astype(np.float32)
    before = dense_float32(weights, layers)
    assert np.signbit(weights[weights == 0]).any()

    after = squeeze(before)

    buffers = [b.data.view(np.float32) for b in tables.read(after).buffers[1:]]
    kept = [values for values in buffers if values.size == weights.size]
    wanted = [weights.ravel().tolist(), weights[::-1].ravel().tolist()][:layers]
    assert sorted(values.tolist() for values in kept) == sorted(wanted)
    assert not any(np.signbit(values[values == 0]).any() for values in kept)
    assert_equal(run(after, x, xnnpack=xnnpack), run(before, x, xnnpack=xnnpack))


def dense_int8(weights: npt.NDArray[np.int8], scales: list[float]) -> bytes:
    """Return FULLY_CONNECTED in int8: weights (outputs, inputs) with one scale, or one a row."""
    outputs, inputs = weights.shape
    graph = Graph()
    x, y = (graph.variable((1, size), np.int8, scale=0.5) for size in (inputs, outputs))
    constants = graph.constant(weights, scale=1), graph.constant(np.arange(outputs, dtype="i4"), 1)
    for constant, factor in zip(constants, (1, 0.5), strict=True):
        quantization = graph._graph.tensors[constant].quantization
        quantization.scale = [factor * scale for scale in scales]
        quantization.zeroPoint = [0] * len(scales)
    graph.operator(Operator.FULLY_CONNECTED, [x, *constants], y, schema.FullyConnectedOptionsT())
    return graph.file([x], [y])


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        # LiteRT compares it with input scale times weight scale, and refuses to differ.
        pytest.param([0.25], [0.125], id="one scale"),
        pytest.param([0.25, 0.75], [1, 1], id="one scale a channel"),
    ],
)
def test_scales_of_biases_become_1_where_none_reads_them(
    scales: list[float], expected: list[float]
) -> None:
    data = squeeze(dense_int8(np.eye(2, 4, dtype=np.int8), scales))

    bias = next(tables.layers(tables.read(data))).bias

    assert bias.quantization.scale.tolist() == expected
    assert run(data, np.zeros((1, 4), np.float32), xnnpack=False)[0].shape == (1, 2)


def test_a_single_scale_of_a_bias_is_read() -> None:
    model = tables.read(dense_int8(np.eye(2, 4, dtype=np.int8), [0.25]))
    next(tables.layers(model)).bias.quantization.scale = np.ones(1, np.float32)

    with pytest.raises(RuntimeError, match="scale_diff"):
        run(tables.write(model), np.zeros((1, 4), np.float32), xnnpack=False)


def stateful() -> bytes:
    """Return a model that counts its calls: three subgraphs, and a variable."""

    class Counter(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
        def __init__(self) -> None:
            super().__init__()
            self.calls = tf.Variable(0.0)

        @tf.function(input_signature=[tf.TensorSpec((1,), tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, x: Any) -> Any:
            return x + self.calls.assign_add(1.0)

    module = Counter()
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [module.__call__.get_concrete_function()], module
    )
    converter.experimental_enable_resource_variables = True
    data: bytes = converter.convert()
    return data


def changed(change: Callable[[Any], object]) -> bytes:
    """Return a plain model after *change* to its tables."""
    model = tables.read(loudness_model())
    change(model)
    return tables.write(model)


def custom() -> bytes:
    return dense_model(np.zeros((2, 1216)), np.zeros(2), custom="Mystery")


@pytest.mark.parametrize(
    ("make", "obstacle"),
    [
        pytest.param(custom, "a custom operator", id="custom operator"),
        pytest.param(stateful, "subgraphs", id="state"),
        pytest.param(
            lambda: changed(lambda model: model.subgraphs.append(model.subgraphs[0])),
            "2 subgraphs",
            id="two subgraphs",
        ),
        pytest.param(
            lambda: changed(lambda model: setattr(model.subgraphs[0].tensors[1], "isVariable", 1)),
            "a tensor with state",
            id="variable",
        ),
        pytest.param(
            lambda: changed(
                lambda model: setattr(model.subgraphs[0].tensors[1], "externalBuffer", 1)
            ),
            "a tensor with state",
            id="external tensor",
        ),
        pytest.param(
            lambda: changed(
                lambda model: setattr(model.subgraphs[0].operators[0], "intermediates", [1])
            ),
            "an operator with state",
            id="intermediate tensors",
        ),
        pytest.param(
            lambda: changed(
                lambda model: setattr(model, "metadata", [schema.MetadataT(name="precision")])
            ),
            "unknown metadata",
            id="metadata",
        ),
        pytest.param(
            lambda: changed(lambda model: setattr(model.buffers[1], "offset", 99)),
            "buffers outside",
            id="offset",
        ),
        pytest.param(
            lambda: changed(
                lambda model: setattr(model, "externalBuffers", [schema.ExternalBufferT()])
            ),
            "external buffers",
            id="external buffers",
        ),
    ],
)
def test_a_model_with_anything_unknown_is_left_as_it_is(
    make: Callable[[], bytes], obstacle: str
) -> None:
    data = make()

    assert obstacle in str(tables.obstacle(tables.read(data)))
    assert squeeze(data) == data
    assert round_scales(data) == data


def test_a_plain_model_has_no_obstacle() -> None:
    assert tables.obstacle(tables.read(loudness_model())) is None


@pytest.mark.parametrize("squeezing", [squeeze, round_scales])
@pytest.mark.parametrize(
    ("data", "fault"), [(b"no model at all", "TFL3"), (b"\x08\0\0\0TFL3", "damaged")]
)
def test_what_is_no_model_is_refused(
    squeezing: Callable[[bytes], bytes], data: bytes, fault: str
) -> None:
    with pytest.raises(ModelError, match=fault):
        squeezing(data)


# Nearly exact


@pytest.mark.parametrize(
    ("scale", "bits", "expected"),
    [
        pytest.param(0.1, 8, 205 / 2048, id="0.1 is 204.8 / 2048"),
        pytest.param(1.75, 3, 1.75, id="1.75 is 111 in binary"),
        pytest.param(1.75, 2, 2.0, id="a tie goes to the even mantissa"),
        pytest.param(0.1, 24, np.float32(0.1), id="24 bits are all there are"),
    ],
)
def test_scales_round_to_the_nearest_mantissa(scale: float, bits: int, expected: float) -> None:
    assert rounded_mantissas(np.array([scale], np.float32), bits).tolist() == [expected]


@pytest.mark.parametrize("bits", [0, 25])
def test_a_mantissa_that_float32_has_not_is_refused(bits: int) -> None:
    with pytest.raises(ModelError, match=f"mantissa_bits is {bits}, but float32 has 1 to 24"):
        round_scales(loudness_model(), mantissa_bits=bits)


def real_biases(data: bytes) -> npt.NDArray[np.float64]:
    """Return the biases of an int8 model, of all its channels, in steps of their layer's output."""
    model = tables.read(data)
    return np.concatenate(
        [
            model.buffers[layer.bias.buffer].data.view(np.int32)
            * layer.weights.quantization.scale.astype(np.float64)
            * float(layer.source.quantization.scale[0] / layer.target.quantization.scale[0])
            for layer in tables.layers(model)
        ]
    )


@pytest.mark.parametrize("kind", ["ds_cnn int8", "tc_cnn int8"])
def test_rounded_biases_stay_within_an_eighth_of_a_step(
    converted: dict[str, bytes], kind: str
) -> None:
    before, after = real_biases(converted[kind]), real_biases(round_scales(converted[kind]))

    assert 1 / 16 < np.abs(after - before).max() <= 1 / 8


@pytest.mark.parametrize("kind", ["ds_cnn int8", "tc_cnn int8", "ds_cnn dynamic"])
def test_rounded_scales_leave_two_bytes_of_four_empty(
    converted: dict[str, bytes], kind: str
) -> None:
    before, after = (
        np.concatenate([layer.weights.quantization.scale for layer in tables.layers(model)])
        for model in map(tables.read, (converted[kind], round_scales(converted[kind])))
    )

    assert not np.any(after.view(np.uint32) & 0xFFFF)
    np.testing.assert_allclose(after, before, rtol=2**-8)


@pytest.mark.parametrize("kind", ["ds_cnn int8", "tc_cnn int8", "ds_cnn dynamic"])
def test_rounding_and_squeezing_work_in_any_order(converted: dict[str, bytes], kind: str) -> None:
    data = converted[kind]

    rounded = squeeze(round_scales(data))

    assert rounded == squeeze(round_scales(squeeze(data)))
    assert zipped_bytes(rounded) < zipped_bytes(squeeze(data))


def test_rounding_leaves_float32_models_alone(converted: dict[str, bytes]) -> None:
    data = converted["ds_cnn float32"]

    assert squeeze(round_scales(data)) == squeeze(data)


@pytest.mark.speech
@committed
def test_rounding_changes_few_decisions(kws_data: Path, path: Path) -> None:
    candidate = Registry().load(path.stem)
    source = datasets.find("mini_speech_commands", {"KWS_DATA": str(kws_data)})
    clips = source.load(candidate.words, "validation").clips
    data = path.read_bytes()
    before, after = (
        make_spotter(candidate, path.stem, made).score(clips)
        for made in (data, squeeze(round_scales(data)))
    )

    # Measured: at most 1.1 %, about as many as between LiteRT with XNNPACK and without.
    assert np.mean(before.argmax(axis=1) != after.argmax(axis=1)) <= 0.02
    assert np.abs(after - before).mean() < 0.02


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("tc_cnn")])
def test_no_call_computes_a_shape_that_is_always_the_same(
    converted: dict[str, bytes], kind: str
) -> None:
    before = dissect(converted[kind], "m").operators
    after = dissect(squeeze(converted[kind]), "m").operators

    assert before[:3] == SHAPES
    assert after == before[3:]
