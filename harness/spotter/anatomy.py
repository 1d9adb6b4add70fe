"""Operators, constants and weights of a ``.tflite`` file, read from the file itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from harness.errors import ModelError

_IDENTIFIER: Final = b"TFL3"
_OPERATOR_NAMES: Final = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}
_WEIGHTED: Final = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})
_TENSOR_DTYPES: Final = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.UINT8: np.uint8,
    schema.TensorType.INT16: np.int16,
    schema.TensorType.INT8: np.int8,
}


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """
    What a model consists of, read from the file itself.

    Attributes:
        operators: Names of the operators, in the order of execution.
        parameters: Number of constants that convolutions, dense layers and arithmetic use.
        work: (number of the output tensor, multiply-accumulates of each value in it) of each
            convolution and dense layer.
        zeros: (zeros, elements) of each weight tensor of convolutions and dense layers.

    """

    operators: tuple[str, ...]
    parameters: int
    work: tuple[tuple[int, int], ...]
    zeros: Mapping[str, tuple[int, int]]

    @property
    def sparsity(self) -> float:
        """Share of zeros among all weights, counted in the file."""
        total = sum(elements for _, elements in self.zeros.values())
        return sum(zeros for zeros, _ in self.zeros.values()) / total if total else 0.0

    def macs(self, shapes: Mapping[int, Sequence[int]]) -> int:
        """
        Return the multiply-accumulates of convolutions and dense layers in one inference.

        Args:
            shapes: Shape of each tensor, by its number: those that the runtime works with,
                because those in a file may be stale.

        """
        return sum(math.prod(map(int, shapes[output])) * each for output, each in self.work)


def dissect(data: bytes, name: str) -> Anatomy:
    """Read a model's operators and weights; raises ModelError if it is no ``.tflite`` file."""
    if data[4:8] != _IDENTIFIER:
        size = f"{len(data):,} bytes"
        msg = f"{name} is not a .tflite file ({size} without the identifier TFL3); convert it again"
        raise ModelError(msg)
    try:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        return _anatomy(model)
    except Exception as error:  # whatever a damaged file makes the code above meet
        fault = f"{type(error).__name__}: {error}"
        msg = f"{name} is damaged ({len(data):,} bytes: {fault}); copy or train it again"
        raise ModelError(msg) from error


def _anatomy(model: Any) -> Anatomy:
    graph = model.subgraphs[0]
    constants = {
        i: c for i, t in enumerate(graph.tensors) if (c := _constant(model, t)) is not None
    }
    operators: list[str] = []
    zeros: dict[str, tuple[int, int]] = {}
    work: list[tuple[int, int]] = []
    used = set[int]()
    for operator in graph.operators:
        name = _operator_name(model.operatorCodes[operator.opcodeIndex])
        operators.append(name)
        inputs = [index for index in operator.inputs if index in constants]
        if name == "DEQUANTIZE" and inputs:  # float16 weights
            constants[operator.outputs[0]] = constants[inputs[0]]
        elif name in _WEIGHTED and operator.inputs[1] in constants:
            used.update(inputs)
            weights = constants[operator.inputs[1]]
            zero = _zero_point(graph.tensors[operator.inputs[1]])
            zeros[f"{len(zeros)} {name}"] = int(np.count_nonzero(weights == zero)), weights.size
            work.append((int(operator.outputs[0]), _macs_of_a_value(name, weights)))
        elif name in {"ADD", "MUL", "SUB", "PRELU"}:
            used.update(inputs)
    parameters = sum(constants[index].size for index in used)
    return Anatomy(operators=tuple(operators), parameters=parameters, work=tuple(work), zeros=zeros)


def _operator_name(code: Any) -> str:
    if code.customCode:
        return bytes(code.customCode).decode()
    # Old files hold the code in a one-byte field, new files in that and in a wider one.
    builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
    return str(_OPERATOR_NAMES.get(builtin, f"operator {builtin}"))


def _constant(model: Any, tensor: Any) -> npt.NDArray[Any] | None:
    data = model.buffers[tensor.buffer].data
    dtype = _TENSOR_DTYPES.get(tensor.type)
    if data is None or len(data) == 0 or dtype is None:
        return None
    return np.asarray(data, np.uint8).view(dtype).reshape(tensor.shape)


def _zero_point(tensor: Any) -> int:
    quantization = tensor.quantization
    if quantization is None or quantization.zeroPoint is None or len(quantization.zeroPoint) != 1:
        return 0  # float weights, and symmetric ones per channel
    return int(quantization.zeroPoint[0])


def _macs_of_a_value(name: str, weights: npt.NDArray[Any]) -> int:
    """
    Return the multiply-accumulates of one output value.

    It is a sum over the kernel, and over the input channels unless the convolution is
    depthwise.
    """
    return math.prod(weights.shape[1 : 3 if name == "DEPTHWISE_CONV_2D" else None])
