"""Fields of frozen values by their paths, such as ``frontend.mel_bins``."""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from harness.errors import CandidateError, SearchError


def paths(value: Any) -> Iterator[str]:
    """Yield the path of every field of *value*, and of the frozen values inside it."""
    for field in dataclasses.fields(value):
        if field.init:
            yield field.name
            part = getattr(value, field.name)
            if dataclasses.is_dataclass(part):
                yield from (f"{field.name}.{below}" for below in paths(part))


def require_path(value: Any, path: str) -> None:
    """Raise SearchError unless *value* has a field at *path*; the text lists near ones."""
    known = list(paths(value))
    if path not in known:
        near = difflib.get_close_matches(path, known, n=3, cutoff=0.5)
        near += [name for name in known if name.rpartition(".")[2] == path.rpartition(".")[2]]
        found = ", ".join(dict.fromkeys(near)) or ", ".join(known)
        msg = f"unknown field {path!r}; near ones: {found}"
        raise SearchError(msg)


def field_at(value: Any, path: str) -> Any:
    """Return the field of *value* at *path*."""
    return reduce(getattr, path.split("."), value)


def replaced(value: Any, changes: Mapping[str, Any]) -> Any:
    """
    Return *value* with the fields at some paths changed, all of them at once.

    Raises:
        CandidateError: If the new value is refused, or a field is not there any more because
            the value that holds it was itself changed to one of another kind.

    """
    fields: dict[str, Any] = {}
    below: dict[str, dict[str, Any]] = {}
    for path, new in changes.items():
        head, _, rest = path.partition(".")
        if rest:
            below.setdefault(head, {})[rest] = new
        else:
            fields[head] = new
    for head, inner in below.items():
        fields[head] = replaced(fields.get(head, getattr(value, head)), inner)
    lacking = fields.keys() - {field.name for field in _fields(value)}
    if lacking:
        fault = f"{type(value).__name__} has no {' and no '.join(sorted(lacking))}"
        msg = f"impossible candidate: {fault}; vary what all choices have"
        raise CandidateError(msg)
    return dataclasses.replace(value, **fields)


def _fields(value: Any) -> "tuple[dataclasses.Field[Any], ...]":
    return dataclasses.fields(value) if dataclasses.is_dataclass(value) else ()
