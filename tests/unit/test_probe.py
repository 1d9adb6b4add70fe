import math
from pathlib import Path

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from harness import children
from harness.children import Child
from harness.errors import CandidateError, ModelError
from harness.spotter import probe
from harness.spotter.probe import Probed
from tests.unit.models import (
    FEATURES,
    Graph,
    Operator,
    dense_model,
    loud,
    loudness_model,
    make_package,
    nan_model,
    ready,
    silent,
    unscaled_sum,
    weightless,
)

MIB = 1 << 20
CLIPS = np.stack([loud(), silent(), silent()])
CURE = "when loaded and called once; convert it again or remove it$"

FRONTEND = """
import os
import time
from harness import LogMel


class Odd(LogMel):
    def __call__(self, clip):
        if not clip.any():
            {fault}
        return super().__call__(clip)


"""
"""A front-end that does something odd to a silent clip."""

SLOW = """
import time
from harness import LogMel


class Slow(LogMel):
    def __call__(self, clip):
        time.sleep({seconds})
        return super().__call__(clip)


"""


def relu(size: int) -> bytes:
    """Return max(x, 0) of *size* floats."""
    graph = Graph()
    x, y = graph.variable((size,)), graph.variable((size,))
    return graph.file([x], [graph.operator(Operator.RELU, [x], y)])


def endless_loop(*, recursive: bool = False) -> bytes:
    """Return ``while true: pass``, or one whose condition first runs itself, without end."""
    tensors = [
        schema.TensorT(shape=[1], type=schema.TensorType.FLOAT32, name="x"),
        schema.TensorT(shape=[1], type=schema.TensorType.FLOAT32, name="y"),
        schema.TensorT(shape=[1], type=schema.TensorType.BOOL, name="true", buffer=1),
    ]
    options = schema.WhileOptionsT(condSubgraphIndex=1, bodySubgraphIndex=2)
    kind = schema.BuiltinOptions.WhileOptions
    loop = schema.OperatorT(
        inputs=[0], outputs=[1], builtinOptionsType=kind, builtinOptions=options
    )
    graphs = [
        schema.SubGraphT(tensors=tensors, inputs=[0], outputs=[output], operators=operators)
        for output, operators in [(1, [loop]), (2, [loop] if recursive else []), (0, [])]
    ]
    model = schema.ModelT(
        version=3,
        operatorCodes=[schema.OperatorCodeT(deprecatedBuiltinCode=Operator.WHILE)],
        buffers=[schema.BufferT(), schema.BufferT(data=np.array([1], np.uint8))],
        subgraphs=graphs,
    )
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def added_peak_bytes(_child: Child, data: bytes) -> int:
    return probe._added_peak_bytes(data)


def probed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, frontend: str = ""
) -> Probed:
    """Probe a candidate with a model, and with a front-end that does *frontend* if it is silent."""
    own = FRONTEND.format(fault=frontend) if frontend else ""
    module = own + ready("toy", "frontend=Odd()" if own else "")
    registry = make_package(tmp_path, monkeypatch, {"toy": module}, {"toy": data})
    return probe.Probe(registry.package, "toy", data, [CLIPS, CLIPS[:1]]).result()


def test_every_clip_is_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = probed(tmp_path, monkeypatch, loudness_model()).scores

    assert first.argmax(axis=1).tolist() == [0, 1, 1]
    assert second.tolist() == first[:1].tolist()


def test_added_memory_is_that_of_the_tensors_plus_some_for_the_runtime() -> None:
    added = children.run(added_peak_bytes, relu(8 * MIB))

    assert 2 * 32 * MIB <= added < 3 * 32 * MIB  # 8 Mi floats in, as many out


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"RIFF....WAVEfmt ", r"toy\.tflite is not a \.tflite file", id="foreign"),
        pytest.param(loudness_model()[:999], r"toy\.tflite is damaged", id="truncated"),
        pytest.param(
            dense_model(np.ones((2, math.prod(FEATURES))), np.zeros(2), custom="TimeWarp"),
            r"toy\.tflite cannot be run by LiteRT .*TimeWarp",
            id="operator",
        ),
        pytest.param(loudness_model(3), r"toy\.tflite has 3 outputs for the labels", id="labels"),
        pytest.param(nan_model(), "the model returns scores that are not finite", id="nan"),
    ],
)
def test_a_model_that_is_refused_is_refused_in_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, reason: str
) -> None:
    with pytest.raises(ModelError, match=f"^{reason}"):
        probed(tmp_path, monkeypatch, data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(endless_loop(recursive=True), "SIGSEGV", id="recursion"),
        pytest.param(unscaled_sum(), "SIGABRT", id="no scale"),
    ],
)
def test_a_crash_is_an_error_and_the_next_model_is_probed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, reason: str
) -> None:
    with pytest.raises(ModelError, match=rf"^toy\.tflite crashed its process \({reason}\) {CURE}"):
        probed(tmp_path, monkeypatch, data)

    assert len(probed(tmp_path, monkeypatch, loudness_model()).scores) == 2


def test_whatever_a_model_without_weights_does_it_does_in_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # LiteRT reads memory that is not the model's: it dies, or finds no memory, as it happens.
    with pytest.raises(
        ModelError, match=r"^toy(\.tflite)? (crashed|raised|cannot be run|needed|gave)"
    ):
        probed(tmp_path, monkeypatch, weightless())


def test_a_model_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "TIMEOUT_S", 1)

    with pytest.raises(ModelError, match=rf"^toy\.tflite gave no answer within 1 s {CURE}"):
        probed(tmp_path, monkeypatch, endless_loop())


def test_a_model_that_eats_memory_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "MEMORY_BYTES", 256 * MIB)

    with pytest.raises(ModelError, match=rf"^toy\.tflite needed more than 256 MiB {CURE}"):
        probed(tmp_path, monkeypatch, relu(128 * MIB))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("os.abort()", r"crashed its process \(SIGABRT\)"),
        ("os._exit(0)", r"ended its process \(status 0\)"),
    ],
)
def test_a_spotter_that_dies_on_a_later_clip_dies_in_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str
) -> None:
    cure = "when it scored the test clips; convert it again, or fix the front-end's __call__"

    with pytest.raises(ModelError, match=rf"^toy {reason} {cure}$"):
        probed(tmp_path, monkeypatch, loudness_model(), fault)


def test_a_front_end_that_blames_the_recordings_is_an_error_of_the_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = "from harness.errors import AudioError; raise AudioError('too quiet')"

    with pytest.raises(CandidateError, match=r"^toy raised AudioError: too quiet; fix the front"):
        probed(tmp_path, monkeypatch, loudness_model(), fault)


def test_a_spotter_that_would_take_too_long_is_refused_with_the_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "SCORING_S", 1)
    slow = SLOW.format(seconds=0.3) + ready("toy", "frontend=Slow()")
    registry = make_package(tmp_path, monkeypatch, {"toy": slow}, {"toy": loudness_model()})

    # At least 4 times 0.3 s, and more on a busy machine.
    estimate = r"at \d\S* s a call, 4 clips would take [1-9]\S* s, and the limit is 1 s"
    cure = "make it smaller or measure on fewer clips"
    with pytest.raises(ModelError, match=rf"^toy is too slow: {estimate}; {cure}$"):
        probe.Probe(registry.package, "toy", loudness_model(), [CLIPS, CLIPS[:1]]).result()


def test_a_first_call_that_is_slow_alone_does_not_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "SCORING_S", 3)
    slow_at_first = SLOW.format(seconds="2 if SLEPT.append(1) or len(SLEPT) == 2 else 0")
    module = "SLEPT = []\n" + slow_at_first + ready("toy", "frontend=Slow()")
    registry = make_package(tmp_path, monkeypatch, {"toy": module}, {"toy": loudness_model()})

    assert probe.Probe(registry.package, "toy", loudness_model(), [CLIPS]).result().scores


def test_a_front_end_that_raises_on_a_later_clip_is_an_error_of_the_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CandidateError, match=r"^the front-end Odd raised KeyError: 7 for clip 1"):
        probed(tmp_path, monkeypatch, loudness_model(), "raise KeyError(7)")
