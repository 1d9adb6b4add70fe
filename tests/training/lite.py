"""Runs a ``.tflite`` file on LiteRT, with XNNPACK or without, and looks at every operator."""

from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.schema_py_generated import BuiltinOperator as Builtin

from candidates._training import tables

Features = npt.NDArray[np.float32]
Outputs = list[npt.NDArray[Any]]

_SHAPES = {Builtin.SHAPE, Builtin.STRIDED_SLICE, Builtin.PACK}
"""Operators that compute a shape, which is a constant in a squeezed model."""


def showing_all(data: bytes) -> bytes:
    """Return the model with what every operator computes as an output, but for shapes."""
    model = tables.read(data)
    graph = model.subgraphs[0]
    shown = [one for one in graph.operators if tables.operator_code(model, one) not in _SHAPES]
    graph.outputs = np.concatenate([operator.outputs for operator in shown])
    return tables.write(model)


def run(data: bytes, features: Features, *, xnnpack: bool) -> Outputs:
    """Return each output of *data*, as LiteRT gives it, for features (clips, frames, mel bins)."""
    resolver = OpResolverType.AUTO if xnnpack else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    (entry,) = interpreter.get_input_details()
    ends = [details["index"] for details in interpreter.get_output_details()]
    found: Outputs = []
    for clip in features:
        interpreter.set_tensor(entry["index"], as_type(clip, entry).reshape(entry["shape"]))
        interpreter.invoke()
        found += [interpreter.get_tensor(end) for end in ends]
    return found


def as_type(features: Features, details: dict[str, Any]) -> npt.NDArray[Any]:
    if details["dtype"] == np.float32:
        return features
    scale, zero = details["quantization"]
    integers: npt.NDArray[Any] = np.clip(np.rint(features / scale + zero), -128, 127)
    return integers.astype(details["dtype"])


def assert_equal(found: Outputs, expected: Outputs) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
