import os
import sys
from pathlib import Path

import pytest

from harness import Candidate, ReadyModel, children
from harness.candidate.registry import Registry
from harness.errors import CandidateError
from harness.files import sha256
from tests.unit.models import make_package, ready

MODULES = {
    "good": ready("good"),
    "unmade": ready("never_put_there"),
    "broken": "import nowhere_to_be_found",
    "empty": "",
    "leaving": "import sys; sys.exit('bye')",
    "mistyped": "CANDIDATE = 'ds_cnn'",
    "impossible": ready("good", "sparsity=2"),
    "misspelt": ready("good", "sparsty=0.5"),
    "exiting": "import os; os._exit(0)",
    "aborting": "import os; os.abort()",
    "endless": "while True: pass",
    "_helper": "raise RuntimeError('a helper is no candidate')",
}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    return make_package(tmp_path, monkeypatch, MODULES, {"good": b"a model"})


def test_every_module_without_an_underscore_is_a_candidate(registry: Registry) -> None:
    expected = (
        "aborting broken empty endless exiting good impossible leaving misspelt mistyped unmade"
    )

    assert registry.names() == tuple(expected.split())


def test_a_candidate_is_found_by_the_name_of_its_file(registry: Registry) -> None:
    network = ReadyModel(path="models/good.tflite", sha256=sha256(b"a model"))

    assert registry.load("good") == Candidate(network=network)


@pytest.mark.parametrize("name", ["x" * 65, "two\nlines", " spaced"])
def test_a_file_whose_name_is_no_name_is_refused(registry: Registry, name: str) -> None:
    (registry.folder / f"{name}.py").write_text(ready("good"))

    with pytest.raises(CandidateError, match=r"(?s): the name (has|begins) .*; rename the file$"):
        registry.load(name)
    assert registry.models()[name] == ""


def test_known_names_are_accepted(registry: Registry) -> None:
    registry.require("good", "broken")


def test_an_unknown_name_is_refused_with_the_known_ones(registry: Registry) -> None:
    message = "^unknown candidate 'godo'; known candidates: aborting, broken, empty, endless, "

    with pytest.raises(CandidateError, match=message):
        registry.require("good", "godo")
    with pytest.raises(CandidateError, match=message):
        registry.load("godo")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "broken",
            r"/broken\.py cannot be imported: ModuleNotFoundError: .+; fix the module$",
        ),
        ("leaving", r"/leaving\.py cannot be imported: SystemExit: bye; fix the module$"),
        (
            "empty",
            r"must define .*, found NoneType; rename it to _empty\.py if it is not a candidate$",
        ),
        ("mistyped", r"/mistyped\.py must define CANDIDATE = Candidate\(\.\.\.\), found str; "),
        ("impossible", r"/impossible\.py: impossible candidate: sparsity=2; use a share from 0 "),
        ("misspelt", r"/misspelt\.py cannot be imported: TypeError: .*'sparsty'.*; fix the mod"),
    ],
)
def test_a_broken_module_raises_its_error_when_loaded(
    registry: Registry, name: str, message: str
) -> None:
    with pytest.raises(CandidateError, match=message):
        registry.load(name)


@pytest.mark.parametrize("name", ["broken", "leaving", "empty", "impossible"])
def test_a_module_that_is_tried_raises_the_error_it_raises_when_loaded(
    registry: Registry, name: str
) -> None:
    with pytest.raises(CandidateError) as loaded:
        registry.load(name)
    with pytest.raises(CandidateError) as tried:
        registry.try_import(name)

    assert str(tried.value) == str(loaded.value)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("exiting", r"ended its process \(status 0\)"),
        ("aborting", r"crashed its process \(SIGABRT\)"),
        ("endless", r"gave no answer within 0\.5 s"),
    ],
)
def test_a_module_that_stops_its_process_is_an_error_when_tried(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, name: str, fault: str
) -> None:
    monkeypatch.setattr(children, "TIMEOUT_S", 0.5)

    message = rf"/{name}\.py {fault} when imported; fix the module$"
    for _ in range(2):
        with pytest.raises(CandidateError, match=message):
            registry.try_import(name)


def test_a_good_module_is_tried_without_importing_it_here(registry: Registry) -> None:
    path = registry.try_import("good")

    assert path == registry.folder / "models" / "good.tflite"
    assert f"{registry.folder.name}.good" not in sys.modules


def test_models_are_listed_by_digest_and_missing_ones_are_empty(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "TIMEOUT_S", 0.5)

    found = registry.models()

    assert found.pop("good") == sha256(b"a model")
    assert set(found.values()) == {""}


def test_a_model_that_is_too_large_is_none(registry: Registry) -> None:
    os.truncate(registry.folder / "models" / "good.tflite", 1 << 30)

    assert registry._model_sha256("good") == ""


def test_models_that_are_trained_here_are_listed_without_importing_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = make_package(
        tmp_path, monkeypatch, {"endless": "while True: pass"}, {"endless": b"x"}
    )
    (registry.folder / "models" / "endless.json").write_text("{}")

    assert registry.models() == {"endless": sha256(b"x")}


def test_a_ready_model_with_a_card_left_from_its_training_is_the_ready_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {"ours": b"trained", "theirs": b"ready"}
    registry = make_package(tmp_path, monkeypatch, {"ours": ready("theirs")}, models)
    (registry.folder / "models" / "ours.json").write_text("{}")

    assert registry.models() == {"ours": sha256(b"ready")}
