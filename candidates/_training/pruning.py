"""Pruning with tensorflow-model-optimization: what is wrapped, and when it is tightened."""

from typing import Any, Final

from candidates._training import keras, tfmot
from harness.candidate.candidate import Candidate

PRUNING_FREQUENCY: Final = 20
"""Steps from one tightening of the mask to the next."""


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


class Pruning:
    """
    Counts the steps of a pruned model, which tighten its masks when they are due.

    Args:
        model: What :func:`prunable` returned.

    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._steps = tfmot.sparsity.keras.UpdatePruningStep()
        self._steps.set_model(model)
        self._steps.on_train_begin()

    def step(self) -> None:
        """Count a step; call it before each batch."""
        self._steps.on_train_batch_begin(None)

    def stripped(self) -> Any:
        """Return the model without its wrappers, its pruned weights zero."""
        self._steps.on_epoch_end(None)
        return tfmot.sparsity.keras.strip_pruning(self._model)
