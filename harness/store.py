"""
Records on disk.

History of the format:

1: first version. Records before December 2026 may lack ``false_accepts`` and ``curve`` in a
row's operating rule, and ``note`` in their data set.
"""

import json
from pathlib import Path
from typing import Final

from harness.errors import ResultsError
from harness.files import write_json
from harness.measurement import Record

FORMAT: Final = 1


def read(path: Path) -> Record:
    """Read a record; raises ResultsError if it is none, or of an unknown format."""
    try:
        record: Record = json.loads(path.read_bytes())
        form = record["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"{path} is no readable record ({error}); remove it or restore it from version control"
        )
        raise ResultsError(msg) from error
    if form != FORMAT:
        msg = f"{path} has format {form!r}, not {FORMAT}; read it with the version that wrote it"
        raise ResultsError(msg)
    missing = sorted(Record.__annotations__.keys() - record.keys())
    if missing:
        msg = f"{path} lacks {', '.join(missing)}; remove it or restore it from version control"
        raise ResultsError(msg)
    return record


def write(record: Record, folder: Path, stem: str) -> Path:
    """Write *record* under a name not yet taken; returns the path."""
    path, number = folder / f"{stem}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    write_json(path, record)
    return path
