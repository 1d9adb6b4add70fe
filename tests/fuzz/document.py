"""Edits to a JSON document: parts lost, renamed, doubled, or something else altogether."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final, NamedTuple

_EDITS: Final = (1, 1, 1, 2, 3)
_DEEP: Final = 100_000

_TEXTS: Final = (
    "",
    " ",
    "\0\x1b[2J",
    "a\nb",
    "| *a* <script>`",
    "../../etc",
    "\ud800",
    "\u202egro",
    "a" * 5_000,
    "2026-01-02T03:04:05Z",
    "99999-99-99",
)
"""Texts that a page, a file name, a terminal or a clock may take for something else."""

_NUMBERS: Final = (
    *(0, -1, 1, 2**31, 2**63, 2**64, 10**17, 10**18, 10**19, -(10**400), 10**400),
    *(0.5, -0.0, 1e-320, 1.5, 1e17, 1e308, -1e308),
    *(float("nan"), float("inf"), float("-inf")),
)

_OTHERS: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"": None},
    *_TEXTS,
    *_NUMBERS,
)


class _Slot(NamedTuple):
    """A part of a document, by the list or object that holds it and its place there."""

    holder: Any
    key: Any


def edited(document: Any, generator: Random) -> bytes:
    """Return *document* as JSON, with one to three edits, most often one."""
    changed = {"": copy.deepcopy(document)}
    for _ in range(generator.choice(_EDITS)):
        _edit(generator.choice(list(_slots(changed))), generator)
    text = json.dumps(changed.get(""))
    if generator.randrange(200) == 0:
        text = text.replace("[", "[" * _DEEP, 1)
    return text.encode()


def _slots(holder: Any) -> Iterator[_Slot]:
    """Yield every part of a document."""
    for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
        yield _Slot(holder, key)
        if isinstance(holder[key], dict | list):
            yield from _slots(holder[key])


def _edit(slot: _Slot, generator: Random) -> None:
    """Change one part: most often to another value of its type, which is the least conspicuous."""
    holder, key = slot
    choice = generator.randrange(20)
    if choice == 0:
        del holder[key]
    elif choice == 1 and isinstance(holder, dict):
        holder[generator.choice(_TEXTS)] = holder.pop(key)
    elif choice == 1:
        holder.insert(key, copy.deepcopy(holder[key]))
    elif choice == 2:
        holder[key] = [holder[key]]
    elif choice < 5:
        holder[key] = copy.deepcopy(generator.choice(_OTHERS))
    else:
        holder[key] = _alike(holder[key], generator)


def _alike(value: Any, generator: Random) -> Any:
    """Return another value of the type of *value*."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        near = (value - 1, value + 1, value * 2, -value, value // 2)
        return generator.choice((generator.choice(near), generator.choice(_NUMBERS)))
    if isinstance(value, str):
        return generator.choice((value + "x", value[:-1], generator.choice(_TEXTS)))
    if isinstance(value, list):
        return generator.choice((value[1:], value[:-1], value * 2, value[::-1], []))
    return {} if isinstance(value, dict) else 0
