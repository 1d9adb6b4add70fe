"""
The measure side of spotbench, which needs neither TensorFlow nor Keras.

These are the names that candidates and programs use. SciPy and LiteRT are imported
when first needed, so a candidate can be read without them.
"""

from typing import TYPE_CHECKING, Any

from harness.candidate.budget import GO_STOP_BUDGET, Budget
from harness.candidate.candidate import Candidate, ReadyModel
from harness.candidate.training import Augmentation, FalseAccepts, Training
from harness.candidate.trigger import Trigger
from harness.frontends.frontend import Frontend
from harness.frontends.log_mel import LogMel
from harness.frontends.mfcc import Mfcc
from harness.frontends.waveform import Waveform

if TYPE_CHECKING:
    from harness.spotter.loading import load_spotter

__all__ = [
    "GO_STOP_BUDGET",
    "Augmentation",
    "Budget",
    "Candidate",
    "FalseAccepts",
    "Frontend",
    "LogMel",
    "Mfcc",
    "ReadyModel",
    "Training",
    "Trigger",
    "Waveform",
    "load_spotter",
]


def __getattr__(name: str) -> Any:
    """Import ``load_spotter``, and LiteRT with it, on first use."""
    if name != "load_spotter":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from harness.spotter.loading import load_spotter  # noqa: PLC0415

    return load_spotter
