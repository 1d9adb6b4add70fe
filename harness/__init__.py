"""
The measure side of spotbench: no TensorFlow, no Keras.

These are the names that candidates and programs use. SciPy and LiteRT are
imported when first needed: a candidate can be read without them.
"""

from harness.candidate.budget import GO_STOP_BUDGET, Budget
from harness.candidate.candidate import Candidate, ReadyModel
from harness.candidate.training import Augmentation, Training
from harness.frontends.frontend import Frontend
from harness.frontends.log_mel import LogMel
from harness.frontends.mfcc import Mfcc
from harness.frontends.waveform import Waveform

__all__ = [
    "GO_STOP_BUDGET",
    "Augmentation",
    "Budget",
    "Candidate",
    "Frontend",
    "LogMel",
    "Mfcc",
    "ReadyModel",
    "Training",
    "Waveform",
]
