"""
Records on disk.

History of the format:

1: first version. Records before December 2026 may lack ``false_accepts``, ``noise_kinds`` and
``curve`` in a row's operating rule, its ``stream``, ``attempts`` and ``not_judged``, ``calls`` and
``seconds`` of its windows, ``number`` of the run, ``pinned_to_core`` and ``machine`` of the
board, and ``note`` of the data set.
"""

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final, NoReturn

from harness.errors import ResultsError
from harness.files import json_bytes, write_new
from harness.record.check import Fault, faults
from harness.record.schema import Record
from harness.text import printable

FORMAT: Final = 1


_MOST_NAMED: Final = 8
_LONGEST_NAME: Final = 100
"""Most names that an error lists, and most characters of each."""

CURE: Final = "remove it or restore it from version control"


class RecordError(ResultsError):
    """
    A record that cannot be read; it costs no other record.

    Attributes:
        path: Path of the file.
        why: What is wrong with it, and the cure.

    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}")
        self.path = path
        self.why = why


def read(path: Path) -> Record:
    """Read a record; raises RecordError for another file, an unknown format or a wrong value."""
    try:
        record: Record = json.loads(path.read_bytes(), parse_constant=_refuse)
        form = record["format"]
    except FileNotFoundError as error:
        raise RecordError(path, "does not exist; name a file of results/<board>/raw") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RecordError(path, f"is not a readable record ({reason}); {CURE}") from error
    if form != FORMAT or isinstance(form, bool):
        why = f"has format {form!r:.60}, not {FORMAT}; read it with the version that wrote it"
        raise RecordError(path, why)
    if found := faults(record):
        raise RecordError(path, f"{_fault(found)}; {CURE}")
    return record


def _refuse(constant: str) -> NoReturn:
    """Refuse a constant that Python reads though JSON has none of that name, such as NaN."""
    msg = f"{constant} is no number"
    raise ValueError(msg)


def _fault(found: Sequence[Fault]) -> str:
    """Return the faults of a record in words: what it lacks, or else the first wrong value."""
    if lacking := sorted(fault.name for fault in found if not fault.found):
        more = len(lacking) - _MOST_NAMED
        named = ", ".join(map(_short, lacking[:_MOST_NAMED]))
        return f"lacks {named}" + (f" and {more} more" if more > 0 else "")
    first, more = found[0], len(found) - 1
    return f"has {_short(first.name)}: {first.found}" + (
        f" (and {more} more faults)" if more else ""
    )


def _short(name: str) -> str:
    """Return the path of a value as an error tells it: keys of a record can be any text."""
    return f"{printable(name):.{_LONGEST_NAME}}"


def write(record: Record, folder: Path, stem: str) -> Path:
    """Write *record* to a new file, which never replaces another; return its path."""
    names = (f"{stem}-{number}.json" if number > 1 else f"{stem}.json" for number in count(1))
    return write_new(folder, names, json_bytes(record))
