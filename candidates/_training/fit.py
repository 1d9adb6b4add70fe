"""Training and pruning one network with Keras."""

from typing import Any

from tqdm import tqdm

from candidates._training import keras, tf, tfmot
from candidates._training.batches import Batches
from harness.candidate.candidate import Candidate, ReadyModel
from harness.errors import CandidateError

PRUNING_FREQUENCY = 20
"""Steps from one tightening of the mask to the next."""


def fit(candidate: Candidate, name: str, batches: Batches) -> tuple[Any, dict[str, list[float]]]:
    """Return the trained Keras model, stripped of pruning wrappers, and its history."""
    recipe = candidate.training
    keras.backend.clear_session()
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    model = build(candidate)
    callbacks: list[Any] = [Progress(name, recipe.epochs)]
    if candidate.sparsity:
        model = prunable(model, candidate, steps=recipe.epochs * len(batches))
        callbacks.append(tfmot.sparsity.keras.UpdatePruningStep())
    model.compile(
        keras.optimizers.Adam(learning_rate(candidate, len(batches))),
        keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    history = model.fit(batches, epochs=recipe.epochs, verbose=0, callbacks=callbacks).history
    if candidate.sparsity:
        model = tfmot.sparsity.keras.strip_pruning(model)
    rounded = {key: [round(float(v), 4) for v in values] for key, values in history.items()}
    return model, rounded


def build(candidate: Candidate) -> Any:
    """Build the network of *candidate*, untrained."""
    if isinstance(candidate.network, ReadyModel):
        path = candidate.network.path
        msg = f"{path} is a ready model: there is nothing to train; measure it with tox run"
        raise CandidateError(msg)
    return candidate.network(keras, candidate.frontend.shape, candidate.labels)


def prunable(model: Any, candidate: Candidate, *, steps: int) -> Any:
    """Wrap every ordinary convolution for pruning; depthwise ones are few and stay dense."""
    recipe = candidate.training
    begin = int(recipe.pruning_start * steps)
    end = min(int(recipe.pruning_end * steps), steps - 1)
    frequency = max(1, min(PRUNING_FREQUENCY, end - begin))
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        initial_sparsity=min(recipe.initial_sparsity, candidate.sparsity),
        final_sparsity=candidate.sparsity,
        begin_step=begin,
        # Updates come every so many steps from the beginning; the last one must be the end.
        end_step=begin + (end - begin) // frequency * frequency,
        frequency=frequency,
    )

    def wrap(layer: Any) -> Any:
        if type(layer) is keras.layers.Conv2D:
            return tfmot.sparsity.keras.prune_low_magnitude(layer, pruning_schedule=schedule)
        return layer

    return keras.models.clone_model(model, clone_function=wrap)


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


class Progress(keras.callbacks.Callback):  # type: ignore[misc]  # tf_keras has no types
    """A progress bar with loss and accuracy."""

    def __init__(self, name: str, epochs: int) -> None:
        super().__init__()
        self._bar = tqdm(total=epochs, desc=name, unit="epoch")

    def on_epoch_end(self, _epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move on by one epoch."""
        shown = {key: f"{value:.3f}" for key, value in (logs or {}).items()}
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update()

    def on_train_end(self, _logs: dict[str, float] | None = None) -> None:
        """Leave the bar as it is."""
        self._bar.close()
