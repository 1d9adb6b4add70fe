import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from harness import (
    GO_STOP_BUDGET,
    Budget,
    Candidate,
    Frontend,
    LogMel,
    Mfcc,
    ReadyModel,
    Training,
    Waveform,
)
from harness.candidate.candidate import model_path
from harness.errors import CandidateError
from tests.unit.models import build

EIGHT = ("down", "go", "left", "no", "right", "stop", "up", "yes")
NAME = "1 to 64 printable characters without a slash"
OTHER_BUDGET = Budget(min_accuracy=0.5, max_zipped_bytes=100_000, max_latency_us=50_000)


def test_a_network_is_all_a_candidate_has_to_name() -> None:
    candidate = Candidate(network=build)

    assert candidate.frontend == LogMel()
    assert candidate.training == Training()
    assert (candidate.sparsity, candidate.quantization) == (0, "float32")
    assert candidate.labels == candidate.task == candidate.words == ("go", "stop")
    assert candidate.budget == candidate.limits == GO_STOP_BUDGET
    assert candidate.misses == {}


def test_a_candidate_is_judged_on_its_task_and_keeps_all_its_labels() -> None:
    candidate = Candidate(network=build, labels=EIGHT, task=("go", "stop"))

    assert candidate.words == ("go", "stop")
    assert candidate.labels == EIGHT
    assert candidate.budget == GO_STOP_BUDGET


def test_a_candidate_may_tighten_the_budget() -> None:
    tight = GO_STOP_BUDGET.tighten(max_zipped_bytes=10_000)

    assert Candidate(network=build, budget=tight).limits == tight


def test_another_task_brings_its_own_budget() -> None:
    candidate = Candidate(network=build, labels=("no", "yes"), budget=OTHER_BUDGET)

    assert candidate.limits == OTHER_BUDGET


def test_a_candidate_cannot_be_changed() -> None:
    candidate = Candidate(network=build)

    with pytest.raises(dataclasses.FrozenInstanceError):
        candidate.sparsity = 0.5  # type: ignore[misc]


@pytest.mark.parametrize("sparsity", [0, 0.95, 0.999])
def test_sparsity_is_a_share_below_one(sparsity: float) -> None:
    assert Candidate(network=build, sparsity=sparsity).sparsity == sparsity


@pytest.mark.parametrize(
    ("arguments", "fault", "cure"),
    [
        ({"sparsity": 1.0}, "sparsity=1.0", "a share from 0 to below 1"),
        ({"sparsity": -0.1}, "sparsity=-0.1", "a share from 0 to below 1"),
        ({"sparsity": float("nan")}, "sparsity=nan", "a share from 0 to below 1"),
        ({"quantization": "int4"}, "quantization='int4'", "float32 or dynamic or int8"),
        ({"labels": ("go",)}, "labels=('go',)", "two or more different words"),
        ({"labels": ["go", "stop"]}, "labels=['go', 'stop']", "a tuple of words"),
        ({"labels": "go"}, "labels='go'", "a tuple of words"),
        ({"task": ["go"]}, "task=['go']", "a tuple of words"),
        ({"labels": ("go", 1)}, "labels: 1 is of type int, not text", NAME),
        ({"labels": ("a\n", "b")}, r"labels: 'a\n' has a character that cannot be printed", NAME),
        ({"labels": ("a/b", "c")}, "labels: 'a/b' has a slash", NAME),
        (
            {"misses": ["accuracy"]},
            "misses=['accuracy']",
            "a dictionary, {data set: (metric, ...)}",
        ),
        ({"labels": ("go", "go")}, "labels=('go', 'go')", "two or more different words"),
        ({"task": ("go", "yes")}, "task=('go', 'yes')", "words among labels=('go', 'stop')"),
        ({"training": None}, "training is of type NoneType", "a Training(...)"),
        ({"network": "cnn"}, "network is of type str", "a builder network(keras, input_shape"),
        (
            {"misses": {"espeak": ("speed",)}},
            "misses={'espeak': ('speed',)}",
            "a tuple of accuracy, size, latency",
        ),
        (
            {"misses": {"espeak": "size"}},
            "misses={'espeak': 'size'}",
            "a tuple of accuracy, size, latency",
        ),
        ({"labels": ("no", "yes")}, "no budget for the task no/yes", "budget=Budget(...)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_impossible_candidate_is_refused(
    arguments: dict[str, Any], fault: str, cure: str
) -> None:
    message = f"^impossible candidate: {re.escape(fault)}; use {re.escape(cure)}"

    with pytest.raises(CandidateError, match=message):
        Candidate(**{"network": build, **arguments})


@pytest.mark.parametrize("task", [("go", "stop"), ("stop", "go")], ids="/".join)
def test_a_candidate_cannot_loosen_the_budget_of_go_and_stop(task: tuple[str, ...]) -> None:
    message = r"cannot loosen the budget: min_accuracy=0\.5; use 0\.97 or tighter"

    with pytest.raises(CandidateError, match=message):
        Candidate(network=build, labels=EIGHT, task=task, budget=OTHER_BUDGET)


@pytest.mark.parametrize("frontend", [Mfcc(), Waveform(full_scale=32_768)], ids=repr)
def test_a_candidate_may_have_any_front_end(frontend: Frontend) -> None:
    assert Candidate(network=build, frontend=frontend).frontend == frontend


def test_an_object_that_is_not_a_front_end_is_refused() -> None:
    message = r"^impossible front-end: str has no __call__; use LogMel\(\.\.\.\), Mfcc\("

    with pytest.raises(CandidateError, match=message):
        Candidate(network=build, frontend="mfcc")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [Path("models/x.tflite"), None, b"x.tflite", "", "a\0"], ids=repr)
def test_the_path_of_a_ready_model_is_a_string(path: Any) -> None:
    cure = "a string, relative to the folder of the candidates"
    message = f"impossible ready model: path={path!r}; use {cure}"

    with pytest.raises(CandidateError, match=f"^{re.escape(message)}$"):
        ReadyModel(path=path)


@pytest.mark.parametrize(
    ("value", "cure"),
    [
        ({"sha256": 3}, "a string of hexadecimal digits, or leave it out"),
        ({"heard": ["go"]}, "a tuple of words"),
        ({"heard": ("go", 3)}, "a tuple of words"),
    ],
    ids=repr,
)
def test_the_other_values_of_a_ready_model_are_checked(value: dict[str, Any], cure: str) -> None:
    with pytest.raises(CandidateError, match=f"^impossible ready model: .*; use {cure}$"):
        ReadyModel(path="models/x.tflite", **value)


def test_a_trained_model_lies_in_models_under_the_name_of_its_candidate() -> None:
    path = model_path(Candidate(network=build), "ds_cnn", Path("candidates"))

    assert path == Path("candidates/models/ds_cnn.tflite")


def test_a_ready_model_lies_where_its_candidate_says() -> None:
    candidate = Candidate(network=ReadyModel(path="models/from_afar.tflite"))

    path = model_path(candidate, "elsewhere", Path("candidates"))

    assert path == Path("candidates/models/from_afar.tflite")


def test_a_sparse_network_has_no_few_levels() -> None:
    wanted = "levels=15 with sparsity=0.5; use one of them: few levels hold zeros, too"
    with pytest.raises(CandidateError, match=f"^impossible candidate: {wanted}$"):
        Candidate(network=build, sparsity=0.5, training=Training(levels=15))
