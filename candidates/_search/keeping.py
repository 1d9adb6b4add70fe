"""Models and cards of completed trials, kept in the study's folder until one is promoted."""

import json
from pathlib import Path
from typing import Any, Final

from candidates._search.task import Trained
from harness.candidate.card import FORMAT
from harness.errors import SearchError
from harness.files import write_bytes, write_json

_FOLDER: Final = "trials"


def keep_model(folder: Path, number: int, trained: Trained, seconds: float) -> None:
    """Write model and card of trial *number*, trained for *seconds*, to the study's *folder*."""
    path = _model_path(folder, number)
    write_bytes(path, trained.model)
    write_json(path.with_suffix(".json"), {"format": FORMAT, **trained.card, "training_s": seconds})


def kept_model(folder: Path, number: int) -> tuple[bytes, dict[str, Any]]:
    """Return model and card of trial *number*; raises SearchError if they are not here."""
    path = _model_path(folder, number)
    try:
        return path.read_bytes(), json.loads(path.with_suffix(".json").read_bytes())
    except (OSError, ValueError) as error:
        msg = (
            f"the model of trial {number} is not in {path.parent}; it stays on the machine that "
            f"ran the study: promote it there"
        )
        raise SearchError(msg) from error


def _model_path(folder: Path, number: int) -> Path:
    return folder / _FOLDER / f"{number:04}.tflite"
