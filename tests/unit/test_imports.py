"""Who may import what; each check is shown to be able to fail."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import harness

ROOT = Path(__file__).parents[2]
TRAINING = {"tensorflow", "keras", "tf_keras", "tensorflow_model_optimization"}
FORBIDDEN = {*TRAINING, "optuna", "distributed", "dask"}
HARNESS = sorted((ROOT / "harness").rglob("*.py"))
CANDIDATES = sorted((ROOT / "candidates").glob("*.py"))
SEARCH = sorted((ROOT / "candidates" / "_search").rglob("*.py"))
SPACES = [path for path in SEARCH if path.parent.name == "spaces"]
ON_WORKERS = "candidates._search.work"
FOR_CANDIDATES = {
    *("dataclasses", "functools", "math", "typing"),
    "numpy",  # for a front-end of its own
    "candidates._networks",
    *(f"harness.{name}" for name in harness.__all__ if name != "load_spotter"),
}


def module_name(path: Path) -> str:
    """``harness/report/__init__.py`` -> ``harness.report``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_by(*modules: str) -> set[str]:
    """Names in ``sys.modules`` of a fresh interpreter after it imported *modules*."""
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return set(done.stdout.split())


def imports(source: str) -> set[str]:
    """Names that *source* imports, also inside functions: ``a.b`` for ``from a import b``."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            found |= {f"{package}.{alias.name}" for alias in node.names}
    return found


def imported_packages(path: Path) -> set[str]:
    """Top-level packages that the file at *path* imports."""
    return {name.partition(".")[0] for name in imports(path.read_text(encoding="utf-8"))}


def beyond(allowed: set[str], source: str) -> set[str]:
    """Imports of *source* that are neither *allowed* nor taken from an allowed module."""
    return {
        name
        for name in imports(source)
        if name not in allowed and name.rpartition(".")[0] not in allowed
    }


def test_measuring_imports_no_tensorflow_and_no_keras() -> None:
    modules = [module_name(path) for path in HARNESS + CANDIDATES]

    found = imported_by(*modules)

    assert found >= set(modules)
    assert not FORBIDDEN & {name.partition(".")[0] for name in found}


def test_candidates_are_loaded_without_scipy_and_without_the_runtime() -> None:
    modules = [module_name(path) for path in CANDIDATES]

    found = imported_by("harness", "harness.candidate.specification", *modules)

    assert found >= set(modules)
    assert not {"scipy", "ai_edge_litert"} & {name.partition(".")[0] for name in found}


@pytest.mark.parametrize(
    ("statement", "package"),
    [
        ("harness.LogMel()(numpy.zeros(16_000, numpy.int16))", "scipy"),
        ("harness.load_spotter", "ai_edge_litert"),
    ],
)
def test_scipy_and_the_runtime_are_imported_when_needed(statement: str, package: str) -> None:
    code = f"import sys, numpy, harness; {statement}; print({package!r} in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )

    assert done.stdout.split() == ["True"]


def test_a_name_the_harness_lacks_is_an_error_that_says_so() -> None:
    with pytest.raises(AttributeError, match=r"^module 'harness' has no attribute 'load_model'$"):
        harness.load_model  # noqa: B018


def test_imported_by_sees_what_is_imported() -> None:
    assert "colorsys" in imported_by("colorsys")
    assert "colorsys" not in imported_by("json")


def imports_at_the_top(source: str) -> set[str]:
    """Names that *source* imports outside of functions."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [ast.Pass()]
    return imports(ast.unparse(tree))


@pytest.mark.parametrize("path", SEARCH, ids=module_name)
def test_the_search_imports_training_only_inside_functions_that_run_on_workers(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert not TRAINING & imported_packages(path)
    assert not any(name.startswith("candidates._training") for name in imports_at_the_top(source))
    if module_name(path) != ON_WORKERS:
        assert not any(name.startswith("candidates._training") for name in imports(source))


def test_an_import_at_the_top_is_told_from_one_inside_a_function() -> None:
    source = "import a\ndef f():\n    import b\nclass C:\n    import c\n    def g(self): import d"

    assert imports_at_the_top(source) == {"a", "c"}
    assert imports(source) == {"a", "b", "c", "d"}


def test_a_board_imports_neither_optuna_nor_tensorflow_nor_dask() -> None:
    found = imported_by("candidates._search.measuring", *map(module_name, SPACES))

    assert not FORBIDDEN & {name.partition(".")[0] for name in found}


def test_candidates_do_not_import_the_search() -> None:
    users = [path for path in CANDIDATES if "candidates._search" in path.read_text("utf-8")]

    assert users == []


@pytest.mark.parametrize("path", HARNESS, ids=module_name)
def test_the_harness_names_no_tensorflow_and_no_keras(path: Path) -> None:
    assert not FORBIDDEN & imported_packages(path)


@pytest.mark.parametrize("package", ["pytest", "pytest_benchmark"])
def test_only_the_gate_imports_pytest(package: str) -> None:
    users = [path for path in HARNESS if package in imported_packages(path)]

    assert [module_name(path) for path in users] == ["harness.test_candidates"]


def test_only_the_spotter_imports_the_runtime() -> None:
    users = [path for path in HARNESS if "ai_edge_litert" in imported_packages(path)]

    assert [module_name(path) for path in users] == [
        "harness.spotter.anatomy",
        "harness.spotter.model",
    ]


@pytest.mark.parametrize("path", CANDIDATES, ids=module_name)
def test_candidates_import_public_names_only(path: Path) -> None:
    assert beyond(FOR_CANDIDATES, path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import keras", {"keras"}),
        ("import os, keras.layers as layers", {"os", "keras.layers"}),
        ("from tf_keras import layers", {"tf_keras.layers"}),
        ("def network():\n    import tensorflow as tf", {"tensorflow"}),
        (
            "try:\n    from harness.spotter.model import Model\nfinally:\n    pass",
            {"harness.spotter.model.Model"},
        ),
        ("import harness", {"harness"}),
        ("from harness import *", {"harness.*"}),
        ("from harness import registry", {"harness.registry"}),
        ("from harness import load_spotter", {"harness.load_spotter"}),
        ("from candidates.ds_cnn import network", {"candidates.ds_cnn.network"}),
        ("from . import _networks", {".._networks"}),
        ("from harness import Candidate, LogMel\nfrom typing import Any", set()),
        ("from candidates._networks import DsCnn\nimport dataclasses", set()),
        ("import numpy as np\nimport scipy.fft", {"scipy.fft"}),
    ],
)
def test_the_check_of_candidates_can_fail(source: str, expected: set[str]) -> None:
    assert beyond(FOR_CANDIDATES, source) == expected


def test_the_public_names_are_these() -> None:
    expected = [
        "GO_STOP_BUDGET",
        "Augmentation",
        "Budget",
        "Candidate",
        "FalseAccepts",
        "Frontend",
        "LogMel",
        "Mfcc",
        "ReadyModel",
        "Training",
        "Trigger",
        "Waveform",
        "load_spotter",
    ]

    assert expected == harness.__all__
