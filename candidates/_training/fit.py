"""Training one network: batches in, a trained Keras model and its history out."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

from tqdm import tqdm

from candidates._training import keras, tf
from candidates._training.batches import Batches
from candidates._training.levels import Levels
from candidates._training.pruning import Pruning, prunable
from candidates._training.validation import Validation
from harness.candidate.candidate import Candidate, ReadyModel
from harness.errors import CandidateError

History = dict[str, list[float]]
"""Loss, and accuracy and detection on the validation split, after each epoch."""

_DIGITS: Final = 4


def fit(
    candidate: Candidate, name: str, batches: Batches, validation: Validation
) -> tuple[Any, History]:
    """Return the trained Keras model, stripped of pruning wrappers, and its history."""
    recipe = candidate.training
    keras.backend.clear_session()
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    model = build(candidate)
    levels = Levels(model, recipe.levels) if recipe.levels else None
    pruning = None
    if candidate.sparsity:
        model = prunable(model, candidate, steps=recipe.epochs * len(batches))
        pruning = Pruning(model)
    step = _stepper(model, keras.optimizers.Adam(learning_rate(candidate, len(batches))), levels)
    history: History = {}
    with tqdm(total=recipe.epochs, desc=name, unit="epoch") as bar:
        for number in range(recipe.epochs):
            loss = _epoch(batches, number, step, pruning)
            with levels() if levels else nullcontext():
                measured = {"loss": loss, **validation.measure(model)}
            for key, value in measured.items():
                history.setdefault(key, []).append(round(value, _DIGITS))
            bar.set_postfix({k: f"{v:.3f}" for k, v in measured.items()}, refresh=False)
            bar.update()
    if levels:
        levels.settle()
    return (pruning.stripped() if pruning else model), history


def _epoch(
    batches: Batches, number: int, step: Callable[..., Any], pruning: Pruning | None
) -> float:
    """Train on every batch of an epoch; returns the mean loss of its clips."""
    total, clips = 0.0, 0
    for features, targets in batches.epoch(number):
        if pruning:
            pruning.step()
        total += len(features) * float(step(features, targets))
        clips += len(features)
    return total / clips


def _stepper(model: Any, optimizer: Any, levels: Levels | None) -> Callable[..., Any]:
    """Return what trains *model* on one batch, and returns its loss."""
    entropy = keras.losses.CategoricalCrossentropy()
    weights = model.trainable_variables
    optimizer.build(weights)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # as TensorFlow is
    def step(features: Any, targets: Any) -> Any:
        with levels() if levels else nullcontext(), tf.GradientTape() as tape:
            loss = entropy(targets, model(features, training=True))
            gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return loss

    return lambda features, targets: step(tf.constant(features), tf.constant(targets))


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
