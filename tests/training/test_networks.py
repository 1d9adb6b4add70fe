"""Networks that candidates share, built with Keras."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from candidates._networks import DsCnn, Ensemble, TcCnn
from candidates._training import keras
from candidates._training.convert import convert
from candidates._training.ensembles import fit_all, joined
from candidates._training.fit import build
from candidates._training.sources import Sources
from candidates._training.train import gathered
from harness import Candidate, LogMel, Training
from tests.training.synthetic import SyntheticSource

SHAPE = (39, 32)
LABELS = ("go", "stop")
FEATURES = np.random.default_rng(0).standard_normal((6, *SHAPE, 1)).astype(np.float32)


def scores(model: Any, features: Any = FEATURES) -> Any:
    return model(features, training=False).numpy()


def convolution(model: Any) -> Any:
    """Return the first convolution of *model*."""
    return next(layer for layer in model.layers if type(layer) is keras.layers.Conv2D)


def test_mel_bins_as_channels_are_the_same_sums() -> None:
    keras.utils.set_random_seed(0)
    model = TcCnn(width=8, blocks=1)(keras, SHAPE, LABELS)
    first = convolution(model)
    ((kernel,),) = (first.get_weights(),)
    plain = keras.layers.Conv2D(8, (3, 32), use_bias=False)
    plain.build((None, *SHAPE, 1))
    plain.set_weights([kernel.reshape(3, 32, 1, 8)])

    alike = keras.Model(model.input, first.output)

    np.testing.assert_allclose(scores(alike), plain(FEATURES).numpy(), atol=1e-5)


def test_a_first_convolution_moves_along_time_alone() -> None:
    first = convolution(TcCnn(width=8, first=5)(keras, SHAPE, LABELS))

    assert first.kernel.shape == (5, 1, 32, 8)


@pytest.mark.parametrize("residual", [True, False])
def test_blocks_may_go_without_a_residual_connection(*, residual: bool) -> None:
    model = TcCnn(width=8, blocks=2, residual=residual)(keras, SHAPE, LABELS)

    added = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    assert len(added) == 2 * residual


@pytest.mark.parametrize("member", [TcCnn(width=8, blocks=1), DsCnn(width=8, blocks=1)], ids=str)
def test_an_ensemble_has_the_mean_logits_of_its_members(member: Any) -> None:
    candidate = Candidate(network=Ensemble(member=member, count=3))
    models = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        models.append(member(keras, SHAPE, LABELS))

    together = joined(replace(candidate, frontend=LogMel()), models)

    logits = np.mean([np.log(scores(model)) for model in models], axis=0)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores(together), expected, atol=1e-5)


def test_an_ensemble_is_one_file_with_one_dense_layer() -> None:
    model = build(Candidate(network=Ensemble(member=TcCnn(width=8, blocks=1), count=2)))

    assert isinstance(model.layers[-1], keras.layers.Dense)
    assert model.layers[-1].kernel.shape == (16, 2)
    assert len(convert(model, "int8", FEATURES)) > 1_000


def test_members_of_an_ensemble_are_trained_from_seeds_of_their_own(tmp_path: Path) -> None:
    source = SyntheticSource(clips_a_word=10)
    recipe = Training(
        epochs=1, batch_size=8, variants=2, vocabulary=0, foreign=0, synthetic=0, seed=4
    )
    candidate = Candidate(
        network=Ensemble(member=TcCnn(width=4, blocks=1), count=2), training=recipe
    )

    speech = Sources(people=source, synthetic=source, cache=tmp_path)
    material = gathered(candidate, "two", speech)
    model, history = fit_all(candidate, "two", material.batches, material.validation)

    one, other = (model.get_layer(f"member_{i}").get_weights() for i in range(2))
    assert not np.array_equal(one[0], other[0])
    assert {"loss of 1", "loss of 2", "accuracy of 1"} <= history.keys()
