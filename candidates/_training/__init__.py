"""
The build side: TensorFlow and Keras live here and nowhere else.

tensorflow-model-optimization needs Keras 2, and must be imported before anything
touches ``tf.keras``; so both are imported here, in this order, once.
"""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# isort: off
import tensorflow_model_optimization as tfmot
import tensorflow as tf
import tf_keras as keras
# isort: on

__all__ = ["keras", "tf", "tfmot"]
