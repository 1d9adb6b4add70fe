"""Work that takes no time, which workers run in place of training; and a space for it."""

import os
import platform
import time
from typing import Any, Final

from candidates._networks import TcCnn
from candidates._search.space import Sampler, Space
from candidates._search.task import (
    Draft,
    Reached,
    Task,
    Trained,
    Work,
    require_code,
    require_speech,
)
from candidates._search.variations import Choices, Whole
from harness import Candidate
from harness.candidate.specification import specification_hash
from harness.errors import CandidateError

PAUSE: Final = "SEARCH_STUB_PAUSE_S"
"""Environment variable: how long a training takes, in seconds."""

SPIN: Final = "SEARCH_STUB_SPIN"
"""Environment variable: how often a training, which keeps a core busy, goes round."""

SPEECH: Final = "SEARCH_STUB_SPEECH"
"""Environment variable: what a worker has for speech."""

NO_NUMBER: Final = 2.0
"""Learning rate whose loss is no number."""

EPOCHS: Final = 50


def speech(_base: Candidate) -> str:
    """Return what stands for the digest of speech."""
    return os.environ.get(SPEECH, "speech")


def draft(task: Task) -> Draft:
    """Return a draft whose size follows from the width."""
    require_code(task)
    return Draft(model=b"draft", zipped_bytes=_width(task) * 100)


def train(task: Task, epochs: int, state: bytes | None) -> Reached | Trained:
    """Return values that follow from the candidate and the epochs alone."""
    require_code(task)
    require_speech(task, speech(task.base))
    time.sleep(float(os.environ.get(PAUSE, "0")))
    spin(int(os.environ.get(SPIN, "0")))
    if int(state or b"0") >= epochs:
        raise AssertionError(state)
    recipe = task.candidate.training
    if recipe.learning_rate == NO_NUMBER:
        msg = "the loss of epoch 1 is nan; use a lower learning_rate"
        raise CandidateError(msg)
    score = 1 - 1 / (_width(task) * epochs) - recipe.learning_rate / 100 - recipe.seed / 1_000
    row: dict[str, Any] = {
        "accuracy": {"correct": 204, "total": 206, "low": 0.96, "high": 0.99},
        "validation": {"score": round(score, 6)},
    }
    worker = f"{platform.node()} {os.getpid()}"
    if epochs < recipe.epochs:
        return Reached(row=row, state=str(epochs).encode(), worker=worker, seconds=1.0)
    card = {
        "candidate": task.name,
        "specification": specification_hash(task.candidate),
        "heard": {"mini": {"en": ["up"]}},
    }
    return Trained(row=row, model=b"model", card=card, worker=worker, seconds=1.0)


def measure(task: Task, model: bytes, _heard: frozenset[str]) -> dict[str, Any]:
    """Return a row that names the process which measured it."""
    require_code(task)
    width = _width(task)
    return {
        "accuracy": {"correct": 204, "total": 206, "low": 0.96, "high": 0.99},
        "size": {"raw_bytes": len(model), "zipped_bytes": width * 101},
        "latency_us": {"total": {"p50": float(width)}},
        "windows": [{"p50_us": float(width)}] * 5,
        "board": f"process {os.getpid()}",
        "invalid": [],
        "warnings": [],
    }


def spin(rounds: int) -> None:
    """Keep a core busy."""
    for _ in range(rounds):
        pass


def _width(task: Task) -> int:
    network: Any = task.candidate.network
    return int(network.width)


STUB: Final = Work(speech=speech, draft=draft, train=train, measure=measure)


def space(sampler: Sampler = "grid", **more: Any) -> Space:
    """Return a space in which some candidates are refused, some too large, and some fail."""
    wanted: dict[str, Any] = {
        "base": Candidate(network=TcCnn(width=8)),
        "vary": {
            "network.width": Choices(8, 12, 16, 20, 300),
            "training.learning_rate": Choices(0.01, 0.02, 0.03, NO_NUMBER),
            "frontend.mel_bins": Whole(16, 23),
        },
        "goals": ("size", "validation score"),
        "sampler": sampler,
        "condition": odd_bins,
        "repeats": 1,
    }
    return Space(**{**wanted, **more})


def odd_bins(candidate: Candidate) -> str | None:
    """Refuse a candidate with 23 mel bins."""
    return "23 bins are too many" if candidate.frontend.shape == (39, 23) else None


def load(name: str) -> Space:
    """Return the space whose sampler is *name*, or whose goal is latency."""
    if name == "quick":
        return space("random", goals=("latency", "validation score"))
    return space(name)  # type: ignore[arg-type]
