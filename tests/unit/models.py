"""
Tiny models, candidates and recordings, made on the spot: no test leans on a committed candidate.

A file of the runtime is written with the runtime's own schema, so nothing here
needs a converter.
"""

import itertools
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from harness import LogMel
from harness.audio import CLIP_SAMPLES, Clip
from harness.candidate.registry import Registry
from harness.datasets import Dataset, Source
from harness.errors import NoRecordingsError
from harness.measure import board
from harness.measure.machine import Machine
from harness.measure.run import Run
from harness.measure.speech import Speech
from harness.measure.subject import Conditions
from harness.measure.timing import Profile

Operator = schema.BuiltinOperator
Array = npt.NDArray[Any]

FEATURES = LogMel().shape
"""Shape of what the default front-end gives."""

_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.float16): schema.TensorType.FLOAT16,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.int8): schema.TensorType.INT8,
}


class Graph:
    """A ``.tflite`` file in the making."""

    def __init__(self) -> None:
        self._model = schema.ModelT(
            version=3, operatorCodes=[], buffers=[schema.BufferT()], subgraphs=[]
        )
        self._graph = schema.SubGraphT(tensors=[], operators=[])

    def variable(
        self,
        shape: Sequence[int],
        dtype: npt.DTypeLike = np.float32,
        scale: float = 0,
        zero: int = 0,
    ) -> int:
        """Add a tensor that is computed; returns its index."""
        return self._tensor(shape, np.dtype(dtype), 0, scale, zero)

    def constant(self, values: Array, scale: float = 0, zero: int = 0) -> int:
        """Add a tensor of weights; returns its index."""
        data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(schema.BufferT(data=data))
        return self._tensor(values.shape, values.dtype, len(self._model.buffers) - 1, scale, zero)

    def operator(
        self,
        code: int,
        inputs: Sequence[int],
        output: int,
        options: Any = None,
        custom: str | None = None,
    ) -> int:
        """Add an operator; returns the index of *output*."""
        self._model.operatorCodes.append(
            schema.OperatorCodeT(
                deprecatedBuiltinCode=min(code, 127), builtinCode=code, customCode=custom
            )
        )
        kind = type(options).__name__.removesuffix("T") if options else "NONE"
        self._graph.operators.append(
            schema.OperatorT(
                opcodeIndex=len(self._model.operatorCodes) - 1,
                inputs=list(inputs),
                outputs=[output],
                builtinOptionsType=getattr(schema.BuiltinOptions, kind),
                builtinOptions=options,
            )
        )
        return output

    def file(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the graph as a ``.tflite`` file."""
        self._graph.inputs, self._graph.outputs = list(inputs), list(outputs)
        self._model.subgraphs = [self._graph]
        builder = flatbuffers.Builder()
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _tensor(
        self, shape: Sequence[int], dtype: np.dtype[Any], buffer: int, scale: float, zero: int
    ) -> int:
        quantization = schema.QuantizationParametersT(scale=[scale], zeroPoint=[zero])
        number = len(self._graph.tensors)
        self._graph.tensors.append(
            schema.TensorT(
                shape=list(shape),
                type=_TYPES[dtype],
                buffer=buffer,
                name=f"tensor{number}",
                quantization=quantization if scale else None,
            )
        )
        return number


def build(keras: Any, input_shape: tuple[int, int], labels: tuple[str, ...]) -> Any:
    """Stand in for a network."""
    return keras.Model(input_shape, labels)


def dense_model(
    weights: Array,
    bias: Array,
    features: tuple[int, ...] = FEATURES,
    custom: str | None = None,
) -> bytes:
    """Return FULLY_CONNECTED (or the operator *custom*) and SOFTMAX: features in, scores out."""
    graph = Graph()
    x = graph.variable((1, *features, 1))
    logits = graph.operator(
        Operator.CUSTOM if custom else Operator.FULLY_CONNECTED,
        [x, graph.constant(weights.astype(np.float32)), graph.constant(bias.astype(np.float32))],
        graph.variable((1, len(bias))),
        None if custom else schema.FullyConnectedOptionsT(),
        custom,
    )
    scores = graph.operator(
        Operator.SOFTMAX,
        [logits],
        graph.variable((1, len(bias))),
        schema.SoftmaxOptionsT(beta=1.0),
    )
    return graph.file([x], [scores])


def loudness_model(labels: int = 2, offset: float = 0.0) -> bytes:
    """
    Return a model that hears label 0 in :func:`loud` clips and label 1 in :func:`silent` ones.

    The logit of label 0 is 10 + *offset* + the mean log-mel value, which is -13.8
    for silence and above 0 for loud noise; those of the others are 0 and -20.
    """
    weights = np.zeros((labels, math.prod(FEATURES)))
    weights[0] = 1 / weights.shape[1]
    bias = np.full(labels, -20.0)
    bias[:2] = 10 + offset, 0
    return dense_model(weights, bias)


def misnamed(data: bytes, tensor: int) -> bytes:
    """Return a model of :class:`Graph` with one byte in a tensor's name that is not UTF-8."""
    name = f"tensor{tensor}".encode()
    return data.replace(name, b"\xff" + name[1:], 1)


def nan_model() -> bytes:
    """Return a model whose every score is NaN, as after a training that diverged."""
    return dense_model(np.full((2, math.prod(FEATURES)), np.nan), np.zeros(2))


def loud() -> Clip:
    """Return noise at half of full scale."""
    rng = np.random.default_rng(seed=1)
    return rng.integers(-16_384, 16_384, CLIP_SAMPLES, np.int16)


def silent() -> Clip:
    """Return a second of zeros."""
    return np.zeros(CLIP_SAMPLES, np.int16)


_numbers = itertools.count()


def make_package(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    modules: Mapping[str, str],
    models: Mapping[str, bytes] | None = None,
    name: str | None = None,
) -> Registry:
    """
    Return the registry of a new package of candidates under *folder*.

    It is called *name*, and takes the place of an earlier one of that name; if
    none is given, it is one never used before.
    """
    name = name or f"candidates_{next(_numbers)}"
    for imported in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[imported]
    package = folder / name
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    for name, source in modules.items():
        (package / f"{name}.py").write_text(source)
    for name, data in (models or {}).items():
        (package / "models" / f"{name}.tflite").write_bytes(data)
    monkeypatch.syspath_prepend(folder)
    return Registry(package.name)


def ready(name: str, arguments: str = "") -> str:
    """
    Return the module of a candidate whose model is ``models/<name>.tflite``, made elsewhere.

    It names whatever SHA-256 the file has when the module is imported.
    """
    return (
        "from hashlib import sha256\n"
        "from pathlib import Path\n"
        "from harness import Candidate, ReadyModel\n"
        f"MODEL = Path(__file__).parent / 'models' / '{name}.tflite'\n"
        "SHA256 = sha256(MODEL.read_bytes()).hexdigest() if MODEL.exists() else None\n"
        f"READY = ReadyModel(path='models/{name}.tflite', sha256=SHA256)\n"
        f"CANDIDATE = Candidate(network=READY, {arguments})\n"
    )


class Clips:
    """A data set of given clips: ``{"go/1.wav": clip}``."""

    name = "clips"

    def __init__(self, clips: Mapping[str, Clip]) -> None:
        self._clips = clips

    def words(self, split: str = "test") -> tuple[str, ...]:  # noqa: ARG002
        """Every word there are recordings of."""
        return tuple(sorted({key.partition("/")[0] for key in self._clips}))

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Return the clips of *words*; like every source, not without any."""
        if not set(words) & set(self.words()):
            msg = f"no clips of {' or '.join(words)}"
            raise NoRecordingsError(msg)
        keys = tuple(key for key in sorted(self._clips) if key.partition("/")[0] in words)
        return Dataset(
            name=self.name,
            split=split,
            keys=keys,
            words=tuple(key.partition("/")[0] for key in keys),
            clips=np.stack([self._clips[key] for key in keys]),
            digest="sha256:0",
        )


GO_STOP_CLIPS = {
    "go/1.wav": loud(),
    "go/2.wav": silent(),
    "stop/1.wav": silent(),
    "stop/2.wav": silent(),
}
"""Four clips, of which :func:`loudness_model` gets three right."""

INSTANT = Profile(name="instant", window_s=0, stages_s=0, warmup_s=0, windows=2)
"""As few calls as there may be."""


def make_run(
    registry: Registry,
    machine: Path,
    clips: Mapping[str, Clip],
    *,
    digits: Mapping[str, Source] | None = None,
    certain: bool = False,
) -> Run:
    """Return a run on *clips*, on a board whose files are those under *machine*."""
    here = Machine(machine, core=3)
    conditions = Conditions(profile=INSTANT, machine=here, facts=board.facts(here), certain=certain)
    return Run(registry, Speech(Clips(clips), digits), conditions, registry.names())


def unscaled_sum() -> bytes:
    """Return x + x in int8 without scales, for which LiteRT finds no multiplier and aborts."""
    graph = Graph()
    x, y = graph.variable((1, 4), np.int8), graph.variable((1, 4), np.int8)
    return graph.file([x], [graph.operator(Operator.ADD, [x, x], y, schema.AddOptionsT())])


def weightless() -> bytes:
    """Return a dense layer with weights of index -1, which LiteRT looks up all the same."""
    graph = Graph()
    x = graph.variable((1, *FEATURES, 1))
    bias = graph.constant(np.zeros(2, np.float32))
    options = schema.FullyConnectedOptionsT()
    inputs = [x, -1, bias]
    y = graph.operator(Operator.FULLY_CONNECTED, inputs, graph.variable((1, 2)), options)
    return graph.file([x], [y])
