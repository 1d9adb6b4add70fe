"""Checking a record against the schema: what it lacks, and what is not what it should be."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from itertools import chain
from math import inf
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from harness.record.misfits import misfits
from harness.record.schema import MEASURED, Range, Record

_GREATEST: Final = 1e18
"""No number of a record is greater; JSON holds numbers that no float does."""

_NAMES: Final = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    NoneType: "null",
}


Hints = tuple[Any, ...]
"""The types that another is made of."""


class Fault(NamedTuple):
    """
    One fault of a record.

    Attributes:
        name: Path of the value, such as ``measurements[0].size``.
        found: What is there instead, in words; empty if nothing of the kind is there.

    """

    name: str
    found: str = ""


def faults(record: object) -> list[Fault]:
    """Return every fault of *record* by the schema, or else by how its parts fit together."""
    found = list(_faults(record, Record, ""))
    if found or not isinstance(record, dict):
        return found
    found += _empty_rows(record)
    return found or [Fault(*misfit) for misfit in misfits(record)]


def _faults(value: object, hint: Any, name: str) -> Iterator[Fault]:
    """Yield the faults of *value*, which should be as *hint* says."""
    of_kind = _KINDS.get(get_origin(hint))
    if of_kind is not None:
        yield from of_kind(value, get_args(hint), name)
    elif is_typeddict(hint):
        yield from _keys(value, hint, name)
    elif not _is(value, hint):
        yield Fault(name, f"{value!r:.60}, not {_wanted(hint)}")


def _inner(value: object, inner: Hints, name: str) -> Iterator[Fault]:
    return _faults(value, inner[0], name)


def _mapping(value: object, inner: Hints, name: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(name)
    elif not _lists_of_numbers(value.values(), inner[1]):
        for key, part in value.items():
            yield from _faults(part, inner[1], f"{name}.{key}")


def _list(value: object, inner: Hints, name: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(name)
    elif not _numbers(value, inner[0]):
        for number, part in enumerate(value):
            yield from _faults(part, inner[0], f"{name}[{number}]")


def _annotated(value: object, inner: Hints, name: str) -> Iterator[Fault]:
    """Yield the faults of a value whose type has a note: a range, or what it is more exactly."""
    base, note = inner
    if not isinstance(note, Range):
        yield from _faults(value, note | None if NoneType in get_args(base) else note, name)
    elif bad := list(_faults(value, base, name)):
        yield from bad
    elif not _within(value, note):
        yield Fault(name, f"{value!r:.60}, not {_wanted(base)} {_bounds(note)}")


def _of_one(value: object, hints: Hints, name: str) -> Iterator[Fault]:
    """Yield the faults of a value that may be of several types, by the first that is not null."""
    if value is None and NoneType in hints:
        return
    kinds = [hint for hint in hints if hint is not NoneType]
    if all(any(_faults(value, hint, name)) for hint in kinds):
        yield from _faults(value, kinds[0], name)


def _keys(value: object, schema: Any, name: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(name)
        return
    for key, hint in _hints(schema).items():
        place = f"{name}.{key}" if name else key
        if key in value:
            yield from _faults(value[key], hint, place)
        elif key in schema.__required_keys__:
            yield Fault(place)


def _numbers(values: Collection[Any], hint: Any) -> bool:
    """Whether all *values* are numbers as *hint* says: far faster than to look at each by name."""
    base, note = get_args(hint) if get_origin(hint) is Annotated else (hint, None)
    if base not in (int, float) or not set(map(type, values)) <= {int, base}:
        return False
    ends = (min(values), max(values)) if values else ()
    return all(abs(end) <= _GREATEST and (note is None or _within(end, note)) for end in ends)


def _lists_of_numbers(values: Collection[Any], hint: Any) -> bool:
    """Whether all *values* are lists of numbers as *hint* says."""
    if get_origin(hint) is not list or not all(isinstance(value, list) for value in values):
        return False
    return _numbers(list(chain.from_iterable(values)), get_args(hint)[0])


_KINDS: Final[dict[Any, Callable[[object, Hints, str], Iterator[Fault]]]] = {
    NotRequired: _inner,
    Annotated: _annotated,
    Union: _of_one,
    UnionType: _of_one,
    dict: _mapping,
    list: _list,
}
"""What yields the faults of a value whose type is made of others."""


@cache
def _hints(schema: Any) -> Mapping[str, Any]:
    return get_type_hints(schema, include_extras=True)


def _is(value: object, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint in (int, float):
        numbers = int if hint is int else int | float
        return (
            isinstance(value, numbers) and not isinstance(value, bool) and abs(value) <= _GREATEST
        )
    return isinstance(value, hint)


def _within(value: Any, note: Range) -> bool:
    return bool(note.low <= value <= note.high and not (note.above and value == note.low))


def _wanted(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    return _NAMES[hint]


def _bounds(note: Range) -> str:
    if note.high < inf:
        return f"from {note.low:g} to {note.high:g}"
    return f"above {note.low:g}" if note.above else f"of {note.low:g} or more"


def _empty_rows(record: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what a row without an error lacks."""
    for number, row in enumerate(record["measurements"]):
        if row["error"] is None:
            lacking = (key for key in MEASURED if row[key] is None)
            yield from (Fault(f"measurements[{number}].{key}") for key in lacking)
