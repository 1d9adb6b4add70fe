"""Training one network: batches in, a trained Keras model and its history out."""

import math
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from candidates._training import keras, tf
from candidates._training.batches import Batches, Targets, ahead
from candidates._training.dropouts import counted
from candidates._training.levels import Levels
from candidates._training.pruning import Pruning, prunable
from candidates._training.validation import Validation
from harness.candidate.candidate import Candidate, ReadyModel
from harness.errors import CandidateError
from harness.frontends.frontend import Features

History = dict[str, list[float]]
"""Loss, and accuracy and detection on the validation split, after each epoch."""

SHARDS: Final = 2
"""Parts of a batch that are computed at the same time, each normalised by its own statistics."""

LEAST: Final = 64
"""Clips that a part of a full batch has at least: statistics of fewer would be another recipe."""

_DIGITS: Final = 4

_Shards = list[tuple[Any, Any]]


@dataclass(frozen=True, kw_only=True)
class State:
    """
    A training after some epochs, to go on from in this or another process.

    Attributes:
        epochs: Epochs that are done.
        weights: Weights of the model, those of pruning wrappers among them.
        optimizer: Variables of the optimizer.
        steps: Steps that are done, by the number of clips in their batch.
        history: What each epoch came to.

    """

    epochs: int
    weights: list[npt.NDArray[Any]]
    optimizer: list[npt.NDArray[Any]]
    steps: Counter[int]
    history: History


class Fit:
    """
    The training of one network, epoch by epoch.

    It can be paused after any epoch: one that goes on from :attr:`state` ends with the same
    weights, bit for bit, as one that was never paused.

    Args:
        candidate: What to train.
        batches: Its training clips.
        validation: The clips that each epoch is measured on.
        state: Where to go on from; None to begin.

    """

    def __init__(
        self,
        candidate: Candidate,
        batches: Batches,
        validation: Validation,
        state: State | None = None,
    ) -> None:
        recipe = candidate.training
        keras.backend.clear_session()
        keras.utils.set_random_seed(recipe.seed)
        tf.config.experimental.enable_op_determinism()
        self._model = build(candidate)
        self._levels = Levels(self._model, recipe.levels) if recipe.levels else None
        if candidate.sparsity:
            steps = recipe.epochs * len(batches)
            self._model = prunable(self._model, candidate, steps=steps)
        # The legacy one updates a variable in one operator in place of a dozen.
        self._optimizer = keras.optimizers.legacy.Adam(learning_rate(candidate, len(batches)))
        self._optimizer._create_all_weights(self._model.trainable_variables)  # noqa: SLF001
        self._batches, self._validation = batches, validation
        self._steps: Counter[int] = Counter()
        self._history: History = {}
        self.epochs = 0
        if state:
            self._restore(state)
        # Only now: it reads from the weights how far pruning is.
        self._pruning = Pruning(self._model) if candidate.sparsity else None
        self._step = _stepper(self._model, self._optimizer, self._levels)
        self._compiled = tf.function(self._model.__call__, reduce_retracing=True)

    @property
    def state(self) -> State:
        """What another process can go on from."""
        return State(
            epochs=self.epochs,
            weights=self._model.get_weights(),
            optimizer=[variable.numpy() for variable in self._optimizer.variables()],
            steps=self._steps.copy(),
            history={key: list(values) for key, values in self._history.items()},
        )

    def epoch(self) -> dict[str, float]:
        """
        Train on every batch of the next epoch; returns its loss and what validation came to.

        Raises:
            CandidateError: If the loss is not a finite number.

        """
        loss = self._train()
        if not math.isfinite(loss):
            msg = f"the loss of epoch {self.epochs + 1} is {loss}; use a lower learning_rate"
            raise CandidateError(msg)
        measured = {"loss": loss, **self.measured(self._validation.measure)}
        for key, value in measured.items():
            self._history.setdefault(key, []).append(round(value, _DIGITS))
        self.epochs += 1
        return measured

    def measured(self, measure: Callable[[Any], dict[str, float]]) -> dict[str, float]:
        """Return what *measure* says of the model, its weights rounded as they will be."""
        with self._levels() if self._levels else nullcontext():
            return measure(self._compiled)

    def settled(self) -> tuple[Any, History]:
        """End the training; returns the model, stripped of pruning wrappers, and its history."""
        if self._levels:
            self._levels.settle()
        return (self._pruning.stripped() if self._pruning else self._model), self._history

    def _train(self) -> float:
        """Train on every batch of an epoch; returns the mean loss of its clips."""
        total, clips = 0.0, 0
        split = partial(_shards, most=shards_of(self._batches.candidate.training.batch_size))
        for shards in ahead(map(split, self._batches.epoch(self.epochs))):
            if self._pruning:
                self._pruning.step()
            size = sum(len(features) for features, _ in shards)
            calls = tf.constant(self._steps[size], tf.int64)
            total += size * float(self._step(shards, calls))
            self._steps[size] += 1
            clips += size
        return total / clips

    def _restore(self, state: State) -> None:
        self._model.set_weights(state.weights)
        for variable, value in zip(self._optimizer.variables(), state.optimizer, strict=True):
            variable.assign(value)
        self._steps, self.epochs = state.steps.copy(), state.epochs
        self._history = {key: list(values) for key, values in state.history.items()}


def fit(
    candidate: Candidate, name: str, batches: Batches, validation: Validation
) -> tuple[Any, History]:
    """Return the trained Keras model, stripped of pruning wrappers, and its history."""
    training = Fit(candidate, batches, validation)
    epochs = candidate.training.epochs
    with tqdm(total=epochs, desc=name, unit="epoch") as bar:
        while training.epochs < epochs:
            measured = training.epoch()
            bar.set_postfix({k: f"{v:.3f}" for k, v in measured.items()}, refresh=False)
            bar.update()
    return training.settled()


def shards_of(batch_size: int) -> int:
    """Return the number of parts that batches of a recipe are computed in."""
    return max(1, min(SHARDS, batch_size // LEAST))


def _shards(batch: tuple[Features, Targets], most: int) -> _Shards:
    """Return features and targets of each part of *batch*, as tensors; no part is empty."""
    count = min(most, len(batch[0]))
    parts = (map(tf.constant, np.array_split(array, count)) for array in batch)
    return list(zip(*parts, strict=True))


def _stepper(model: Any, optimizer: Any, levels: Levels | None) -> Callable[[_Shards, Any], Any]:
    """
    Return what trains *model* on the parts of one batch, and returns its loss.

    Beside them it takes the number of earlier steps on a batch of their size, an int64 tensor.
    """
    entropy = keras.losses.CategoricalCrossentropy()
    weights = model.trainable_variables

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # as TensorFlow is
    def step(shards: _Shards, calls: Any) -> Any:
        sizes = [tf.cast(tf.shape(features)[0], tf.float32) for features, _ in shards]
        losses, gradients = [], []
        with levels() if levels else nullcontext(), counted(model, calls):
            for size, (features, targets) in zip(sizes, shards, strict=True):
                with tf.GradientTape() as tape:
                    scores = model(features, training=True)
                    loss = entropy(targets, scores) * size / tf.add_n(sizes)
                losses.append(loss)
                gradients.append(tape.gradient(loss, weights))
        summed = map(tf.add_n, zip(*gradients, strict=True))
        optimizer.apply_gradients(zip(summed, weights, strict=True))
        return tf.add_n(losses)

    run: Callable[[_Shards, Any], Any] = step
    return run


def build(candidate: Candidate) -> Any:
    """Build the network of *candidate*, untrained."""
    if isinstance(candidate.network, ReadyModel):
        path = candidate.network.path
        msg = f"{path} is a ready model: there is nothing to train; measure it with tox run"
        raise CandidateError(msg)
    return candidate.network(keras, candidate.frontend.shape, candidate.labels)


def learning_rate(candidate: Candidate, batches: int) -> Any:
    """Return the schedule of the learning rate, by step."""
    recipe = candidate.training
    steps = int((recipe.decay_epochs or recipe.epochs) * batches)
    if recipe.decay == "linear":
        return keras.optimizers.schedules.PolynomialDecay(
            recipe.learning_rate, steps, recipe.final_learning_rate
        )
    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate, steps, alpha=recipe.final_learning_rate / recipe.learning_rate
    )
