"""A training that is paused and goes on in another process ends as one that never was."""

import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from candidates._networks import TcCnn
from candidates._training import keras, tf
from candidates._training.batches import batches_of
from candidates._training.dropouts import counted
from candidates._training.fit import Fit, History, State, fit
from candidates._training.heard import listen
from candidates._training.parts import parts_of
from candidates._training.pools import Pools
from candidates._training.validation import validation_for
from harness import Candidate, LogMel
from harness.errors import CandidateError
from tests.training.test_training import TINY, sources

DENSE: Final = replace(TINY, training=replace(TINY.training, epochs=3, batch_size=32))
KINDS: Final = {
    "dense": DENSE,
    "pruned": replace(DENSE, sparsity=0.5),
    "few levels": replace(
        DENSE,
        frontend=LogMel(frame_ms=50, hop_ms=50, mel_bins=8),
        network=TcCnn(width=4, blocks=1),
        training=replace(DENSE.training, levels=7),
    ),
}
"""Each with batches of two sizes, and with dropout."""


def material(candidate: Candidate) -> tuple[Any, Any]:
    speech = sources()
    heard = listen(candidate, "tiny", speech)
    pools = Pools(folder=speech.cache / "pools", frontend=candidate.frontend)
    batches = batches_of(candidate, parts_of(candidate, heard), pools)
    return batches, validation_for(candidate, speech, heard, pools)


def paused(kind: str, epochs: int) -> bytes:
    training = Fit(KINDS[kind], *material(KINDS[kind]))
    for _ in range(epochs):
        training.epoch()
    return pickle.dumps(training.state)


def gone_on(kind: str, state: bytes) -> tuple[list[Any], History]:
    training = Fit(KINDS[kind], *material(KINDS[kind]), pickle.loads(state))  # noqa: S301
    while training.epochs < KINDS[kind].training.epochs:
        training.epoch()
    model, history = training.settled()
    return model.get_weights(), history


@pytest.fixture(name="another", scope="module")
def _another() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        yield process


@pytest.mark.parametrize("kind", KINDS)
def test_two_parts_in_two_processes_equal_one_go_bit_for_bit(
    another: ProcessPoolExecutor, kind: str
) -> None:
    model, history = fit(KINDS[kind], "tiny", *material(KINDS[kind]))

    weights, its_history = another.submit(gone_on, kind, paused(kind, 1)).result()

    assert its_history == history
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_without_its_state_a_training_ends_otherwise() -> None:
    model, _ = fit(DENSE, "tiny", *material(DENSE))
    state: State = pickle.loads(paused("dense", 1))  # noqa: S301

    forgotten = replace(state, steps=type(state.steps)())
    weights, _ = gone_on("dense", pickle.dumps(forgotten))

    assert any((a != b).any() for a, b in zip(model.get_weights(), weights, strict=True))


def test_counted_dropout_draws_what_tensorflow_draws() -> None:
    sizes, found = (8, 8, 3, 8, 3, 3), []
    for known in (False, True):
        keras.backend.clear_session()
        keras.utils.set_random_seed(0)
        inputs = keras.Input(shape=(5,))
        dropped = keras.layers.Dropout(0.5)(keras.layers.Dropout(0.2)(inputs))
        draw = drawing(keras.Model(inputs, dropped), counts=known)
        found.append([draw(size, sizes[:i].count(size)) for i, size in enumerate(sizes)])

    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (found[0][0] != found[0][1]).any()


def drawing(model: Any, *, counts: bool) -> Any:
    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def call(batch: Any, calls: Any) -> Any:
        if not counts:
            return model(batch, training=True)
        with counted(model, calls):
            return model(batch, training=True)

    def draw(size: int, calls: int) -> Any:
        return call(tf.ones((size, 5)), tf.constant(calls, tf.int64)).numpy()

    return draw


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    recipe = replace(TINY.training, learning_rate=1e38)
    training = Fit(replace(TINY, training=recipe), *material(TINY))

    with pytest.raises(
        CandidateError, match=r"^the loss of epoch 1 is (nan|inf); use a lower learning_rate$"
    ):
        training.epoch()
