"""What runs on a worker with the resource TRAIN: TensorFlow is imported here, inside functions."""

import logging
import os
import pickle
import platform
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any, Final

from candidates._search.measuring import measure
from candidates._search.task import (
    Draft,
    Reached,
    Task,
    Trained,
    Work,
    require_code,
    require_speech,
)
from harness.candidate.candidate import Candidate
from harness.candidate.specification import specification_hash
from harness.candidate.training import KINDS
from harness.datasets.dataset import content_digest
from harness.spotter.size import zipped_bytes
from harness.statistics import proportion


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep TensorFlow to one thread, and what its C++ prints from the driver's terminal."""
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"  # those of an operator are one in any training
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    stderr, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nothing)


@_quietly()
def speech(base: Candidate) -> str:
    """Return the digest of all speech that *base* is trained and validated on."""
    key = specification_hash(base)
    if key not in _SPEECH:
        from candidates._training.sources import sources_for  # noqa: PLC0415

        people = sources_for(base).people
        digests = {"validation": people.load(base.words, "validation").digest}
        heard = _heard(base).digests().items()
        _SPEECH[key] = content_digest(digests | {kind: digest for kind, digest in heard if digest})
    return _SPEECH[key]


@_quietly()
def draft(task: Task) -> Draft:
    """Return the network of *task* before any training; raises CandidateError."""
    require_code(task)
    from candidates._training.draft import draft as drafted  # noqa: PLC0415

    model = drafted(task.candidate)
    return Draft(model=model, zipped_bytes=zipped_bytes(model))


@_quietly()
def train(task: Task, epochs: int, state: bytes | None) -> Reached | Trained:
    """Train *task* until *epochs* are done in all; raises CandidateError if its loss is none."""
    started = time.monotonic()
    require_code(task)
    require_speech(task, speech(task.base))
    from candidates._training.ensembles import fit_all  # noqa: PLC0415
    from candidates._training.fit import Fit  # noqa: PLC0415
    from candidates._training.listening import trigger_for  # noqa: PLC0415
    from candidates._training.sources import sources_for  # noqa: PLC0415
    from candidates._training.train import finished  # noqa: PLC0415

    candidate, material = task.candidate, _material(task)
    validation = material.validation
    if hasattr(candidate.network, "members"):  # an ensemble is trained in one go
        model, history = fit_all(candidate, task.name, material.batches, validation)
    else:
        kept = pickle.loads(state) if state else None  # noqa: S301  (from our driver)
        training = Fit(candidate, material.batches, validation, kept)
        while training.epochs < epochs:
            training.epoch()
        if epochs < candidate.training.epochs:
            return Reached(
                row=_row(training.measured(validation.shares), len(validation.labels)),
                state=pickle.dumps(training.state),
                worker=platform.node(),
                seconds=time.monotonic() - started,
            )
        model, history = training.settled()
    row = _row(validation.shares(model), len(validation.labels))
    data, card = finished(candidate, task.name, material, model, history)
    seconds = time.monotonic() - started  # of training alone, as the card of any training says
    trigger = trigger_for(candidate, task.name, data, sources_for(candidate))
    return Trained(
        row=row,
        model=data,
        card=asdict(replace(card, trigger=trigger)),
        worker=platform.node(),
        seconds=seconds,
    )


WORK: Final = Work(speech=speech, draft=draft, train=train, measure=measure)
"""The real work."""


def _row(shares: dict[str, float], clips: int) -> dict[str, Any]:
    """Return the row of a training's validation, in the form of a record's."""
    correct, total, low, high = proportion(round(shares.pop("accuracy") * clips), clips)
    score = sum(shares.values()) / len(shares)
    rounded = {name: round(share, 5) for name, share in shares.items()}
    return {
        "accuracy": {"correct": correct, "total": total, "low": low, "high": high},
        "validation": {"score": round(score, 5), **rounded},
    }


_SPEECH: Final[dict[str, str]] = {}
"""Digest of the speech of each base that this process has read."""

_HEARD: Final[dict[tuple[Any, ...], Any]] = {}
"""The training clips read last, by what they are: a gigabyte that most trials share."""

_SPOKEN: Final[dict[tuple[Any, ...], Any]] = {}
"""What the last training drew from, by what that follows from: seconds to put together."""

_AFTER_DRAWING: Final = (
    *("epochs", "batch_size", "learning_rate", "final_learning_rate", "decay", "decay_epochs"),
    *("false_accepts", "label_smoothing", "levels"),
    *("pruning_start", "pruning_end", "initial_sparsity", "seed"),
)
"""The part of a recipe that the clips of a training do not follow from."""


def _heard(candidate: Candidate) -> Any:
    from candidates._training.heard import listen  # noqa: PLC0415
    from candidates._training.sources import sources_for  # noqa: PLC0415

    recipe = candidate.training
    shares = (recipe.other_words, recipe.synthetic, recipe.vocabulary, recipe.foreign)
    key = (candidate.words, *map(bool, shares))
    if key not in _HEARD:
        _HEARD.clear()
        _HEARD[key] = listen(candidate, "trial", sources_for(candidate))
    return _HEARD[key]


def _material(task: Task) -> Any:
    from candidates._training.sources import sources_for  # noqa: PLC0415
    from candidates._training.train import gathered  # noqa: PLC0415

    candidate = task.candidate
    sources, spoken = sources_for(candidate), _spoken(task)
    return gathered(candidate, task.name, sources, kinds=KINDS, spoken=spoken)


def _spoken(task: Task) -> Any:
    from candidates._training.sources import sources_for  # noqa: PLC0415
    from candidates._training.train import spoken_for  # noqa: PLC0415

    candidate = task.candidate
    recipe = vars(candidate.training).items()
    drawn = (value for name, value in recipe if name not in _AFTER_DRAWING)
    key = (candidate.labels, candidate.words, *drawn)
    if key not in _SPOKEN:
        _SPOKEN.clear()
        heard, sources = _heard(candidate), sources_for(candidate)
        _SPOKEN[key] = spoken_for(candidate, task.name, sources, heard)
    return _SPOKEN[key]
