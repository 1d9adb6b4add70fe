"""The size of a candidate's model before any training: its network, with weights as if trained."""

from typing import Any, Final

import numpy as np

from candidates._training import keras
from candidates._training.convert import convert
from candidates._training.fit import build
from candidates._training.levels import Levels
from harness.candidate.candidate import Candidate

_CLIPS: Final = 8
_SEED: Final = 0


def draft(candidate: Candidate) -> bytes:
    """
    Return a ``.tflite`` file of the network of *candidate*, untrained.

    It holds the same operators as the trained one, and as many zeros or levels, so its zipped
    size is that of the trained one to a few per cent, and it takes as long to run.
    """
    rng = np.random.default_rng(_SEED)
    keras.backend.clear_session()
    keras.utils.set_random_seed(_SEED)
    model = build(candidate)
    for layer in _layers(model):
        layer.set_weights([_as_if_trained(weight, rng) for weight in layer.weights])
        if type(layer) is keras.layers.Conv2D and candidate.sparsity:
            layer.kernel.assign(_pruned(layer.kernel.numpy(), candidate.sparsity))
    if candidate.training.levels:
        Levels(model, candidate.training.levels).settle()
    features = rng.normal(-5, 3, (_CLIPS, *candidate.frontend.shape, 1)).astype(np.float32)
    return convert(model, candidate.quantization, features, rounded_scales=candidate.rounded_scales)


def _layers(model: Any) -> list[Any]:
    """Return the layers that hold weights, those of networks inside the network, too."""
    parts = [part for part in model.submodules if isinstance(part, keras.layers.Layer)]
    return [layer for layer in parts if layer.weights and not hasattr(layer, "layers")]


def _as_if_trained(weight: Any, rng: np.random.Generator) -> Any:
    """Return random numbers in the place of a weight, of the kind that a training ends with."""
    name = weight.name.rpartition("/")[2].partition(":")[0]
    drawn = rng.standard_normal(weight.shape)
    if name in ("gamma", "moving_variance"):
        return np.exp(0.5 * drawn).astype(np.float32)
    if len(weight.shape) > 1:
        drawn /= np.sqrt(np.prod(weight.shape[:-1]))
    return drawn.astype(np.float32)


def _pruned(kernel: Any, sparsity: float) -> Any:
    """Return *kernel* times a mask, as pruning does: that leaves zeros of both signs."""
    size = np.abs(kernel)
    return kernel * (size > np.quantile(size, sparsity))
