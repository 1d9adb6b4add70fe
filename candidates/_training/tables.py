"""Reading and writing the tables of a ``.tflite`` file, in the layout that zips best."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from harness.spotter.anatomy import dissect

ALIGNMENT: Final = 16
"""Bytes. The schema asks for it (``force_align``); the generated writer does not see to it."""

_IDENTIFIER: Final = b"TFL3"
_KNOWN_METADATA: Final = frozenset({b"min_runtime_version", b"CONVERSION_METADATA"})
_PLAIN_TYPES: Final = frozenset(
    getattr(schema.TensorType, name)
    for name in ("FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "BOOL", "INT16", "INT8")
)
_WEIGHTED: Final = frozenset(
    {
        schema.BuiltinOperator.CONV_2D,
        schema.BuiltinOperator.DEPTHWISE_CONV_2D,
        schema.BuiltinOperator.FULLY_CONNECTED,
    }
)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """
    A convolution or dense layer with int8 weights that no other operator uses.

    Attributes:
        source: Tensor that the layer reads.
        weights: Its constant int8 tensor, with a scale or one scale a channel.
        bias: Its constant tensor of biases, None if it has none.
        target: Tensor that the layer writes.

    """

    source: Any
    weights: Any
    bias: Any
    target: Any

    @property
    def integer(self) -> bool:
        """Whether it computes on int8 with int32 biases."""
        int8, int32 = schema.TensorType.INT8, schema.TensorType.INT32
        tensors, types = (self.source, self.target, self.bias), (int8, int8, int32)
        return self.bias is not None and all(
            tensor.type == kind and has_scales(tensor)
            for tensor, kind in zip(tensors, types, strict=True)
        )

    @property
    def float_bias(self) -> bool:
        """Whether it computes with float32 biases, or none, so that no bias has a scale."""
        return self.bias is None or self.bias.type == schema.TensorType.FLOAT32


class Shared:
    """A table that is written once, however many others hold it."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._written: int | None = None

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802  (the schema's own name)
        """Return where the table stands in the file, written now or earlier."""
        if self._written is None:
            self._written = int(self._table.Pack(builder))
        return self._written


def read(data: bytes) -> Any:
    """Return the tables of a ``.tflite`` file; raises ModelError if it is none, or damaged."""
    dissect(data, "the model")
    return schema.ModelT.InitFromPackedBuf(data, 0)


def write(model: Any) -> bytes:
    """Return the ``.tflite`` file of *model*."""
    builder = _Builder()
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def obstacle(model: Any) -> str | None:
    """Return what in *model* may not be rewritten, None if everything may."""
    if len(model.subgraphs) != 1:
        return f"{len(model.subgraphs)} subgraphs"
    graph = model.subgraphs[0]
    found = {
        "a custom operator": any(code.customCode for code in model.operatorCodes),
        "external buffers": model.externalBuffers or model.externalBufferGroups,
        "buffers outside the tables": any(buffer.offset > 1 for buffer in model.buffers),
        "unknown metadata": {m.name for m in model.metadata or ()} - _KNOWN_METADATA,
        "an operator with state or options unknown": any(map(_unusual, graph.operators)),
        "a tensor with state or of an unusual kind": any(map(_special, graph.tensors)),
    }
    return next((name for name, present in found.items() if present), None)


def operator_code(model: Any, operator: Any) -> int:
    """Return which built-in operator *operator* is; old files hold it in another field."""
    code = model.operatorCodes[operator.opcodeIndex]
    return max(int(code.builtinCode), int(code.deprecatedBuiltinCode))


def constant(model: Any, tensor: Any) -> npt.NDArray[np.uint8] | None:
    """Return the bytes of a constant, None for a tensor that is computed."""
    data: npt.NDArray[np.uint8] | None = model.buffers[tensor.buffer].data
    return data


def has_scales(tensor: Any) -> bool:
    """Return whether *tensor* stands for real numbers by a scale, or one scale a channel."""
    quantization = tensor.quantization
    return bool(quantization and quantization.scale is not None and len(quantization.scale))


def layers(model: Any) -> Iterator[Layer]:
    """Yield the layers of *model*, in the order of execution."""
    for source, weights, bias, target in _with_constants(model):
        if weights.type == schema.TensorType.INT8 and has_scales(weights):
            yield Layer(source=source, weights=weights, bias=bias, target=target)


def float_weights(model: Any) -> Iterator[Any]:
    """Yield the constant float32 weights of layers that no other operator uses."""
    tensors, own = model.subgraphs[0].tensors, _own_constants(model)
    for operator in _weighted(model):
        for index in own.intersection(operator.inputs[1:2]):
            if tensors[index].type == schema.TensorType.FLOAT32:
                yield tensors[index]


def _with_constants(model: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield source, weights, bias and target of layers whose constants no other operator uses."""
    tensors, own = model.subgraphs[0].tensors, _own_constants(model)
    for operator in _weighted(model):
        source, *constants = (int(index) for index in operator.inputs if index >= 0)
        if constants and own.issuperset(constants):
            bias = tensors[constants[1]] if len(constants) > 1 else None
            yield tensors[source], tensors[constants[0]], bias, tensors[operator.outputs[0]]


def _weighted(model: Any) -> Iterator[Any]:
    """Yield the operators that have weights, in the order of execution."""
    for operator in model.subgraphs[0].operators:
        if operator_code(model, operator) in _WEIGHTED:
            yield operator


def _own_constants(model: Any) -> set[int]:
    """Return the constant tensors that are read once, by one operator: their indices."""
    graph = model.subgraphs[0]
    uses = Counter(int(i) for operator in graph.operators for i in operator.inputs if i >= 0)
    return {
        i for i, used in uses.items() if used == 1 and constant(model, graph.tensors[i]) is not None
    }


def _unusual(operator: Any) -> bool:
    inside = operator.customOptions, operator.intermediates, operator.mutatingVariableInputs
    return any(part is not None and len(part) for part in inside) or bool(
        operator.builtinOptions2Type or operator.largeCustomOptionsOffset
    )


def _special(tensor: Any) -> bool:
    quantization = tensor.quantization
    return (
        tensor.isVariable
        or tensor.type not in _PLAIN_TYPES
        or bool(tensor.sparsity or tensor.variantTensors or tensor.externalBuffer)
        or bool(quantization and quantization.details)
    )


class _Builder(flatbuffers.Builder):  # type: ignore[misc]  # flatbuffers has no types
    """
    Writes each table with a description of its own.

    FlatBuffers lets tables of one kind share a description (vtable), at a
    distance that differs from table to table. With a copy before each table,
    all distances are equal, and DEFLATE takes table and copy for one repetition:
    2 to 4 % fewer zipped bytes.
    """

    def WriteVtable(self) -> int:  # noqa: N802  (the builder's own name)
        """Write the table that was just filled, and its description before it."""
        self.vtables.clear()
        position: int = super().WriteVtable()
        return position

    def CreateNumpyVector(self, x: npt.NDArray[Any]) -> int:  # noqa: N802  (the builder's own name)
        """Write an array; bytes are the constants of the model, and start aligned."""
        if x.dtype == np.uint8:
            self.Prep(ALIGNMENT, x.size)
        position: int = super().CreateNumpyVector(x)
        return position
