"""
Dropout whose masks follow from the number of earlier steps, so that a training can be paused.

TensorFlow's random operator keeps its place in the sequence of random numbers to itself, where
nothing can read or set it. It draws from Philox (Salmon et al. 2011, "Parallel random numbers:
as easy as 1, 2, 3"), and here the same numbers are drawn from a place that is worked out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from candidates._training import keras, tf

_RESERVED: Final = 256
"""Places in the sequence that the operator moves on by, for each number it draws."""


@contextmanager
def counted(model: Any, calls: Any) -> Iterator[None]:
    """
    Let the dropout of *model* draw, inside the context, what it draws in its call *calls*.

    Args:
        model: A Keras model.
        calls: Number of earlier calls on a batch of this size, an int64 tensor.

    """
    found = [layer for layer in model.submodules if isinstance(layer, keras.layers.Dropout)]
    before = [layer._random_generator for layer in found]  # noqa: SLF001
    for layer in found:
        layer._random_generator = _Counted(calls)  # noqa: SLF001
    yield
    for layer, generator in zip(found, before, strict=True):
        layer._random_generator = generator  # noqa: SLF001


class _Counted:
    """What a layer of dropout asks for its mask."""

    def __init__(self, calls: Any) -> None:
        self._calls = calls

    def dropout(self, inputs: Any, rate: float, noise_shape: Any = None) -> Any:
        """Return *inputs* with a share *rate* of them dropped, as Keras's own generator does."""
        return tf.nn.experimental.general_dropout(
            inputs, rate=rate, noise_shape=noise_shape, uniform_sampler=self._uniform
        )

    def _uniform(self, shape: Any, dtype: Any) -> Any:
        key, stream = tf.compat.v1.get_seed(None)  # those that the operator would have taken
        drawn = self._calls * _RESERVED * tf.reduce_prod(tf.cast(shape, tf.int64))
        return tf.raw_ops.StatelessRandomUniformV2(
            shape=shape,
            key=tf.constant([key], tf.uint64),
            counter=tf.stack([tf.bitcast(drawn, tf.uint64), tf.constant(stream, tf.uint64)]),
            alg=tf.random.Algorithm.PHILOX.value,
            dtype=dtype,
        )
