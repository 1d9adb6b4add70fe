from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest

from candidates._networks import DsCnn
from candidates._training import keras
from candidates._training.convert import convert
from candidates._training.features import as_input
from candidates._training.fit import build
from harness import Candidate, LogMel
from harness.candidate.candidate import QUANTIZATIONS, Quantization
from harness.frontends.frontend import Features
from harness.spotter.model import Model
from tests.training.synthetic import voices

# Dynamic-range quantization leaves tensors of under 1,024 weights alone: these have
# 10 * 4 * 32 and 32 * 32.
CANDIDATE: Final = Candidate(
    frontend=LogMel(frame_ms=50, hop_ms=25, mel_bins=30),
    network=DsCnn(width=32, blocks=1, kernel=(10, 4)),
)


@pytest.fixture(scope="module")
def features() -> Features:
    return as_input(CANDIDATE.frontend, voices(40))


@pytest.fixture(scope="module")
def network(features: Features) -> Any:
    """Untrained, but with a last layer scaled so that scores run from near 0 to near 1."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    model = build(CANDIDATE)
    logits = keras.Model(model.input, model.layers[-2].output)(features).numpy()
    kernel, bias = model.layers[-1].get_weights()
    margin = logits @ (kernel[:, 0] - kernel[:, 1])
    kernel *= 2 / margin.std()
    bias[0] = -2 * margin.mean() / margin.std()
    model.layers[-1].set_weights([kernel, bias])
    return model


@pytest.fixture(scope="module")
def keras_scores(network: Any, features: Features) -> npt.NDArray[np.float32]:
    scores: npt.NDArray[np.float32] = network(features, training=False).numpy()
    return scores


@pytest.fixture(scope="module")
def converted(network: Any, features: Features) -> dict[str, bytes]:
    return {kind: convert(network, kind, features) for kind in QUANTIZATIONS}


def load(converted: dict[str, bytes], quantization: Quantization) -> Model:
    return Model(
        converted[quantization],
        quantization,
        features_shape=CANDIDATE.frontend.shape,
        labels=CANDIDATE.labels,
    )


def test_the_scores_compared_are_spread(keras_scores: npt.NDArray[np.float32]) -> None:
    assert keras_scores.min() < 0.1
    assert keras_scores.max() > 0.9
    assert set(keras_scores.argmax(axis=1)) == {0, 1}


@pytest.mark.parametrize(
    ("quantization", "dtype"), [("float32", np.float32), ("dynamic", np.float32), ("int8", np.int8)]
)
def test_inputs_and_outputs_are_integers_for_int8_only(
    converted: dict[str, bytes], quantization: Quantization, dtype: type
) -> None:
    model = load(converted, quantization)

    assert (model._input["dtype"], model._output["dtype"]) == (dtype, dtype)


@pytest.mark.parametrize(
    ("quantization", "tolerance"),
    [
        pytest.param("float32", 1e-5, id="float32"),
        pytest.param("dynamic", 0.05, id="dynamic"),
        pytest.param("int8", 0.08, id="int8"),
    ],
)
def test_scores_agree_with_keras(
    converted: dict[str, bytes],
    features: Features,
    keras_scores: npt.NDArray[np.float32],
    quantization: Quantization,
    tolerance: float,
) -> None:
    model = load(converted, quantization)

    scores = np.stack([model(one[..., 0]) for one in features])

    np.testing.assert_allclose(scores, keras_scores, rtol=0, atol=tolerance)


def test_int8_computes_in_integers_throughout(converted: dict[str, bytes]) -> None:
    operators = load(converted, "int8").anatomy.operators

    assert "CONV_2D" in operators
    assert not {"QUANTIZE", "DEQUANTIZE"} & set(operators)


@pytest.mark.parametrize("quantization", ["dynamic", "int8"])
def test_quantized_weights_take_less_room(
    converted: dict[str, bytes], quantization: Quantization
) -> None:
    # A weight is 1 byte instead of 4, and there are 2,304 in the large kernels.
    assert len(converted[quantization]) < len(converted["float32"]) - 2_304


def test_ranges_come_from_the_calibration(network: Any, features: Features) -> None:
    doubled = Model(
        convert(network, "int8", 2 * features),
        "doubled",
        features_shape=CANDIDATE.frontend.shape,
        labels=CANDIDATE.labels,
    )

    scale, _ = doubled._input["quantization"]

    # 255 steps from the least to the greatest feature, zero included
    greatest, least = max(2 * features.max(), 0), min(2 * features.min(), 0)
    assert scale == pytest.approx((greatest - least) / 255, rel=1e-4)
