"""
The build side: TensorFlow and Keras live here and nowhere else.

tensorflow-model-optimization needs Keras 2, and must be imported before anything
touches ``tf.keras``; so both are imported here, in this order, once: when the first of
them is asked for, as the processes that make features need none of them.

An operator computes on one thread. Those of networks this small gain nothing from a second,
and a sum that threads share depends on how many there are: a training would end in another
file on a board with more cores.
"""

import importlib
import os
from typing import Any, Final

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

_MODULES: Final = {
    "tfmot": "tensorflow_model_optimization",
    "tf": "tensorflow",
    "keras": "tf_keras",
}

__all__ = ["keras", "tf", "tfmot"]


def __getattr__(name: str) -> Any:
    """Import TensorFlow when ``tf``, ``keras`` or ``tfmot`` is first asked for."""
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    for short, module in _MODULES.items():
        globals()[short] = importlib.import_module(module)
    globals()["tf"].config.threading.set_intra_op_parallelism_threads(1)
    return globals()[name]
