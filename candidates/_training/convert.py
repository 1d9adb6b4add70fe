"""From a Keras model to the bytes of a ``.tflite`` file."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from candidates._training import tf
from candidates._training.squeeze import round_scales, squeeze
from harness.candidate.candidate import Quantization
from harness.frontends.frontend import Features

CALIBRATION_CLIPS = 200
"""Training clips whose features fix the ranges of an int8 model."""


def convert(
    model: Any, quantization: Quantization, calibration: Features, *, rounded_scales: bool = False
) -> bytes:
    """
    Convert *model*.

    Args:
        model: Keras model, ``(batch, frames, mel bins, 1)`` in.
        quantization: ``float32``, ``dynamic`` (int8 weights, float
            activations) or ``int8`` (inputs and outputs too).
        calibration: Features of training clips, float32 ``(clips, frames, mel bins, 1)``.
        rounded_scales: Whether to round scales and biases, which is nearly exact.

    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantization != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "int8":

        def representative() -> Iterator[list[Features]]:
            for features in calibration:
                yield [features[np.newaxis]]

        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    data: bytes = converter.convert()
    return squeeze(round_scales(data) if rounded_scales else data)
