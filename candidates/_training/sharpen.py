"""Fitting the certainty of a trained model to the operating rule."""

from typing import Any, Final

import numpy as np
import scipy.optimize
import scipy.special

from candidates._training import keras
from harness.decisions import OPERATING_THRESHOLD, Scores
from harness.errors import CandidateError
from harness.frontends.frontend import Features

FACTORS: Final = (0.05, 20.0)
"""Of the logits: the widest range looked in."""


def require_dense_end(model: Any) -> None:
    """Raise CandidateError unless the last weights of *model* are those of a Dense layer."""
    last = _last(model)
    if not isinstance(last, keras.layers.Dense):
        msg = (
            f"the last weights are those of a {type(last).__name__} layer, not of a Dense one, so "
            f"scores cannot be sharpened; end the network in Dense or set false_accepts=None"
        )
        raise CandidateError(msg)


def sharpen(model: Any, outliers: Features, false_accepts: float) -> float:
    """
    Scale the logits of *model* so that its top score exceeds the threshold that often.

    Which label has the top score does not change, only how sure it is: what was
    acted on above another threshold is now acted on above that of the rule.

    Args:
        model: Keras model, see :func:`require_dense_end`.
        outliers: Features of clips not to act on, ``(clips, frames, mel bins, 1)``.
        false_accepts: Share of them to act on.

    Returns:
        The factor.

    """
    factor = factor_for(model.predict(outliers, verbose=0), false_accepts)
    last = _last(model)
    last.set_weights([factor * weights for weights in last.get_weights()])
    return factor


def _last(model: Any) -> Any:
    """Return the last layer with weights, None if there is none."""
    return next((layer for layer in reversed(model.layers) if layer.weights), None)


def factor_for(scores: Scores, false_accepts: float) -> float:
    """Return what to multiply logits by, so that this share of *scores* has a sure top score."""
    logits = np.log(np.maximum(scores.astype(float), np.finfo(np.float32).tiny))

    def excess(factor: float) -> float:
        tops = scipy.special.softmax(factor * logits, axis=1).max(axis=1)
        return float(np.quantile(tops, 1 - false_accepts)) - OPERATING_THRESHOLD

    least, most = FACTORS
    if excess(least) > 0 or excess(most) < 0:
        return least if excess(least) > 0 else most
    return float(scipy.optimize.brentq(excess, least, most))
