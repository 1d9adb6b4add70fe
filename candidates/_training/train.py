"""``tox run -e train -- NAME ...``: train, prune, convert, and write model and card."""

import argparse
import logging
import time
import traceback
import warnings
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from candidates._training.batches import Batches, batches_of
from candidates._training.calibrate import calibrate, require_dense_end
from candidates._training.cards import Made, card_of
from candidates._training.convert import CALIBRATION_CLIPS, convert
from candidates._training.ensembles import fit_all
from candidates._training.features import as_input
from candidates._training.fit import History, build
from candidates._training.heard import Heard, listen
from candidates._training.listening import trigger_for
from candidates._training.parts import Part, parts_of, usable
from candidates._training.pools import Pools
from candidates._training.seeds import train_seeds
from candidates._training.sources import Sources, sources_for
from candidates._training.validation import Validation, validation_for
from harness.candidate.candidate import Candidate, model_path
from harness.candidate.card import Card
from harness.candidate.registry import Registry
from harness.candidate.specification import specification_hash
from harness.datasets import Dataset
from harness.errors import SpotbenchError
from harness.files import write_bytes
from harness.frontends.frontend import Features


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """
    The clips of a training, before any front-end.

    Attributes:
        heard: Training clips of each kind.
        parts: What epochs draw from.

    """

    heard: Heard
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Material:
    """
    What a training consists of, before the first step.

    Attributes:
        heard: Training clips of each kind.
        batches: The features that epochs draw.
        validation: Validation clips as features.

    """

    heard: Heard
    batches: Batches
    validation: Validation


def train(candidate: Candidate, name: str, sources: Sources) -> tuple[bytes, Card]:
    """
    Train *candidate* on the training splits; returns its model and card.

    Args:
        candidate: What to train.
        name: Name of its module.
        sources: Where speech comes from; the recipe says which of it is used.

    """
    started = time.monotonic()
    material = gathered(candidate, name, sources)
    model, history = fit_all(candidate, name, material.batches, material.validation)
    data, card = finished(candidate, name, material, model, history)
    return data, replace(card, training_s=round(time.monotonic() - started, 1))


def gathered(
    candidate: Candidate,
    name: str,
    sources: Sources,
    *,
    spoken: Spoken | None = None,
    kinds: Collection[str] | None = None,
) -> Material:
    """
    Return what *candidate* is trained from; one that could not be trained is refused first.

    Args:
        candidate: What to train.
        name: What to call it.
        sources: Where speech comes from.
        spoken: Its clips, if they are read already.
        kinds: Kinds of outliers to validate on: see :func:`validation_for`.

    """
    specification_hash(candidate)
    if candidate.training.false_accepts is not None:
        require_dense_end(build(candidate))
    spoken = spoken or spoken_for(candidate, name, sources)
    pools = Pools(folder=sources.cache / "pools", frontend=candidate.frontend)
    return Material(
        heard=spoken.heard,
        validation=validation_for(candidate, sources, spoken.heard, pools, kinds),
        batches=batches_of(candidate, spoken.parts, pools),
    )


def spoken_for(
    candidate: Candidate, name: str, sources: Sources, heard: Heard | None = None
) -> Spoken:
    """Return the clips that *candidate* is trained on; *heard* if it is read already."""
    heard = heard or listen(candidate, name, sources)
    return Spoken(heard=heard, parts=parts_of(candidate, heard))


def finished(
    candidate: Candidate, name: str, material: Material, model: Any, history: History
) -> tuple[bytes, Card]:
    """Calibrate and convert a trained Keras model; returns the ``.tflite`` file and its card."""
    heard, validation = material.heard, material.validation
    calibration = calibrate(model, validation, candidate.training.false_accepts)
    data = convert(
        model,
        candidate.quantization,
        _calibration(candidate, heard.task),
        rounded_scales=candidate.rounded_scales,
    )
    made = Made(heard=heard, validation=validation.task, history=history, calibration=calibration)
    return data, card_of(candidate, name, made, data)


def _calibration(candidate: Candidate, task: Dataset) -> Features:
    """Return features of training clips, which fix the ranges of an int8 model."""
    clips = usable(task, candidate.training)
    rng = np.random.default_rng(candidate.training.seed)
    chosen = rng.choice(clips, min(CALIBRATION_CLIPS, len(clips)), replace=False)
    return as_input(candidate.frontend, task.clips[chosen])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is not a number of seeds, 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _made(candidate: Candidate, name: str, seeds: int | None) -> tuple[bytes, Card]:
    """Train *candidate* from its own seed, or from the first *seeds* ones."""
    sources = sources_for(candidate)
    if seeds is None:
        data, card = train(candidate, name, sources)
    else:
        data, card = train_seeds(train, candidate, name, sources, range(seeds))
    card = replace(card, trigger=trigger_for(candidate, name, data, sources))
    for seed, outcome in card.seeds.items():
        print(f"{name}: seed {seed}: {outcome}")
    if card.seed != candidate.training.seed:
        print(f"{name}: validation prefers seed {card.seed}: write Training(seed={card.seed}, ...)")
    return data, card


def main() -> int:
    """Train the candidates named on the command line; returns 1 if one could not be."""
    registry = Registry()
    parser = argparse.ArgumentParser(prog="tox run -e train --", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help="candidates/NAME.py")
    parser.add_argument(
        "--seeds",
        type=_count,
        metavar="N",
        help="train from the seeds 0 to N - 1, keep the one that validation prefers, and list "
        "all of them in its card",
    )
    options = parser.parse_args()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="tensorflow|tf_keras|tensorflow_model_optimization")
    failed = 0
    for name in options.names:
        try:
            candidate = registry.load(name)
            data, card = _made(candidate, name, options.seeds)
            path = model_path(candidate, name, registry.folder)
            write_bytes(path, data)
            card.write(path.with_suffix(".json"))
        except SpotbenchError as error:
            print(f"{name}: not trained: {error}")
            failed = 1
        except Exception:  # noqa: BLE001  (whatever a builder did wrong, the others are trained)
            print(f"{name}: not trained: {traceback.format_exc()}")
            failed = 1
        else:
            right = "{correct} of {total} validation clips".format(**card.validation)
            print(f"{name}: {right}, {len(data):,} bytes, {card.training_s:.0f} s")
            if card.seed == candidate.training.seed:
                print(f"now measure it: tox run -- --candidate {name}")
    return failed
