"""
A ``.tflite`` file on LiteRT: features -> class scores. The one file that runs LiteRT.

It uses ``Interpreter``, not ``CompiledModel``: its Python binding costs about 7
microseconds less a call, copies in and out included.
"""

import math
from functools import cached_property
from importlib import metadata
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import Features
from harness.spotter.anatomy import dissect

_DELEGATE: Final = "DELEGATE"
_INTEGERS: Final = (np.int8, np.uint8, np.int16)


def runtime_version() -> str:
    """Return the version of LiteRT."""
    return metadata.version("ai-edge-litert")


def call_once(data: bytes) -> None:
    """Load a model and call it on zeros of the shapes and types that it takes."""
    interpreter = _load(data, "model", threads=1)
    for details in interpreter.get_input_details():
        interpreter.set_tensor(details["index"], np.zeros(details["shape"], details["dtype"]))
    interpreter.invoke()


class Model:
    """
    A model, loaded and ready to be called.

    Args:
        data: Contents of the ``.tflite`` file.
        name: What errors call the model.
        features_shape: Shape of the front-end's features, with any number of axes.
        labels: Words that the outputs stand for, in their order.
        threads: Threads that LiteRT runs the model on.

    Raises:
        ModelError: If the file is damaged or no ``.tflite`` file, uses an operator that
            LiteRT lacks, or does not fit *features_shape* or *labels*.

    """

    def __init__(
        self,
        data: bytes,
        name: str,
        *,
        features_shape: tuple[int, ...],
        labels: tuple[str, ...],
        threads: int = 1,
    ) -> None:
        self._data, self._name = data, name
        self.anatomy = dissect(data, name)
        self._interpreter = _load(data, name, threads)
        inputs, outputs, self._operators = _described(self._interpreter, name)
        self._input = _only(inputs, "input", name)
        self._output = _only(outputs, "output", name)
        self._check_shapes(name, features_shape, labels)
        self._quantize = _quantizer(self._input)
        self._dequantize = _dequantizer(self._output)

    def __call__(self, features: Features) -> Scores:
        """Return the scores of one clip: float32 ``features_shape`` in, ``(labels,)`` out."""
        values = self._quantize(features) if self._quantize else features
        self._interpreter.set_tensor(self._input["index"], values.reshape(self._input["shape"]))
        self._interpreter.invoke()
        scores = self._interpreter.get_tensor(self._output["index"]).ravel()
        return self._dequantize(scores) if self._dequantize else scores

    @cached_property
    def macs(self) -> int:
        """
        Number of multiply-accumulates of convolutions and dense layers in one inference.

        It is counted from the shapes that LiteRT works with. Those in the file may be stale, and
        a delegate leaves them as they are, so LiteRT lays the tensors out once without one.
        """
        interpreter = _load(
            self._data, self._name, 1, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        )
        tensors = interpreter.get_tensor_details()
        return self.anatomy.macs({tensor["index"]: tensor["shape"] for tensor in tensors})

    @property
    def delegated_operators(self) -> int:
        """
        Number of operators that XNNPACK runs.

        LiteRT runs on without XNNPACK and only prints a line, so it has to be checked.
        """
        # A delegate is listed as one more operator, with the tensors that go into and come out
        # of the part of the graph that it replaces.
        listed = self._operators
        makers = {int(t): op for op in listed if op["op_name"] != _DELEGATE for t in op["outputs"]}
        taken = set[int]()
        for delegate in (op for op in listed if op["op_name"] == _DELEGATE):
            given = {int(tensor) for tensor in delegate["inputs"]}
            wanted = [int(tensor) for tensor in delegate["outputs"]]
            while wanted:
                maker = makers.get(wanted.pop())
                if maker is not None and maker["index"] not in taken:
                    taken.add(maker["index"])
                    wanted += [int(t) for t in maker["inputs"] if int(t) not in given]
        return len(taken)

    def _check_shapes(
        self, name: str, features_shape: tuple[int, ...], labels: tuple[str, ...]
    ) -> None:
        found = tuple(int(size) for size in self._input["shape"])
        if _squeezed(found) != _squeezed(features_shape):
            msg = (
                f"{name} takes input of shape {found}, but the front-end gives "
                f"{features_shape}; give the candidate the front-end it was trained with"
            )
            raise ModelError(msg)
        outputs = math.prod(int(size) for size in self._output["shape"])
        if outputs != len(labels):
            msg = f"{name} has {outputs} outputs for the labels {labels}; give each output a label"
            raise ModelError(msg)


def _load(
    data: bytes, name: str, threads: int, operators: OpResolverType = OpResolverType.AUTO
) -> Interpreter:
    try:
        interpreter = Interpreter(
            model_content=data, num_threads=threads, experimental_op_resolver_type=operators
        )
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError, MemoryError) as error:
        detail = " ".join(str(error).split()) or "no reason given, perhaps too little memory"
        msg = (
            f"{name} cannot be run by LiteRT {runtime_version()}: {detail}; "
            f"convert it with operators of this runtime only"
        )
        raise ModelError(msg) from error
    return interpreter


def _described(
    interpreter: Interpreter, name: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what LiteRT says of a model's inputs, of its outputs and of its operators."""
    try:
        # No public call lists the operators, and those that a delegate runs.
        operators = interpreter._get_ops_details()  # noqa: SLF001
        return interpreter.get_input_details(), interpreter.get_output_details(), operators
    except Exception as error:  # such as a name that is no text
        fault = f"{type(error).__name__}: {error}"
        msg = f"{name} is damaged (LiteRT cannot describe it: {fault}); copy or train it again"
        raise ModelError(msg) from error


def _only(details: list[dict[str, Any]], what: str, name: str) -> dict[str, Any]:
    if len(details) != 1:
        msg = f"{name} has {len(details)} {what} tensors, expected 1; convert one signature only"
        raise ModelError(msg)
    _check_type(details[0], what, name)
    return details[0]


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


class _Quantizer:
    """Turns floats into integers: rounds to nearest and saturates; a cast would wrap around."""

    def __init__(self, dtype: npt.DTypeLike, scale: float, zero_point: int) -> None:
        self._dtype = np.dtype(dtype)
        self._scale, self._zero_point = np.float32(scale), np.float32(zero_point)
        limits = np.iinfo(self._dtype)
        self._low, self._high = np.float32(limits.min), np.float32(limits.max)

    def __call__(self, values: Features) -> npt.NDArray[Any]:
        levels = values / self._scale
        np.rint(levels, out=levels)
        levels += self._zero_point
        # One pass, and of all ways to clip a small array the quickest.
        levels.clip(self._low, self._high, out=levels)
        return levels.astype(self._dtype)


class _Dequantizer:
    """Turns integers back into floats: looks each up, as two scores are soonest looked up."""

    def __init__(self, dtype: npt.DTypeLike, scale: float, zero_point: int) -> None:
        limits = np.iinfo(np.dtype(dtype))
        levels = np.arange(limits.min, limits.max + 1, dtype=np.float32)
        floats = (levels - np.float32(zero_point)) * np.float32(scale)
        # Level 0 comes first; negative levels are at the end, where negative indices count from.
        self._floats: Scores = np.roll(floats, limits.min)

    def __call__(self, levels: npt.NDArray[Any]) -> Scores:
        scores: Scores = self._floats[levels]
        return scores


def _check_type(details: dict[str, Any], what: str, name: str) -> None:
    dtype, scale = np.dtype(details["dtype"]), details["quantization"][0]
    if dtype == np.float32 or (dtype in _INTEGERS and scale > 0):
        return
    msg = f"{name} has {what}s of type {dtype}, scale {scale:g}; convert it to float32 or int8"
    raise ModelError(msg)


def _quantizer(details: dict[str, Any]) -> _Quantizer | None:
    if details["dtype"] == np.float32:
        return None
    return _Quantizer(details["dtype"], *details["quantization"])


def _dequantizer(details: dict[str, Any]) -> _Dequantizer | None:
    if details["dtype"] == np.float32:
        return None
    return _Dequantizer(details["dtype"], *details["quantization"])
