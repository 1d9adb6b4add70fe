"""Edits to what a ``.tflite`` file says: its numbers, and the parts that its lists hold."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final, NamedTuple

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.fuzz.mutate import INTEGERS

_EDITS: Final = (1, 1, 1, 2, 3)
_FLOATS: Final = (0.0, -1.0, 1e-45, 3e38, float("inf"), float("nan"))


class _Slot(NamedTuple):
    """
    A place in a model that an edit can change.

    Attributes:
        value: What is there.
        put: Puts something else there.

    """

    value: Any
    put: Callable[[Any], None]


def edited(data: bytes, generator: Random) -> bytes:
    """Return the model *data* with one to three edits, most often one; some are no file."""
    while True:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        for _ in range(generator.choice(_EDITS)):
            slot = generator.choice(list(_slots(model)))
            slot.put(_other(slot.value, generator))
        builder = flatbuffers.Builder()
        try:
            builder.Finish(model.Pack(builder), b"TFL3")
        except Exception:  # noqa: BLE001, S112  (such as a number too large for its field)
            continue
        return bytes(builder.Output())


def _slots(part: Any) -> Iterator[_Slot]:
    """Yield all places in *part* of a model, and in its own parts."""
    for name, value in vars(part).items():
        put = _attribute(part, name)
        if isinstance(value, list | np.ndarray):
            yield _Slot(value, put)
        if isinstance(value, int | float | bool):
            yield _Slot(value, put)
        elif isinstance(value, list):
            for inner in value:
                if hasattr(inner, "__dict__"):
                    yield from _slots(inner)
        elif hasattr(value, "__dict__"):
            yield from _slots(value)


def _attribute(part: Any, name: str) -> Callable[[Any], None]:
    return lambda value: setattr(part, name, value)


def _other(value: Any, generator: Random) -> Any:
    """Return something of the same type in place of *value*."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return generator.choice((value + generator.choice((-1, 1)), generator.choice(INTEGERS)))
    if isinstance(value, float):
        return generator.choice((-value, value * 2, *_FLOATS))
    if isinstance(value, np.ndarray):
        return _other_numbers(value, generator)
    return _other_list(value, generator)


def _other_numbers(values: Any, generator: Random) -> Any:
    """Return an array with one number changed, or with one more or less."""
    if not values.size or generator.random() < 1 / 4:
        size = max(0, values.size + generator.choice((-1, 1)))
        return np.resize(values, size) if values.size else np.zeros(size, values.dtype)
    changed, place = values.copy(), generator.randrange(values.size)
    other = _other(changed[place].item(), generator)
    integer = np.issubdtype(values.dtype, np.integer)
    changed[place] = np.array(other % 2**64, np.uint64).astype(values.dtype) if integer else other
    return changed


def _other_list(values: list[Any], generator: Random) -> list[Any]:
    """Return a list with one part more, less, or in another place."""
    if not values:
        return values
    changed, place = list(values), generator.randrange(len(values))
    part = changed.pop(place)
    again = [part] * generator.choice((0, 1, 2))
    at = generator.randrange(len(changed) + 1)
    return changed[:at] + again + changed[at:]
