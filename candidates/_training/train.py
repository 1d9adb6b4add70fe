"""``tox run -e train -- NAME ...``: train, prune, convert, and write model and card."""

import argparse
import logging
import platform
import time
import traceback
import warnings
from importlib import metadata

import numpy as np

from candidates._training.batches import Batches, as_input, distinct
from candidates._training.convert import CALIBRATION_CLIPS, convert
from candidates._training.fit import fit
from harness import board, datasets
from harness.candidate import Candidate, model_path
from harness.card import Card
from harness.datasets import Dataset, Source
from harness.datasets.dataset import sha256
from harness.errors import SpotbenchError
from harness.files import write_bytes
from harness.metrics import correct
from harness.model import Model
from harness.registry import Registry
from harness.specification import specification_hash
from harness.spotter import Spotter

CREDIT = "Speech Commands, Pete Warden, arXiv:1804.03209, CC BY 4.0"
PACKAGES = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy", "scipy")


def train(candidate: Candidate, name: str, source: Source) -> tuple[bytes, Card]:
    """Train *candidate* on the training split of *source*; returns its model and card."""
    started = time.monotonic()
    task = source.load(candidate.words, "training")
    others = _other_words(candidate, source)
    model, history = fit(candidate, name, Batches(candidate, task, others))
    clips = distinct(task)
    calibration = np.random.default_rng(candidate.training.seed).choice(
        clips, min(CALIBRATION_CLIPS, len(clips)), replace=False
    )
    data = convert(
        model, candidate.quantization, as_input(candidate.frontend, task.clips[calibration])
    )
    loaded = Model(data, name, features_shape=candidate.frontend.shape, labels=candidate.labels)
    validation = source.load(candidate.words, "validation")
    scores = Spotter(candidate.frontend, loaded).score(validation.clips)
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
            "other_words": others.digest if others is not None else None,
            "validation": validation.digest,
            "credit": CREDIT,
        },
        versions={
            "python": platform.python_version(),
            **{package: metadata.version(package) for package in PACKAGES},
        },
        machine=str(board.facts(board.Machine())["name"]),
        seed=candidate.training.seed,
        training_s=round(time.monotonic() - started, 1),
        history=history,
        validation={"correct": int(hits.sum()), "total": len(hits)},
        sparsity={
            "overall": round(loaded.anatomy.sparsity, 4),
            "layers": {layer: round(count / size, 4) for layer, (count, size) in zeros},
        },
    )
    return data, card


def _other_words(candidate: Candidate, source: Source) -> Dataset | None:
    if not candidate.training.other_words:
        return None
    others = tuple(word for word in source.words("training") if word not in candidate.words)
    return source.load(others, "training")


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
            data, card = train(candidate, name, datasets.find(datasets.DEFAULT))
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
