import signal
from pathlib import Path

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from harness.errors import ModelError
from harness.spotter import probe
from harness.spotter.probe import try_out
from tests.unit.models import Graph, Operator, dense_model, loudness_model, unscaled_sum

MIB = 1 << 20
CURE = "when loaded and called once; convert it again or remove it$"


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


def children(pid: int) -> list[int]:
    """Return the processes *pid* has not waited for, zombies among them."""
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_memory_is_that_of_the_tensors_and_a_little_for_the_runtime() -> None:
    added = try_out(relu(8 * MIB), "relu.tflite").added_peak_bytes

    assert 2 * 32 * MIB <= added < 3 * 32 * MIB  # 8 Mi floats in, as many out


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"RIFF....WAVEfmt ", id="foreign"),
        pytest.param(loudness_model()[:999], id="truncated"),
        pytest.param(dense_model(np.ones((2, 3)), np.zeros(2), (3, 1), "TimeWarp"), id="operator"),
    ],
)
def test_what_is_merely_refused_passes(data: bytes) -> None:
    try_out(data, "refused.tflite")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(endless_loop(recursive=True), "SIGSEGV", id="recursion"),
        pytest.param(unscaled_sum(), "SIGABRT", id="no scale"),
    ],
)
def test_a_crash_is_an_error_and_the_same_helper_tries_the_next(data: bytes, reason: str) -> None:
    _, helper = probe._helper()

    with pytest.raises(ModelError, match=rf"^boom\.tflite killed its.*\({reason}\) {CURE}"):
        try_out(data, "boom.tflite")
    try_out(loudness_model(), "next.tflite")

    assert probe._helper()[1] is helper
    assert children(helper.pid) == []


def test_a_model_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "TIMEOUT_S", 0.2)

    with pytest.raises(ModelError, match=rf"^slow\.tflite gave no answer within 0\.2 s {CURE}"):
        try_out(endless_loop(), "slow.tflite")

    assert children(probe._helper()[1].pid) == []


def test_a_model_that_eats_memory_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MEMORY_BYTES", 256 * MIB)

    with pytest.raises(ModelError, match=rf"^big\.tflite needed more than 256 MiB {CURE}"):
        try_out(relu(128 * MIB), "big.tflite")


def test_the_helper_runs_one_thread_as_a_fork_must() -> None:
    try_out(loudness_model(), "good.tflite")

    threads = Path(f"/proc/{probe._helper()[1].pid}/task").iterdir()
    assert len(list(threads)) == 1


def test_a_helper_that_is_killed_fails_one_model_only() -> None:
    _, helper = probe._helper()
    helper.send_signal(signal.SIGKILL)

    message = "^good.tflite was not tried out: the helper process was killed; free memory, run"
    with pytest.raises(ModelError, match=message):
        try_out(loudness_model(), "good.tflite")

    assert helper.returncode == -signal.SIGKILL
    try_out(loudness_model(), "good.tflite")
