"""Weights of few levels: int8 files of them compress well."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from candidates._training import keras, tf

_CLIPPED: Final = 2.0
"""The greatest level of a channel is this, times its mean weight and the root of its levels.

As learned step sizes begin: Esser et al. 2020, "Learned step size quantization",
arXiv:1902.08153. Never more than the largest weight.
"""


class Levels:
    """
    The kernels of a network, and how to round them to a few levels a channel.

    A level is a whole multiple of the channel's step, on both sides of zero: 15 levels are
    -7 to 7 steps. Gradients pass through the rounding as if it were not there.

    Args:
        model: A Keras model.
        count: Levels, 3 to 255; of an even number one goes unused.

    """

    def __init__(self, model: Any, count: int) -> None:
        self._most = float((count - 1) // 2)
        self._kernels = list(_kernels(model))

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Round the kernels inside the context, and give them back as they were."""
        before = [tf.identity(kernel) for kernel, _ in self._kernels]
        self.settle()
        yield
        for (kernel, _), value in zip(self._kernels, before, strict=True):
            kernel.assign(value)

    def settle(self) -> None:
        """Round the kernels for good."""
        for kernel, axes in self._kernels:
            kernel.assign(self._rounded(kernel, axes))

    def _rounded(self, kernel: Any, axes: list[int]) -> Any:
        size = tf.abs(kernel)
        used = tf.math.count_nonzero(kernel, axes, keepdims=True, dtype=kernel.dtype)
        mean = tf.reduce_sum(size, axes, keepdims=True) / tf.maximum(used, 1)
        largest = tf.reduce_max(size, axes, keepdims=True)
        step = tf.minimum(largest / self._most, _CLIPPED * mean / self._most**0.5)
        steps = tf.round(tf.math.divide_no_nan(kernel, step))
        return step * tf.clip_by_value(steps, -self._most, self._most)


def _kernels(model: Any) -> Iterator[tuple[Any, list[int]]]:
    """Yield each kernel and its axes within a channel, but for that of the last Dense layer."""
    layers = [layer for layer in _layers(model) if layer.weights]
    for layer in layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            yield layer.depthwise_kernel, [0, 1]
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.Conv1D):
            yield layer.kernel, list(range(len(layer.kernel.shape) - 1))
        elif isinstance(layer, keras.layers.Dense) and layer is not layers[-1]:
            yield layer.kernel, [0]


def _layers(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer
