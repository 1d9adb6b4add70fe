"""The model card: JSON beside a model, saying what it was trained from and what came of it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from harness.candidate.candidate import Candidate, ReadyModel, model_path
from harness.candidate.specification import specification_hash
from harness.errors import ModelError
from harness.files import sha256, write_json

FORMAT: Final = 1
# 1: first version.


@dataclass(frozen=True, kw_only=True)
class Card:
    """
    Where a model comes from.

    Attributes:
        candidate: Its name.
        specification: Specification hash it was trained at.
        model_sha256: Of the ``.tflite`` file.
        labels: What its outputs stand for.
        data: Name and digest of the training and validation clips, and their credit.
        heard: Every word that training contained, by data set and language.
        versions: Of Python and of the packages that made it.
        machine: What it was trained on.
        seed: Of the training.
        training_s: How long it took.
        history: After each epoch: loss, and on the validation split accuracy and detection
            at 2 % false accepts.
        sharpened: Factor that its logits were multiplied by once it was trained.
        calibration: That factor, the clips it was fitted on, and which of them decided.
        validation: Clips, and correct ones, of the converted model.
        sparsity: Zeros measured in it: overall, and for each weight tensor.

    """

    candidate: str
    specification: str
    model_sha256: str
    labels: tuple[str, ...]
    data: dict[str, Any]
    heard: dict[str, dict[str, list[str]]]
    versions: dict[str, str]
    machine: str
    seed: int
    training_s: float
    history: dict[str, list[float]]
    sharpened: float
    calibration: dict[str, Any]
    validation: dict[str, int]
    sparsity: dict[str, Any]

    def write(self, path: Path) -> None:
        """Write the card as JSON."""
        write_json(path, {"format": FORMAT, **asdict(self)})


def read_model(candidate: Candidate, name: str, folder: Path) -> bytes:
    """
    Return the ``.tflite`` file of candidate *name*, if it is the one its card describes.

    A ready model has no card: its candidate names the SHA-256 of the file.

    Raises:
        ModelError: If it was never trained, was trained from another
            specification, or is not the file that was trained or named.

    """
    path = model_path(candidate, name, folder)
    if isinstance(candidate.network, ReadyModel):
        return _read_ready(candidate.network, name, path)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        msg = f"{name} was never trained; {_cure(name)}"
        raise ModelError(msg) from error
    _check_card(candidate, name, path.with_suffix(".json"), data)
    return data


def _read_ready(ready: ReadyModel, name: str, path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        fault = "does not exist" if missing else f"cannot be read ({error.strerror})"
        msg = f"{name}: {path} {fault}; put the model there or mend ReadyModel(path=...)"
        raise ModelError(msg) from error
    if ready.sha256 == (found := sha256(data)):
        return data
    line = f'network=ReadyModel(path={json.dumps(ready.path)}, sha256="{found}")'
    if ready.sha256 is None:
        msg = f"{name}: {ready.path} is recorded without its SHA-256; write {line}"
    else:
        fault = f"{ready.path} does not have the SHA-256 {ready.sha256!r}"
        msg = f"{name}: {fault}; put the right file there or, for this one, write {line}"
    raise ModelError(msg)


def _check_card(candidate: Candidate, name: str, path: Path, data: bytes) -> None:
    try:
        card = json.loads(path.read_bytes())
        if card["format"] != FORMAT:
            msg = f"{name}: {path.name} has format {card['format']}, not {FORMAT}; {_cure(name)}"
            raise ModelError(msg)
        specification, model_sha256 = card["specification"], card["model_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{name}: {path.name} is no readable model card ({error}); {_cure(name)}"
        raise ModelError(msg) from error
    if specification != specification_hash(candidate):
        msg = f"{name} is stale: edited since it was trained; {_cure(name)}"
        raise ModelError(msg)
    if model_sha256 != sha256(data):
        msg = f"{name}: the model is not the file its card describes; {_cure(name)}"
        raise ModelError(msg)


def _cure(name: str) -> str:
    return f"run: tox run -e train -- {name}"
