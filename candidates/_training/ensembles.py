"""Training the members of an ensemble one by one, and putting them into one network."""

from dataclasses import replace
from typing import Any

import numpy as np

from candidates._training.batches import Batches
from candidates._training.fit import History, build, fit
from candidates._training.validation import Validation
from harness.candidate.candidate import Candidate


def fit_all(
    candidate: Candidate, name: str, batches: Batches, validation: Validation
) -> tuple[Any, History]:
    """Return the trained Keras model of *candidate* and its history; see :func:`fit`."""
    members = getattr(candidate.network, "members", None)
    if members is None:
        return fit(candidate, name, batches, validation)
    models: list[Any] = []
    history: History = {}
    for i, member in enumerate(members):
        # No two seeds of an ensemble share a member.
        seed = candidate.training.seed * len(members) + i
        recipe = replace(candidate.training, seed=seed)
        one = replace(candidate, network=member, training=recipe)
        what = f"{name} ({i + 1} of {len(members)})"
        model, its_own = fit(one, what, replace(batches, candidate=one), validation)
        models.append(model)
        history |= {f"{key} of {i + 1}": values for key, values in its_own.items()}
    return joined(candidate, models), history


def joined(candidate: Candidate, models: list[Any]) -> Any:
    """Return the network of *candidate*, its logits the mean of those of *models*."""
    model = build(candidate)
    kernels, biases = [], []
    for i, member in enumerate(models):
        *before_dense, kernel, bias = member.get_weights()
        model.get_layer(f"member_{i}").set_weights(before_dense)
        kernels.append(kernel)
        biases.append(bias)
    dense = [np.concatenate(kernels) / len(models), np.mean(biases, axis=0)]
    model.layers[-1].set_weights(dense)
    return model
