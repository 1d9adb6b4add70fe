"""Fitting the certainty of a trained model to the operating rule."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import scipy.optimize
import scipy.special

from candidates._training import keras
from candidates._training.validation import Validation, predict, rated
from harness.candidate.training import FalseAccepts
from harness.decisions import OPERATING_THRESHOLD, Scores
from harness.errors import CandidateError

FACTORS: Final = (0.05, 20.0)
"""Least and greatest factor of the logits that is tried."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """
    What one kind of outlier asks for.

    Attributes:
        rate: Largest share of its clips that may trigger the operating rule.
        factor: Factor of the logits at which that share triggers it.
        clips: Number of clips.
        digest: Digest of the clips.

    """

    rate: float
    factor: float
    clips: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """
    How the certainty of a model was fitted.

    Attributes:
        factor: Factor that its logits were multiplied by: the smallest of all kinds.
        decided_by: Kind of outlier that asked for it; None if nothing was fitted.
        fitted: What each kind asked for.

    """

    factor: float
    decided_by: str | None
    fitted: dict[str, Fitted]


def require_dense_end(model: Any) -> None:
    """Raise CandidateError unless the last weights of *model* are those of a Dense layer."""
    last = _last(model)
    if not isinstance(last, keras.layers.Dense):
        msg = (
            f"the last weights are those of a {type(last).__name__} layer, not of a Dense one, so "
            f"scores cannot be calibrated; end the network in Dense or set false_accepts=None"
        )
        raise CandidateError(msg)


def calibrate(model: Any, validation: Validation, rates: FalseAccepts | None) -> Calibration:
    """
    Scale the logits of *model* so that no kind of outlier triggers the rule more than it may.

    The label with the top score stays the same; only the score changes, so that the threshold
    of the operating rule does what another threshold did before.

    Args:
        model: Keras model, see :func:`require_dense_end`.
        validation: Validation clips, with the outliers to count.
        rates: Largest share of each kind that may trigger the rule; None to change nothing.

    """
    fitted = {
        kind: Fitted(
            rate=(rate := getattr(rates, kind)),
            factor=factor_for(predict(model, outliers.features), rate),
            clips=len(outliers.features),
            digest=outliers.digest,
        )
        for kind, outliers in validation.outliers.items()
        if kind in rated(rates)
    }
    if not fitted:
        return Calibration(factor=1.0, decided_by=None, fitted={})
    strictest = min(fitted, key=lambda kind: fitted[kind].factor)
    factor = fitted[strictest].factor
    last = _last(model)
    last.set_weights([factor * weights for weights in last.get_weights()])
    return Calibration(factor=factor, decided_by=strictest, fitted=fitted)


def _last(model: Any) -> Any:
    """Return the last layer with weights, None if there is none."""
    return next((layer for layer in reversed(model.layers) if layer.weights), None)


def factor_for(scores: Scores, false_accepts: float) -> float:
    """Return the factor of the logits at which this share of *scores* exceeds the threshold."""
    logits = np.log(np.maximum(scores.astype(float), np.finfo(np.float32).tiny))

    def excess(factor: float) -> float:
        tops = scipy.special.softmax(factor * logits, axis=1).max(axis=1)
        return float(np.quantile(tops, 1 - false_accepts)) - OPERATING_THRESHOLD

    least, most = FACTORS
    if excess(least) > 0 or excess(most) < 0:
        return least if excess(least) > 0 else most
    return float(scipy.optimize.brentq(excess, least, most))
