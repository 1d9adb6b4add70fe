"""
Records on disk.

History of the format:

1: first version. Records before December 2026 may lack ``false_accepts``, ``noise_kinds`` and
``curve`` in a row's operating rule, its ``attempts``, ``calls`` and ``seconds`` of its windows,
``pinned_to_core`` and ``machine`` of the board, and ``note`` of the data set.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from harness.errors import ResultsError
from harness.files import write_json
from harness.record.schema import Measurement, Record

FORMAT: Final = 1


def read(path: Path) -> Record:
    """Read a record; raises ResultsError for another file, an unknown format or a missing key."""
    try:
        record: Record = json.loads(path.read_bytes())
        form = record["format"]
    except FileNotFoundError as error:
        msg = f"{path} does not exist; name a file of results/<board>/raw"
        raise ResultsError(msg) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is not a readable record ({error}); {CURE}"
        raise ResultsError(msg) from error
    if form != FORMAT:
        msg = f"{path} has format {form!r}, not {FORMAT}; read it with the version that wrote it"
        raise ResultsError(msg)
    if missing := sorted(_missing(record)):
        msg = f"{path} lacks {', '.join(missing)}; {CURE}"
        raise ResultsError(msg)
    return record


CURE: Final = "remove it or restore it from version control"
_PARTS: Final = {
    "run": ("started", "profile"),
    "board": ("name", "litert", "numpy", "scipy", "python"),
    "dataset": ("name", "digest", "labels", "clips"),
}
"""Keys of a record that comparing and rendering need."""

_SHARE: Final = ("total", "low", "high")
_MEASURED: Final = {
    "accuracy": ("correct", "confusion", *_SHARE),
    "operating_rule": ("threshold",),
    "operating_rule.detected": ("count", *_SHARE),
    "size": ("raw_bytes", "zipped_bytes"),
    "sparsity": ("nominal", "overall", "layers"),
    "latency_us": ("init", "first_call"),
    "latency_us.total": ("p50", "p90", "p95", "p99", "max", "calls"),
    "latency_us.frontend": ("p50",),
    "latency_us.inference": ("p50",),
    "latency_us.histogram": ("edges", "counts"),
}
"""Keys that they need of a row without an error."""

_ABSENT: Final = object()


def _missing(record: Record) -> Iterator[str]:
    """Yield the path of each key that a record lacks."""
    for name, keys in _PARTS.items():
        yield from _lacking(record.get(name), keys, name)
    rows = record.get("measurements")
    if not isinstance(rows, list):
        yield "measurements"
        return
    for number, row in enumerate(rows):
        name = f"measurements[{number}]"
        lacking = list(_lacking(row, Measurement.__required_keys__, name))
        yield from lacking
        if not lacking and row["error"] is None:
            yield from _unmeasured(row, name)


def _unmeasured(row: Measurement, name: str) -> Iterator[str]:
    """Yield the path of each measured value that a row without an error lacks."""
    for part, keys in _MEASURED.items():
        value: object = row
        for key in part.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        yield from _lacking(value, keys, f"{name}.{part}")
    for number, window in enumerate(row["windows"] or ()):
        yield from _lacking(window, ("p50_us", "board"), f"{name}.windows[{number}]")


def _lacking(part: object, keys: Iterable[str], name: str) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (f"{name}.{key}" for key in keys if part.get(key, _ABSENT) is _ABSENT)
    else:
        yield name


def write(record: Record, folder: Path, stem: str) -> Path:
    """Write *record* to a new file, which never replaces another; return its path."""
    path, number = folder / f"{stem}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    write_json(path, record)
    return path
