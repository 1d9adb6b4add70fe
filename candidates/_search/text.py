"""Values as the Python that a person would write: only what differs from the defaults."""

import dataclasses
from types import FunctionType
from typing import Any

from harness.candidate.budget import GO_STOP, GO_STOP_BUDGET, Budget
from harness.candidate.candidate import Candidate


def written(value: Any) -> str:
    """Return the expression that makes *value*; defaults of a dataclass are left out."""
    if isinstance(value, Budget):
        limits = {name: limit for name, limit in value.limits.items() if limit is not None}
        return f"Budget({', '.join(f'{name}={limit!r}' for name, limit in limits.items())})"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = (f"{name}={written(part)}" for name, part in differing(value).items())
        return f"{type(value).__name__}({', '.join(given)})"
    if isinstance(value, tuple):
        parts = ", ".join(map(written, value))
        return f"({parts},)" if len(value) == 1 else f"({parts})"
    if isinstance(value, FunctionType):
        return value.__name__
    return repr(value).replace("'", '"')


def differing(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults, in their order."""
    fields = (field for field in dataclasses.fields(value) if field.init)
    values = {field: getattr(value, field.name) for field in fields}
    found = {field.name: part for field, part in values.items() if part != _default(field)}
    return _as_asked(value, found) if isinstance(value, Candidate) else found


def _as_asked(candidate: Candidate, found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a candidate settled itself when it was made."""
    settled: dict[str, Any] = {"task": candidate.labels}
    if set(candidate.words) == set(GO_STOP):
        settled["budget"] = GO_STOP_BUDGET
    return {name: part for name, part in found.items() if settled.get(name) != part}


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
