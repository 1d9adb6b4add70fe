"""The order of runs, which no clock can change; a board without a battery loses the time."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.record.schema import Record

_HEAD: Final = 4_096
"""Characters at the beginning of a record that hold its first part, the run."""


def next_number(raw: Path) -> int:
    """Return a number greater than that of any run with a record in the folder *raw*."""
    return 1 + max(map(_number, raw.glob("*.json")), default=0)


def _number(path: Path) -> int:
    """Return the number of a record's run, 0 if it has none; the rest of it is not read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(_HEAD)
        _, found, rest = head.partition('"run":')
        run, _ = json.JSONDecoder().raw_decode(rest.lstrip() if found else "{}")
    except (OSError, ValueError, RecursionError):
        return 0
    number = run.get("number") if isinstance(run, dict) else None
    return number if isinstance(number, int) else 0


def place(record: Record) -> tuple[int, str]:
    """Return what records are sorted by: the run's number, or else when it began."""
    run = record["run"]
    return run.get("number", 0), run["started"]


def disagreements(records: Iterable[Record]) -> list[str]:
    """Return a line for each time that later runs say has not come yet; *records* are in order."""
    latest, overtaken = "", Counter[str]()
    for _, now in dict.fromkeys(map(place, records)):
        if now < latest:
            overtaken[latest] += 1
        latest = max(latest, now)
    return [
        f"clocks disagree: the run that says {ahead} came before {count} that say an earlier time, "
        "so rows are in the order of the runs"
        for ahead, count in overtaken.items()
    ]
