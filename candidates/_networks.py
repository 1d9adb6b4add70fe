"""Networks that several candidates share. Keras comes in as an argument, never as an import."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DsCnn:
    """
    Depthwise-separable CNN: a convolution, then blocks of depthwise 3x3 and 1x1 convolutions.

    Topology: Zhang et al. 2017, "Hello Edge", arXiv:1711.07128.

    Attributes:
        width: Filters of every convolution.
        blocks: Depthwise-separable blocks after the first convolution.
        kernel: Of the first convolution, (frames, mel bins).
        strides: Of the first convolution.
        dropout: Share of pooled features dropped in training.

    """

    width: int
    blocks: int = 4
    kernel: tuple[int, int] = (4, 4)
    strides: tuple[int, int] = (2, 2)
    dropout: float = 0.2

    def __call__(self, keras: Any, input_shape: tuple[int, int], labels: tuple[str, ...]) -> Any:
        """Build the Keras model: (frames, mel bins) in, softmax over *labels* out."""
        layers = keras.layers

        def normalised(x: Any) -> Any:
            return layers.ReLU()(layers.BatchNormalization()(x))

        inputs = keras.Input(shape=(*input_shape, 1))
        x = layers.Conv2D(
            self.width, self.kernel, strides=self.strides, padding="same", use_bias=False
        )(inputs)
        x = normalised(x)
        for _ in range(self.blocks):
            x = normalised(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x))
            x = normalised(layers.Conv2D(self.width, 1, use_bias=False)(x))
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dropout(self.dropout)(x)
        return keras.Model(inputs, layers.Dense(len(labels), activation="softmax")(x))


@dataclass(frozen=True, kw_only=True)
class TcCnn:
    """
    Temporal convolutions: mel bins are channels, so that every kernel moves along time alone.

    Its separable blocks have one row to work on instead of sixteen, so for the
    same width it needs a fraction of the multiplications of :class:`DsCnn`.
    Topology: Choi et al. 2019, "Temporal convolution for real-time keyword
    spotting on mobile devices", arXiv:1904.03814.

    Attributes:
        width: Filters of every convolution.
        blocks: Separable blocks.
        first: Frames that the first convolution sees.
        kernel: Frames that the depthwise convolutions see.
        residual: Whether each block's input is added to its output.
        dropout: Share of pooled features dropped in training.

    """

    width: int
    blocks: int = 4
    first: int = 3
    kernel: int = 9
    residual: bool = True
    dropout: float = 0.2

    def __call__(self, keras: Any, input_shape: tuple[int, int], labels: tuple[str, ...]) -> Any:
        """Build the Keras model: (frames, mel bins) in, softmax over *labels* out."""
        layers = keras.layers
        frames, bins = input_shape

        def convolution(x: Any, kernel: int) -> Any:
            x = layers.Conv2D(self.width, (kernel, 1), use_bias=False)(x)
            return layers.BatchNormalization()(x)

        inputs = keras.Input(shape=(frames, bins, 1))
        x = layers.Reshape((frames, 1, bins))(inputs)
        x = layers.ReLU()(convolution(x, self.first))
        for _ in range(self.blocks):
            y = layers.DepthwiseConv2D((self.kernel, 1), padding="same", use_bias=False)(x)
            y = convolution(layers.BatchNormalization()(y), 1)
            x = layers.ReLU()(layers.Add()([x, y]) if self.residual else y)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dropout(self.dropout)(x)
        return keras.Model(inputs, layers.Dense(len(labels), activation="softmax")(x))


@dataclass(frozen=True, kw_only=True)
class SeedDsCnn:
    """
    The network of the recipe that this project grew from, in its unusual order.

    Depthwise convolutions between 3x3 and 1x1 ones: ten LiteRT operators.

    Attributes:
        width: Filters of every convolution; 48 is the recipe's.

    """

    width: int

    def __call__(self, keras: Any, input_shape: tuple[int, int], labels: tuple[str, ...]) -> Any:
        """Build the Keras model: (frames, mel bins) in, softmax over *labels* out."""
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input(shape=(*input_shape, 1)),
                layers.Conv2D(self.width, 3, strides=2, use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.DepthwiseConv2D(3, padding="same", use_bias=False),
                layers.Conv2D(self.width, 3, strides=2, use_bias=False),
                layers.DepthwiseConv2D(3, padding="same", use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.DepthwiseConv2D(3, padding="same", use_bias=False),
                layers.Conv2D(self.width, 1, use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.DepthwiseConv2D(3, padding="same", use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.GlobalAveragePooling2D(),
                layers.Dense(len(labels)),
                layers.Softmax(),
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """
    Networks of one kind in one model: their features meet in one Dense layer.

    Training teaches each of them on its own, from another seed, and then puts their last
    layers into one, which gives the mean of their logits.

    Attributes:
        member: One of the networks.
        count: Number of networks.

    """

    member: TcCnn | DsCnn
    count: int = 3

    @property
    def members(self) -> tuple[TcCnn | DsCnn, ...]:
        """The networks."""
        return (self.member,) * self.count

    def __call__(self, keras: Any, input_shape: tuple[int, int], labels: tuple[str, ...]) -> Any:
        """Build the Keras model: (frames, mel bins) in, softmax over *labels* out."""
        inputs = keras.Input(shape=(*input_shape, 1))
        features = []
        for i, member in enumerate(self.members):
            model = member(keras, input_shape, labels)
            before_dense = model.layers[-2].output
            features.append(keras.Model(model.input, before_dense, name=f"member_{i}")(inputs))
        x = keras.layers.Concatenate()(features)
        return keras.Model(inputs, keras.layers.Dense(len(labels), activation="softmax")(x))
