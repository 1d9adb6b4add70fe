"""The card of a model that was just trained."""

import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Final

from candidates._training.calibrate import Calibration
from candidates._training.fit import History
from candidates._training.heard import Heard
from harness.candidate.candidate import Candidate
from harness.candidate.card import Card
from harness.candidate.specification import specification_hash
from harness.datasets import Dataset
from harness.decisions import correct
from harness.files import sha256
from harness.measure import board
from harness.measure.machine import Machine
from harness.spotter.loading import make_spotter
from harness.spotter.model import Model

CREDITS: Final = {
    "mini_speech_commands": "Speech Commands, Pete Warden, arXiv:1804.03209, CC BY 4.0",
    "speech_commands": "Speech Commands, Pete Warden, arXiv:1804.03209, CC BY 4.0",
    "arabic_speech_commands": (
        "Arabic Speech Commands, Ghandoura, Hjabo and Al Dakkak 2021, CC BY 4.0"
    ),
}
"""Whom to credit for recordings of people, by data set."""

PACKAGES: Final = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy", "scipy")


@dataclass(frozen=True, kw_only=True)
class Made:
    """
    How a model was made.

    Attributes:
        heard: Training clips of each kind.
        validation: Clips of the task's words in the validation split.
        history: Loss, accuracy and detection after each epoch.
        calibration: How its certainty was fitted.

    """

    heard: Heard
    validation: Dataset
    history: History
    calibration: Calibration


def card_of(candidate: Candidate, name: str, made: Made, data: bytes) -> Card:
    """
    Return the card of a model.

    Args:
        candidate: What was trained.
        name: Name of the candidate.
        made: How the model was made.
        data: The converted model.

    """
    spotter = make_spotter(candidate, name, data)
    scores = spotter.score(made.validation.clips)
    hits = correct(scores, made.validation.words, candidate.labels)
    heard = made.heard.words()
    return Card(
        candidate=name,
        specification=specification_hash(candidate),
        model_sha256=sha256(data),
        labels=candidate.labels,
        data={
            "name": made.heard.task.name,
            **made.heard.digests(),
            "validation": made.validation.digest,
            "credit": "; ".join(dict.fromkeys(CREDITS[one] for one in heard if one in CREDITS)),
        },
        heard=heard,
        versions={
            "python": platform.python_version(),
            **{package: metadata.version(package) for package in PACKAGES},
        },
        machine=str(board.facts(Machine())["name"]),
        seed=candidate.training.seed,
        training_s=0.0,
        history=made.history,
        sharpened=round(made.calibration.factor, 4),
        calibration=asdict(made.calibration),
        validation={"correct": int(hits.sum()), "total": len(hits)},
        sparsity=_sparsity(spotter.model),
    )


def _sparsity(loaded: Model) -> dict[str, object]:
    zeros = loaded.anatomy.zeros.items()
    return {
        "overall": round(loaded.anatomy.sparsity, 4),
        "layers": {layer: round(count / size, 4) for layer, (count, size) in zeros},
    }
