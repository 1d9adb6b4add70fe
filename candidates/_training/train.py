"""``tox run -e train -- NAME ...``: train, prune, convert, and write model and card."""

import argparse
import logging
import platform
import time
import traceback
import warnings
from importlib import metadata
from typing import Any

import numpy as np

from candidates._training.batches import Batches, Speech, as_input, usable
from candidates._training.convert import CALIBRATION_CLIPS, convert
from candidates._training.fit import build, fit
from candidates._training.sharpen import require_dense_end, sharpen
from harness import datasets
from harness.candidate.candidate import Candidate, model_path
from harness.candidate.card import Card
from harness.candidate.registry import Registry
from harness.candidate.specification import specification_hash
from harness.datasets import Source
from harness.decisions import correct
from harness.errors import SpotbenchError
from harness.files import sha256, write_bytes
from harness.measure import board
from harness.measure.machine import Machine
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter

CREDIT = "Speech Commands, Pete Warden, arXiv:1804.03209, CC BY 4.0"
PACKAGES = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy", "scipy")


def train(candidate: Candidate, name: str, source: Source, synthetic: Source) -> tuple[bytes, Card]:
    """
    Train *candidate* on the training splits; returns its model and card.

    Args:
        candidate: What to train.
        name: Of its module.
        source: Of recordings.
        synthetic: Of synthetic voices, read only if the recipe asks for them, and
            left out if they do not say every word of the task.

    """
    started = time.monotonic()
    if _outliers(candidate, source):
        require_dense_end(build(candidate))
    real = _speech(candidate, source)
    voices = _voices(candidate, name, synthetic)
    model, history = fit(candidate, name, Batches(candidate, real, voices))
    factor = _sharpened(candidate, model, source)
    task = real.task
    clips = usable(task, candidate.training)
    calibration = np.random.default_rng(candidate.training.seed).choice(
        clips, min(CALIBRATION_CLIPS, len(clips)), replace=False
    )
    data = convert(
        model, candidate.quantization, as_input(candidate.frontend, task.clips[calibration])
    )
    loaded = Model(data, name, features_shape=candidate.frontend.shape, labels=candidate.labels)
    validation = source.load(candidate.words, "validation")
    spotter = Spotter(candidate.frontend, loaded, labels=candidate.labels, task=candidate.words)
    scores = spotter.score(validation.clips)
    hits = correct(scores, validation.words, candidate.labels)
    zeros = loaded.anatomy.zeros.items()
    card = Card(
        candidate=name,
        specification=specification_hash(candidate),
        model_sha256=sha256(data),
        labels=candidate.labels,
        data={
            "name": source.name,
            "training": task.digest,
            "other_words": real.others.digest if real.others else None,
            "synthetic": voices.task.digest if voices else None,
            "synthetic_other_words": voices.others.digest if voices and voices.others else None,
            "validation": validation.digest,
            "credit": CREDIT,
        },
        versions={
            "python": platform.python_version(),
            **{package: metadata.version(package) for package in PACKAGES},
        },
        machine=str(board.facts(Machine())["name"]),
        seed=candidate.training.seed,
        training_s=round(time.monotonic() - started, 1),
        history=history,
        sharpened=round(factor, 4),
        validation={"correct": int(hits.sum()), "total": len(hits)},
        sparsity={
            "overall": round(loaded.anatomy.sparsity, 4),
            "layers": {layer: round(count / size, 4) for layer, (count, size) in zeros},
        },
    )
    return data, card


def _outliers(candidate: Candidate, source: Source) -> tuple[str, ...]:
    """Return the words that certainty is fitted to: none if the recipe leaves scores alone."""
    if candidate.training.false_accepts is None:
        return ()
    return tuple(word for word in source.words("validation") if word not in candidate.words)


def _sharpened(candidate: Candidate, model: Any, source: Source) -> float:
    share, outliers = candidate.training.false_accepts, _outliers(candidate, source)
    if share is None or not outliers:
        return 1.0
    clips = source.load(outliers, "validation").clips
    return sharpen(model, as_input(candidate.frontend, clips), share)


def _voices(candidate: Candidate, name: str, synthetic: Source) -> Speech | None:
    """Return the synthetic voices that the recipe asks for, if they say all words of the task."""
    if not candidate.training.synthetic:
        return None
    unsaid = [word for word in candidate.words if word not in synthetic.words("training")]
    if unsaid:
        print(f"{name}: no synthetic voices: {synthetic.name} does not say {', '.join(unsaid)}")
        return None
    return _speech(candidate, synthetic)


def _speech(candidate: Candidate, source: Source) -> Speech:
    others = tuple(word for word in source.words("training") if word not in candidate.words)
    wanted = others and candidate.training.other_words
    return Speech(
        task=source.load(candidate.words, "training"),
        others=source.load(others, "training") if wanted else None,
    )


def main() -> int:
    """Train the candidates named on the command line; returns 1 if one could not be."""
    registry = Registry()
    parser = argparse.ArgumentParser(prog="tox run -e train --", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help="candidates/NAME.py")
    names = parser.parse_args().names
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="tensorflow|tf_keras|tensorflow_model_optimization")
    failed = 0
    for name in names:
        try:
            candidate = registry.load(name)
            data, card = train(candidate, name, *datasets.for_training())
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
            print(f"now measure it: tox run -- --candidate {name}")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
