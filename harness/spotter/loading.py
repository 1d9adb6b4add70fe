"""From the name of a candidate to its spotter."""

from harness.candidate.candidate import Candidate
from harness.candidate.card import read_model
from harness.candidate.registry import Registry
from harness.frontends.frontend import require_working
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter


def load_spotter(name: str, package: str = "candidates") -> Spotter:
    """
    Return the spotter of candidate *name*, ready to be called.

    Args:
        name: Name of its module.
        package: Package of the candidates.

    Raises:
        CandidateError: If there is no such candidate, or its module or
            front-end is broken; the text lists the known names.
        ModelError: If its model is missing, stale, damaged or does not fit.

    """
    registry = Registry(package)
    candidate = registry.load(name)
    require_working(candidate.frontend)
    return make_spotter(candidate, name, read_model(candidate, name, registry.folder))


def make_spotter(candidate: Candidate, name: str, data: bytes) -> Spotter:
    """
    Return the spotter of *candidate* with the ``.tflite`` file *data*; *name* is for errors.

    Raises:
        ModelError: If the file is damaged or does not fit the candidate.

    """
    shape, labels = candidate.frontend.shape, candidate.labels
    model = Model(data, f"{name}.tflite", features_shape=shape, labels=labels)
    return Spotter(candidate.frontend, model, labels=labels, task=candidate.words)
