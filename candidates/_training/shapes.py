"""Shapes that a ``.tflite`` file computes at each call, though they are always the same."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from candidates._training import tables


def fold_shapes(model: Any) -> None:
    """
    Give each reshape its shape as a constant, and leave out what computed it.

    A converter keeps the number of clips open, so the shape is computed from that of the
    input. Here it is always one clip, and XNNPACK runs none of the operators that compute it.
    """
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if tables.operator_code(model, operator) == schema.BuiltinOperator.RESHAPE:
            _fix(model, operator, graph.tensors[operator.outputs[0]].shape)
    _leave_out_unused(graph)


def _fix(model: Any, operator: Any, shape: Any) -> None:
    graph = model.subgraphs[0]
    if len(operator.inputs) < 2:  # noqa: PLR2004  (the shape is among its options)
        return
    tensor = graph.tensors[operator.inputs[1]]
    if tables.constant(model, tensor) is not None:
        return
    data = np.asarray(shape, np.int32)
    model.buffers.append(schema.BufferT(data=data.view(np.uint8)))
    fixed = schema.TensorT(shape=[len(data)], type=schema.TensorType.INT32, name=b"")
    fixed.buffer = len(model.buffers) - 1
    graph.tensors.append(fixed)
    operator.inputs = np.array([operator.inputs[0], len(graph.tensors) - 1], np.int32)


def _leave_out_unused(graph: Any) -> None:
    """Leave out operators of whose outputs nothing is used; they run before those that use them."""
    used, kept = set(map(int, graph.outputs)), []
    for operator in reversed(graph.operators):
        if used & set(map(int, operator.outputs)):
            used |= set(map(int, operator.inputs))
            kept.append(operator)
    graph.operators = kept[::-1]
