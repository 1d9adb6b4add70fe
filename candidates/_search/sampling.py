"""The variations of a space as Optuna has them, and the sampler of one trial."""

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from candidates._search import points
from candidates._search.space import Space
from candidates._search.variations import Real, Share, Variation, Whole


def distributions(space: Space) -> dict[str, BaseDistribution]:
    return {path: _distribution(variation) for path, variation in space.vary.items()}


def _distribution(variation: Variation) -> BaseDistribution:
    match variation:
        case Share(by=by):
            return _distribution(by)
        case Whole(low=low, high=high, log=log):
            return IntDistribution(low, high, log=log)
        case Real(low=low, high=high, log=log):
            return FloatDistribution(low, high, log=log)
    return CategoricalDistribution(list(variation.labels or ()))


def tpe(name: str, number: int) -> optuna.samplers.TPESampler:
    """Return the sampler of one trial: no state but the trials before, and a seed of its own."""
    seed = points.seed(name, number, "tpe")
    return optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
