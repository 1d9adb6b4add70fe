import dataclasses
import json
import os
import re
from pathlib import Path

import pytest

from harness import Candidate, ReadyModel, Training
from harness.candidate.candidate import model_path
from harness.candidate.card import (
    MAX_MODEL_BYTES,
    Card,
    heard_words,
    read_limited,
    read_model,
    seeds_of,
)
from harness.candidate.specification import specification_hash
from harness.errors import ModelError
from harness.files import sha256
from tests.unit.models import build

MODEL = b"the model"
TRAIN = re.escape("run: tox run -e train -- tiny") + "$"


CANDIDATE = Candidate(network=build)
CARD = Card(
    candidate="tiny",
    specification=specification_hash(CANDIDATE),
    model_sha256=sha256(MODEL),
    labels=CANDIDATE.labels,
    data={"name": "mini_speech_commands"},
    heard={"mini_speech_commands": {"en": ["go", "stop"]}},
    versions={"python": "3.11.7"},
    machine="raspberry-pi-4",
    seed=0,
    training_s=1.5,
    history={"loss": [0.5, 0.25]},
    sharpened=1.0,
    calibration={"factor": 1.0, "decided_by": None, "fitted": {}},
    validation={"correct": 9, "total": 10},
    sparsity={"overall": 0.0},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of candidates with a model and its card."""
    CARD.write(tmp_path / "models" / "tiny.json")
    (tmp_path / "models" / "tiny.tflite").write_bytes(MODEL)
    return tmp_path


def test_a_model_is_read_if_it_is_the_one_its_card_describes(folder: Path) -> None:
    assert read_model(CANDIDATE, "tiny", folder) == MODEL


def test_a_card_holds_its_format_and_everything_else(folder: Path) -> None:
    card = json.loads((folder / "models" / "tiny.json").read_text())

    assert card == {"format": 1, **dataclasses.asdict(CARD), "labels": ["go", "stop"]}


def test_a_model_that_was_never_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"^tiny was never trained; {TRAIN}"):
        read_model(CANDIDATE, "tiny", tmp_path)


def test_a_model_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / "models" / "tiny.tflite").unlink()
    (folder / "models" / "tiny.tflite").mkdir()

    fault = r"^tiny: tiny\.tflite cannot be read \(Is a directory\); run: tox run -e train -- tiny$"
    with pytest.raises(ModelError, match=fault):
        read_model(CANDIDATE, "tiny", folder)


def test_a_candidate_edited_since_its_training_is_stale(folder: Path) -> None:
    edited = dataclasses.replace(CANDIDATE, training=Training(epochs=1))

    with pytest.raises(ModelError, match=f"^tiny is stale: edited since it was trained; {TRAIN}"):
        read_model(edited, "tiny", folder)


def test_a_tampered_model_is_refused(folder: Path) -> None:
    (folder / "models" / "tiny.tflite").write_bytes(MODEL + b"!")

    message = f"^tiny: the model is not the file its card describes; {TRAIN}"
    with pytest.raises(ModelError, match=message):
        read_model(CANDIDATE, "tiny", folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 1}', "\0"], ids=["empty", *"abcde"]
)
def test_an_unreadable_card_is_refused(folder: Path, text: str) -> None:
    (folder / "models" / "tiny.json").write_text(text)

    message = rf"^tiny: tiny\.json is not a readable model card \(.+\); {TRAIN}"
    with pytest.raises(ModelError, match=message):
        read_model(CANDIDATE, "tiny", folder)


def test_a_card_that_is_missing_is_refused(folder: Path) -> None:
    (folder / "models" / "tiny.json").unlink()

    message = rf"^tiny: tiny\.json is not a readable model card \(.*No such file.*\); {TRAIN}"
    with pytest.raises(ModelError, match=message):
        read_model(CANDIDATE, "tiny", folder)


def test_a_card_of_another_format_is_refused_by_its_name(folder: Path) -> None:
    (folder / "models" / "tiny.json").write_text('{"format": 2, "spec": "renamed since"}')

    message = rf"^tiny: tiny\.json has format 2, not 1; {TRAIN}"
    with pytest.raises(ModelError, match=message):
        read_model(CANDIDATE, "tiny", folder)


def given(sha256: str | None) -> Candidate:
    """Return a candidate with a ready model."""
    return Candidate(network=ReadyModel(path="given.tflite", sha256=sha256))


def test_a_ready_model_needs_its_digest_and_no_card(tmp_path: Path) -> None:
    (tmp_path / "given.tflite").write_bytes(MODEL)

    assert read_model(given(sha256(MODEL)), "tiny", tmp_path) == MODEL


LINE = re.escape(f'write network=ReadyModel(path="given.tflite", sha256="{sha256(MODEL)}")')


def test_a_ready_model_without_a_digest_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    (tmp_path / "given.tflite").write_bytes(MODEL)

    message = rf"^tiny: given\.tflite is named without its SHA-256; {LINE}$"
    with pytest.raises(ModelError, match=message):
        read_model(given(None), "tiny", tmp_path)


@pytest.mark.parametrize("digest", [sha256(b"another model"), sha256(MODEL)[:8], ""])
def test_a_ready_model_with_another_digest_is_refused_with_the_line_to_write(
    tmp_path: Path, digest: str
) -> None:
    (tmp_path / "given.tflite").write_bytes(MODEL)

    message = (
        rf"^tiny: given\.tflite does not have the SHA-256 '{digest}'; "
        rf"put the right file there or, to measure this one, {LINE}$"
    )
    with pytest.raises(ModelError, match=message):
        read_model(given(digest), "tiny", tmp_path)


CORRECT = r"put the model there or correct ReadyModel\(path=\.\.\.\)$"


def test_a_ready_model_that_is_missing_is_named(tmp_path: Path) -> None:
    path = re.escape(str(tmp_path / "given.tflite"))

    with pytest.raises(ModelError, match=rf"^tiny: {path} does not exist; {CORRECT}"):
        read_model(given(None), "tiny", tmp_path)


def test_a_ready_model_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "given.tflite").mkdir()
    path = re.escape(str(tmp_path / "given.tflite"))

    message = rf"^tiny: {path} cannot be read \(Is a directory\); {CORRECT}"
    with pytest.raises(ModelError, match=message):
        read_model(given(None), "tiny", tmp_path)


@pytest.mark.parametrize("candidate", [CANDIDATE, given(None)], ids=["trained here", "ready"])
def test_a_model_that_is_too_large_is_refused_before_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, candidate: Candidate
) -> None:
    def read(_: Path) -> None:
        raise AssertionError

    path = model_path(candidate, "tiny", folder)
    path.touch()
    os.truncate(path, 1 << 30)
    monkeypatch.setattr(Path, "read_bytes", read)

    message = rf"^{path.name} has 1,073,741,824 bytes, more than 67,108,864; make it smaller"
    with pytest.raises(ModelError, match=message):
        read_model(candidate, "tiny", folder)


def test_a_model_of_the_largest_size_is_read(folder: Path) -> None:
    path = folder / "models" / "tiny.tflite"
    os.truncate(path, MAX_MODEL_BYTES)

    assert len(read_limited(path)) == MAX_MODEL_BYTES


def test_words_of_another_language_are_other_words(tmp_path: Path) -> None:
    candidate = Candidate(network=build)
    heard = {"mini": {"en": ["down", "up the hill"]}, "arabic": {"ar": ["arabic:stop"]}}
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.json").write_text(json.dumps({"heard": heard}))

    assert heard_words(candidate, "mine", tmp_path) == {"down", "up the hill", "up", "the", "hill"}


def test_of_a_card_without_a_list_no_word_is_known(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.json").write_text("{}")

    assert heard_words(Candidate(network=build), "mine", tmp_path) == frozenset()


def test_what_several_seeds_came_to_stands_in_the_card(tmp_path: Path) -> None:
    came = {"0": {"detected": 180, "correct": 200, "total": 206, "zipped_bytes": 2_000}}
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.json").write_text(json.dumps({"seeds": came}))
    (tmp_path / "models" / "older.json").write_text("{}")

    assert seeds_of(Candidate(network=build), "mine", tmp_path) == came
    assert seeds_of(Candidate(network=build), "older", tmp_path) == {}
    assert seeds_of(Candidate(network=ReadyModel(path="models/x")), "theirs", Path()) == {}


def test_a_ready_model_may_name_the_words_it_was_trained_on() -> None:
    ready = ReadyModel(path="models/theirs.tflite", heard=("down",))

    assert heard_words(Candidate(network=ready), "theirs", Path()) == {"down"}
