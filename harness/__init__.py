"""The measure side of spotbench: no TensorFlow, no Keras. These are the names candidates use."""

from harness.budget import GO_STOP_BUDGET, Budget
from harness.candidate import Candidate, ReadyModel
from harness.frontend import LogMel
from harness.recipe import Augmentation, Training

__all__ = [
    "GO_STOP_BUDGET",
    "Augmentation",
    "Budget",
    "Candidate",
    "LogMel",
    "ReadyModel",
    "Training",
]
