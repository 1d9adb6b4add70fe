"""The model card: JSON beside a model that records what it was trained from, and the outcome."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.candidate.candidate import Candidate, ReadyModel, model_path
from harness.candidate.specification import specification_hash
from harness.candidate.trigger import Trigger
from harness.errors import ModelError
from harness.files import sha256, write_json

FORMAT: Final = 1
# 1: first version.

MAX_MODEL_BYTES: Final = 64 << 20
"""Size of the largest model that is read, in bytes: a thousand times what a spotter needs."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """
    What a model was trained from, and the outcome of the training.

    Attributes:
        candidate: Name of the candidate.
        specification: Specification hash of the candidate when it was trained.
        model_sha256: SHA-256 of the ``.tflite`` file.
        labels: Words that the model's outputs stand for, in their order.
        data: Name, digest and credit of the training and validation clips.
        heard: Every word that training contained, by data set and language.
        versions: Versions of Python and of the packages that made the model.
        machine: Machine that it was trained on.
        seed: Seed of the training.
        trigger: What training chose of the trigger on continuous audio, and what each choice
            came to on a stream of validation clips; empty if it chose nothing.
        seeds: What other seeds came to on the validation split, if several were trained.
        training_s: Duration of the training, in seconds.
        history: Loss after each epoch, and accuracy and detection at 2 % false accepts on
            the validation split.
        sharpened: Factor that the logits were multiplied by after training.
        calibration: That factor, the clips it was fitted on, and which of them decided.
        validation: Number of validation clips, and of those that the converted model
            has right.
        sparsity: Share of zeros counted in the file: overall, and in each weight tensor.

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
    trigger: dict[str, Any] = field(default_factory=dict)
    seeds: dict[str, dict[str, int]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the card as JSON."""
        write_json(path, {"format": FORMAT, **asdict(self)})


def read_model(candidate: Candidate, name: str, folder: Path) -> bytes:
    """
    Return the ``.tflite`` file of candidate *name*, if it is the one its card describes.

    A ready model has no card: its candidate names the SHA-256 of the file.

    Raises:
        ModelError: If the model was never trained, was trained from another
            specification, is larger than ``MAX_MODEL_BYTES``, or is not the file that the
            card or candidate names.

    """
    path = model_path(candidate, name, folder)
    if isinstance(candidate.network, ReadyModel):
        return _read_ready(candidate.network, name, path)
    try:
        data = read_limited(path)
    except FileNotFoundError as error:
        msg = f"{name} was never trained; {_cure(name)}"
        raise ModelError(msg) from error
    except OSError as error:
        msg = f"{name}: {path.name} cannot be read ({error.strerror}); {_cure(name)}"
        raise ModelError(msg) from error
    _check_card(candidate, name, path.with_suffix(".json"), data)
    return data


def read_limited(path: Path) -> bytes:
    """Return a model's file; raises OSError, or ModelError if it is above ``MAX_MODEL_BYTES``."""
    size = path.stat().st_size
    if size > MAX_MODEL_BYTES:
        msg = (
            f"{path.name} has {size:,} bytes, more than {MAX_MODEL_BYTES:,}; make it smaller "
            "or put the right file there"
        )
        raise ModelError(msg)
    return path.read_bytes()


def heard_words(candidate: Candidate, name: str, folder: Path) -> frozenset[str]:
    """
    Return the English words that the training of candidate *name* contained.

    Its card lists them, those inside phrases, too; none are known of a card that has no list. A
    word of another language is another word, though it may be filed under the same letters.
    """
    if isinstance(candidate.network, ReadyModel):
        return frozenset(candidate.network.heard)
    return english_words(_card(candidate, name, folder).get("heard", {}))


def english_words(heard: Mapping[str, Mapping[str, Iterable[str]]]) -> frozenset[str]:
    """Return the English words of a card's list *heard*, those inside phrases, too."""
    texts = [text for languages in heard.values() for text in languages.get("en", ())]
    return frozenset(word for text in texts for word in (text, *text.split()))


def trigger_of(candidate: Candidate, name: str, folder: Path) -> Trigger:
    """Return the trigger that the module of candidate *name* states, else that of its card."""
    if candidate.trigger is not None or isinstance(candidate.network, ReadyModel):
        return candidate.trigger or Trigger()
    chosen = _card(candidate, name, folder).get("trigger", {}).get("mean_of", Trigger.mean_of)
    return Trigger(mean_of=chosen)


def seeds_of(candidate: Candidate, name: str, folder: Path) -> dict[str, dict[str, int]]:
    """Return what each seed came to that candidate *name* was trained from, if several were."""
    if isinstance(candidate.network, ReadyModel):
        return {}
    return dict(_card(candidate, name, folder).get("seeds", {}))


def _card(candidate: Candidate, name: str, folder: Path) -> dict[str, Any]:
    """Return the card of a candidate whose model was read."""
    path = model_path(candidate, name, folder).with_suffix(".json")
    card: dict[str, Any] = json.loads(path.read_bytes())
    return card


def _read_ready(ready: ReadyModel, name: str, path: Path) -> bytes:
    try:
        data = read_limited(path)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        fault = "does not exist" if missing else f"cannot be read ({error.strerror})"
        msg = f"{name}: {path} {fault}; put the model there or correct ReadyModel(path=...)"
        raise ModelError(msg) from error
    if ready.sha256 == (found := sha256(data)):
        return data
    line = f'network=ReadyModel(path={json.dumps(ready.path)}, sha256="{found}")'
    if ready.sha256 is None:
        msg = f"{name}: {ready.path} is named without its SHA-256; write {line}"
    else:
        fault = f"{ready.path} does not have the SHA-256 {ready.sha256!r}"
        msg = f"{name}: {fault}; put the right file there or, to measure this one, write {line}"
    raise ModelError(msg)


def _check_card(candidate: Candidate, name: str, path: Path, data: bytes) -> None:
    try:
        card = json.loads(path.read_bytes())
        if card["format"] != FORMAT:
            msg = f"{name}: {path.name} has format {card['format']}, not {FORMAT}; {_cure(name)}"
            raise ModelError(msg)
        specification, model_sha256 = card["specification"], card["model_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{name}: {path.name} is not a readable model card ({error}); {_cure(name)}"
        raise ModelError(msg) from error
    if specification != specification_hash(candidate):
        msg = f"{name} is stale: edited since it was trained; {_cure(name)}"
        raise ModelError(msg)
    if model_sha256 != sha256(data):
        msg = f"{name}: the model is not the file its card describes; {_cure(name)}"
        raise ModelError(msg)


def _cure(name: str) -> str:
    return f"run: tox run -e train -- {name}"
