"""
The specification hash: it covers all that a model is made from, so it shows a stale model.

It covers front-end, network (with the source of a builder), training, sparsity,
quantization and labels. It does not cover budget, misses, comments and docstrings, which
change nothing in the model.

A front-end of the harness and the training recipe count by their kind, their version and
the values that differ from the defaults. So a setting that is added later, with a default
that changes no model, makes none stale. A front-end that a candidate defines counts by all
its values and its source.
"""

import dataclasses
import hashlib
import json
from types import FunctionType
from typing import Any

from harness.candidate.candidate import Candidate, ReadyModel
from harness.candidate.source import is_versioned, refuse, source_of

_FUNCTION = "a plain function of a module, or a frozen dataclass with __call__"


def specification_hash(candidate: Candidate) -> str:
    """
    Return the SHA-256 of everything that the model of *candidate* is made from.

    Raises:
        CandidateError: If code or values of its network or front-end cannot be read.

    """
    specification = {
        "frontend": _plain(_versioned(candidate.frontend), "front-end"),
        "network": _plain(_network(candidate.network), "network"),
        "training": _versioned(candidate.training),
        "sparsity": candidate.sparsity,
        "quantization": candidate.quantization,
        "labels": candidate.labels,
        **({"rounded_scales": True} if candidate.rounded_scales else {}),
    }
    text = json.dumps(specification, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(part: dict[str, Any], what: str) -> dict[str, Any]:
    try:
        json.dumps(part)
    except TypeError as error:
        refuse(what, f"a value of it is not plain ({error})", "numbers, words and tuples")
    return part


def _network(network: Any) -> dict[str, Any]:
    if isinstance(network, ReadyModel):
        return {"values": dataclasses.asdict(network)}
    if dataclasses.is_dataclass(network) and not isinstance(network, type):
        values = dataclasses.asdict(network)
        return {"values": values, "source": source_of(type(network), "network")}
    is_function = isinstance(network, FunctionType) and network.__name__ != "<lambda>"
    if not is_function or network.__closure__:
        refuse("network", f"it is {network!r}, whose source cannot be read in full", _FUNCTION)
    return {"values": {}, "source": source_of(network, "network")}


def _versioned(values: Any) -> dict[str, Any]:
    """Return kind, version, values and source of frozen values, and of those inside them."""
    kind = type(values)
    ours: Any = next(filter(is_versioned, kind.__mro__), None)
    part: dict[str, Any] = {"values": _values(values, _defaults(ours))}
    if ours is not None:
        part |= {"kind": ours.__name__, "version": ours.version}
    if kind is not ours:
        part["source"] = source_of(kind, "front-end")
    return part


def _values(frozen: Any, defaults: dict[str, Any]) -> dict[str, Any]:
    fields = [field.name for field in dataclasses.fields(frozen) if field.init]
    values = {name: getattr(frozen, name) for name in fields}
    return {
        name: _value(value)
        for name, value in values.items()
        # Frozen values inside always count, because they have their own version.
        if dataclasses.is_dataclass(value) or name not in defaults or value != defaults[name]
    }


def _value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_value(part) for part in value]
    return _versioned(value) if dataclasses.is_dataclass(value) else value


def _defaults(ours: Any) -> dict[str, Any]:
    """Return the defaults of a class of the harness, none for None."""
    return {
        field.name: field.default
        for field in (dataclasses.fields(ours) if ours else ())
        if field.default is not dataclasses.MISSING
    }
