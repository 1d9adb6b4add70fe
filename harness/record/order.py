"""The order of runs, which no clock can change; a board without a battery loses the time."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

_HEAD: Final = 4_096
"""Characters at the beginning of a record that hold its first parts, the run among them."""


class Place(NamedTuple):
    """
    What runs are sorted by.

    Attributes:
        number: Number of the run; 0 if it was recorded before runs had numbers.
        started: When it says that it began.

    """

    number: int
    started: str


def place(run: Mapping[str, Any]) -> Place:
    """Return the place of a run, which is a part of its record."""
    number = run.get("number")
    return Place(number if isinstance(number, int) else 0, str(run.get("started")))


def place_of(path: Path) -> Place:
    """
    Return the place of the run recorded at *path*, the first of all if it cannot be read.

    What stands after the run in a record is not read, as it is a hundred times as much.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            before, found, after = file.read(_HEAD).partition('"run":')
            try:
                run, _ = json.JSONDecoder().raw_decode(after.lstrip())
            except ValueError:  # it stands further down, or is longer
                run = json.loads(before + found + after + file.read())["run"]
        return place(run)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return place({})


def next_number(raw: Path) -> int:
    """Return a number greater than that of any run with a record in the folder *raw*."""
    return 1 + max((place_of(path).number for path in raw.glob("*.json")), default=0)


def disagreements(places: Iterable[Place]) -> list[str]:
    """Return a line for each time that later runs say has not come yet; *places* are in order."""
    latest, overtaken = "", Counter[str]()
    for _, now in dict.fromkeys(places):
        if now < latest:
            overtaken[latest] += 1
        latest = max(latest, now)
    return [
        f"clocks disagree: the run that says {ahead} came before {count} that say an earlier time, "
        "so rows are in the order of the runs"
        for ahead, count in overtaken.items()
    ]
