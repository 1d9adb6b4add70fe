"""The order of what a ``.tflite`` file holds: repetitions side by side, as DEFLATE likes them."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from candidates._training import tables

_LARGEST_IN_A_BYTE: Final = 126
"""The byte-wide field says 127 for every later operator."""


def merge_operator_codes(model: Any) -> None:
    """List each kind of operator once, in the order of first use, and its number in one field."""
    merged: dict[tuple[int, int], Any] = {}
    for operator in model.subgraphs[0].operators:
        code = model.operatorCodes[operator.opcodeIndex]
        number = tables.operator_code(model, operator)
        if number <= _LARGEST_IN_A_BYTE:  # LiteRT reads the greater of the two fields
            code.deprecatedBuiltinCode, code.builtinCode = number, 0
        merged.setdefault((number, code.version), code)
        operator.opcodeIndex = list(merged).index((number, code.version))
    model.operatorCodes = list(merged.values())


def sort_tensors(model: Any) -> None:
    """Order tensors by role (computed, weights, biases), then by first use; leave out unused."""
    graph = model.subgraphs[0]
    places: dict[int, int] = {}
    for operator in graph.operators:
        for place, index in enumerate(operator.inputs):
            if index >= 0:  # -1 stands for an input that is left out
                fixed = tables.constant(model, graph.tensors[index]) is not None
                places.setdefault(int(index), place if fixed else 0)
        for index in operator.outputs:
            places.setdefault(int(index), 0)
    for index in (*graph.inputs, *graph.outputs):
        places.setdefault(int(index), 0)
    order = sorted(places, key=lambda index: places[index])
    numbers = {-1: -1} | {old: new for new, old in enumerate(order)}
    graph.tensors = [graph.tensors[index] for index in order]
    for holder in (graph, *graph.operators):
        holder.inputs = _renumbered(holder.inputs, numbers)
        holder.outputs = _renumbered(holder.outputs, numbers)


def sort_buffers(model: Any) -> None:
    """Order constants by size, then by first use; leave out unused and equal ones."""
    buffers: dict[bytes, Any] = {}
    for tensor in model.subgraphs[0].tensors:
        data = tables.constant(model, tensor)
        if data is not None:
            buffers.setdefault(data.tobytes(), model.buffers[tensor.buffer])
    order = sorted(buffers, key=len)
    for tensor in model.subgraphs[0].tensors:
        data = tables.constant(model, tensor)
        tensor.buffer = 0 if data is None else order.index(data.tobytes()) + 1
    # The first buffer is that of computed tensors: empty, by the rules of the format.
    model.buffers = [schema.BufferT(), *(buffers[data] for data in order)]


def _renumbered(indices: Any, numbers: dict[int, int]) -> npt.NDArray[np.int32]:
    return np.array([numbers[int(index)] for index in indices], np.int32)
