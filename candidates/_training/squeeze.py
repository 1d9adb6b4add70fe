"""
Fewer zipped bytes for the same model.

:func:`squeeze` is exact: every output stays the same, bit for bit, and no call takes longer.
:func:`round_scales` changes scores a little.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from candidates._training import layout, tables
from candidates._training.shapes import fold_shapes
from harness.errors import ModelError

BIAS_ERROR: Final = 1 / 8
"""Largest change of a bias by :func:`round_scales`, in steps of the operator's output."""

MANTISSA_BITS: Final = range(1, 25)
"""What float32 can hold, the leading one included."""


def squeeze(data: bytes) -> bytes:
    """
    Leave out of a ``.tflite`` file what LiteRT does not need to run it.

    Shapes that are always the same become constants, so that no call computes them. Names,
    signatures, metadata, the description, shapes of other batch sizes, unused and duplicate
    buffers go; tensors and buffers are put in an order that DEFLATE likes. Scales of biases
    become 1: LiteRT computes with input scale times weight scale, and reads a bias's own
    scale only where the weights have a single one, so there it stays. Weights of -0, which
    pruning leaves half of the zeros to be, become 0 where one layer alone has them.

    Args:
        data: The file. One that holds anything beyond a plain graph (several
            subgraphs, a custom operator, state) is returned as it is.

    Raises:
        ModelError: *data* is no ``.tflite`` file, or damaged.

    """
    model = tables.read(data)
    if tables.obstacle(model):
        return data
    fold_shapes(model)
    _strip(model)
    _set_bias_scales_to_one(tables.layers(model))
    _make_zeros_equal(model)
    layout.merge_operator_codes(model)
    layout.sort_tensors(model)
    layout.sort_buffers(model)
    return tables.write(model)


def round_scales(data: bytes, mantissa_bits: int = 8) -> bytes:
    """
    Round the scales of int8 weights, and int32 biases, to fewer bits.

    Weights keep their integers; biases are converted to the new scales, then rounded to
    a multiple of a power of two, by at most ``BIAS_ERROR``. :func:`squeeze` the result.

    Args:
        data: A ``.tflite`` file; one that :func:`squeeze` would leave alone is
            returned as it is.
        mantissa_bits: Of each scale, the leading one included: with 8, half of the
            bytes of a scale are zero, and it changes by 0.4 % at most.

    Raises:
        ModelError: *data* is no ``.tflite`` file, or damaged, or *mantissa_bits* is
            none that float32 has.

    """
    if mantissa_bits not in MANTISSA_BITS:
        msg = f"mantissa_bits is {mantissa_bits}, but float32 has 1 to 24; 8 is usual"
        raise ModelError(msg)
    model = tables.read(data)
    if tables.obstacle(model):
        return data
    for layer in tables.layers(model):
        scales = layer.weights.quantization.scale
        if layer.integer or layer.float_bias:
            layer.weights.quantization.scale = rounded_mantissas(scales, mantissa_bits)
        if layer.integer:
            _round_bias(model, layer, scales)
    return tables.write(model)


def rounded_mantissas(scales: npt.NDArray[np.float32], bits: int) -> npt.NDArray[np.float32]:
    """Round to the nearest numbers with *bits* binary digits; any shape, float32 in and out."""
    mantissas, exponents = np.frexp(scales)
    rounded = np.ldexp(np.rint(np.ldexp(mantissas, bits)), exponents - bits)
    return np.asarray(rounded, np.float32)


def _round_bias(model: Any, layer: tables.Layer, scales_before: npt.NDArray[np.float32]) -> None:
    scales = layer.weights.quantization.scale.astype(np.float64)
    unit = layer.source.quantization.scale[0] * scales
    values = model.buffers[layer.bias.buffer].data.view(np.int32) * (scales_before / scales)
    # Rounding to multiples of a number errs by at most half of it.
    largest = 2 * BIAS_ERROR * layer.target.quantization.scale[0] / unit
    multiple = 2.0 ** np.floor(np.log2(np.maximum(largest, 1)))
    rounded = (np.rint(values / multiple) * multiple).astype(np.int32)
    _set_values(model, layer.bias, rounded)
    layer.bias.quantization.scale = unit.astype(np.float32)


def _set_values(model: Any, tensor: Any, values: npt.NDArray[Any]) -> None:
    """Give a constant new values, in a buffer of its own: another may hold the same bytes."""
    model.buffers.append(schema.BufferT(data=values.view(np.uint8)))
    tensor.buffer = len(model.buffers) - 1


def _strip(model: Any) -> None:
    model.description = model.signatureDefs = model.metadata = model.metadataBuffer = None
    graph = model.subgraphs[0]
    graph.name, graph.debugMetadataIndex = None, -1
    for operator in graph.operators:
        operator.debugMetadataIndex = -1
    for tensor in graph.tensors:
        tensor.name = b""  # to be there, for those who read names
        tensor.shapeSignature = None
        if tensor.shape is not None and len(tensor.shape):
            tensor.hasRank = False  # a shape says so itself, as in files older than this field
        quantization = tensor.quantization
        if quantization:
            quantization.min = quantization.max = None
            if not tables.has_scales(tensor):
                tensor.quantization = None


def _make_zeros_equal(model: Any) -> None:
    for weights in tables.float_weights(model):
        values = model.buffers[weights.buffer].data.view(np.float32)
        _set_values(model, weights, values + np.float32(0))


def _set_bias_scales_to_one(layers: Iterable[tables.Layer]) -> None:
    shared: dict[int, tables.Shared] = {}
    for layer in layers:
        channels = len(layer.weights.quantization.scale)
        if layer.integer and channels > 1:
            ones = schema.QuantizationParametersT(
                scale=np.ones(channels, np.float32), zeroPoint=np.zeros(channels, np.int64)
            )
            layer.bias.quantization = shared.setdefault(channels, tables.Shared(ones))
