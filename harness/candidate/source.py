"""The source of a candidate's own code, and of whatever it uses of its own package."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NoReturn

from harness.errors import CandidateError

_PLAIN = (bool, int, float, str, bytes, type(None))
_OURS = __name__.partition(".")[0]


def source_of(code: Any, what: str) -> dict[str, str]:
    """
    Return the source of the function or class *code* and of all it uses, by name.

    Layout, comments and docstrings are left out. Of the harness, only the version of
    a front-end counts, so that its modules can be moved and rewritten.

    Raises:
        CandidateError: If some of it cannot be read; the text begins with
            *what*, ``network`` or ``front-end``.

    """
    return dict(_sources(code, what, set()))


def _sources(code: Any, what: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    module = code.__module__
    seen.add(f"{module}.{code.__qualname__}")
    tree = _parsed(code, what)
    _drop_docstrings(tree)
    yield f"{module}.{code.__qualname__}", ast.unparse(tree)
    namespace = vars(sys.modules[module])
    for name in sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}):
        value = namespace.get(name, ast)  # a module, as anything that needs no telling
        if _is_plain(value):
            yield f"{module}.{name}", repr(value)
        elif isinstance(value, ModuleType) and _package(value.__name__) != _package(module):
            continue
        elif not _is_code(value):
            fault = f"{code.__name__} uses {name}, an object"
            refuse(what, fault, "a constant, a function or a class")
        elif is_versioned(value):
            yield f"{module}.{name}", f"version {value.version}"
        elif _package(value.__module__ or "") != _package(module):
            continue
        elif f"{value.__module__}.{value.__qualname__}" not in seen:
            yield from _sources(value, what, seen)


def _parsed(code: Any, what: str) -> ast.AST:
    wanted = "code at the top of a module of the candidates"
    if "<locals>" in code.__qualname__:  # it may use what only that function knows
        refuse(what, f"{code.__qualname__} is defined inside a function", wanted)
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, TypeError, SyntaxError) as error:
        refuse(what, f"the source of {code.__qualname__} cannot be read ({error})", wanted)


def is_versioned(value: Any) -> bool:
    """Whether *value* is a front-end class of the harness, which counts by its version."""
    ours = isinstance(value, type) and _package(value.__module__) == _OURS
    return ours and "version" in vars(value)


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


def refuse(what: str, fault: str, wanted: str) -> NoReturn:
    """Raise CandidateError for a *what*, ``network`` or ``front-end``, that cannot be hashed."""
    msg = f"impossible {what}: {fault}; use {wanted}"
    raise CandidateError(msg)


def _drop_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [s for s in node.body if not _is_docstring(s)] or [ast.Pass()]


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
