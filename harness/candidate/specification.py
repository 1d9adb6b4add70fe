"""
What a model was trained from, as one hash: a candidate edited since then is stale.

It covers front-end, network (with a builder's source), training, sparsity,
quantization and labels; not budget, misses, comments or docstrings, which
change nothing in the model. A front-end of the harness counts by its kind, its version and
the values that differ from its defaults, so that a setting added later, with a
default that changes no feature, makes no model stale. One that a candidate
defines counts by all its values and its source.
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
    Return the SHA-256 of everything the model of *candidate* follows from.

    Raises:
        CandidateError: If code or values of its network or its front-end
            cannot be read in full.

    """
    specification = {
        "frontend": _plain(_frontend(candidate.frontend), "front-end"),
        "network": _plain(_network(candidate.network), "network"),
        "training": dataclasses.asdict(candidate.training),
        "sparsity": candidate.sparsity,
        "quantization": candidate.quantization,
        "labels": candidate.labels,
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


def _frontend(frontend: Any) -> dict[str, Any]:
    """Kind, version, values and source of a front-end, or of frozen values inside it."""
    kind = type(frontend)
    ours: Any = next(filter(is_versioned, kind.__mro__), None)
    told: dict[str, Any] = {"values": _values(frontend, _defaults(ours))}
    if ours is not None:
        told |= {"kind": ours.__name__, "version": ours.version}
    if kind is not ours:
        told["source"] = source_of(kind, "front-end")
    return told


def _values(frontend: Any, defaults: dict[str, Any]) -> dict[str, Any]:
    fields = [field.name for field in dataclasses.fields(frontend) if field.init]
    values = {name: getattr(frontend, name) for name in fields}
    return {
        name: _told(value)
        for name, value in values.items()
        # Frozen values inside always count, as they have a version of their own.
        if dataclasses.is_dataclass(value) or name not in defaults or value != defaults[name]
    }


def _told(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_told(part) for part in value]
    return _frontend(value) if dataclasses.is_dataclass(value) else value


def _defaults(ours: Any) -> dict[str, Any]:
    """Defaults of a front-end class of the harness; of None, there are none."""
    return {
        field.name: field.default
        for field in (dataclasses.fields(ours) if ours else ())
        if field.default is not dataclasses.MISSING
    }
