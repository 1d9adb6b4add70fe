"""
What a model was trained from, as one hash: a candidate edited since then is stale.

It covers front-end, network (with a builder's source), training, sparsity,
quantization and labels; not budget, misses, comments or docstrings, which
change nothing in the model.
"""

import ast
import dataclasses
import hashlib
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NoReturn

from harness.candidate.candidate import Candidate
from harness.errors import CandidateError

_PLAIN = (bool, int, float, str, bytes, type(None))


def specification_hash(candidate: Candidate) -> str:
    """
    Return the SHA-256 of everything the model of *candidate* follows from.

    Raises:
        CandidateError: If its network's code or values cannot be told in full.

    """
    specification = {
        "frontend": dataclasses.asdict(candidate.frontend),
        "network": _network(candidate.network),
        "training": dataclasses.asdict(candidate.training),
        "sparsity": candidate.sparsity,
        "quantization": candidate.quantization,
        "labels": candidate.labels,
    }
    try:
        text = json.dumps(specification, sort_keys=True)
    except TypeError as error:
        _refuse(f"a value of the network is not plain ({error})", "numbers, words and tuples")
    return hashlib.sha256(text.encode()).hexdigest()


def _network(network: Any) -> dict[str, Any]:
    if dataclasses.is_dataclass(network) and not isinstance(network, type):
        return {"values": dataclasses.asdict(network), "source": _source(type(network))}
    is_function = isinstance(network, FunctionType) and network.__name__ != "<lambda>"
    if not is_function or network.__closure__:
        fault = f"the network is {network!r}, whose code cannot be told in full"
        _refuse(fault, "a plain function of a module, or a frozen dataclass with __call__")
    return {"values": {}, "source": _source(network)}


def _source(builder: Any) -> dict[str, str]:
    return dict(_sources(builder, set()))


def _sources(builder: Any, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the code of *builder* and of what it uses of its own package, by name."""
    module = builder.__module__
    seen.add(f"{module}.{builder.__qualname__}")
    tree = ast.parse(textwrap.dedent(inspect.getsource(builder)))
    _drop_docstrings(tree)
    yield f"{module}.{builder.__qualname__}", ast.unparse(tree)
    namespace = vars(sys.modules[module])
    for name in sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}):
        value = namespace.get(name, ast)  # a module, as anything that needs no telling
        if _is_plain(value):
            yield f"{module}.{name}", repr(value)
        elif isinstance(value, ModuleType) and _package(value.__name__) != _package(module):
            continue
        elif not _is_code(value):
            _refuse(
                f"{builder.__name__} uses {name}, an object", "a constant, a function or a class"
            )
        elif _package(value.__module__ or "") != _package(module):
            continue
        elif f"{value.__module__}.{value.__qualname__}" not in seen:
            yield from _sources(value, seen)


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(_is_plain(part) for item in value.items() for part in item)
    return isinstance(value, _PLAIN)


def _is_code(value: Any) -> bool:
    """Whether *value* is a class or a function with a name, or a form of annotations."""
    if isinstance(value, type | BuiltinFunctionType) or value.__class__.__module__ == "typing":
        return True
    return isinstance(value, FunctionType) and value.__name__ != "<lambda>"


def _package(module: str) -> str:
    return module.partition(".")[0]


def _refuse(fault: str, wanted: str) -> NoReturn:
    msg = f"impossible network: {fault}; use {wanted}"
    raise CandidateError(msg)


def _drop_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [s for s in node.body if not _is_docstring(s)] or [ast.Pass()]


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
