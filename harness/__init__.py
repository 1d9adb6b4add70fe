"""The measure side of spotbench: no TensorFlow, no Keras. These are the names candidates use."""

from harness.candidate.budget import GO_STOP_BUDGET, Budget
from harness.candidate.candidate import Candidate, ReadyModel
from harness.candidate.training import Augmentation, FalseAccepts, Training
from harness.frontends.log_mel import LogMel

__all__ = [
    "GO_STOP_BUDGET",
    "Augmentation",
    "Budget",
    "Candidate",
    "FalseAccepts",
    "LogMel",
    "ReadyModel",
    "Training",
]
