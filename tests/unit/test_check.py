"""Records that were edited by hand are refused by the value at fault, or read by every reader."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from harness.errors import ResultsError
from harness.record import store
from harness.record.schema import Record
from harness.report.collect import Board
from harness.report.comparison import compare
from harness.report.group import Group, Row
from harness.report.index import index_page
from harness.report.page import board_page
from harness.report.pictures import pictures
from harness.report.table import terminal_table
from tests.unit.records import FRESH, SEED, record, row

Place = tuple[str | int, ...]

EDITS: Final[tuple[object, ...]] = (None, True, -1, 0, 10**400, "x", [], {"x": None})
"""What a value is replaced by, besides being removed."""

RECORD: Final[Any] = record(row("small"), SEED, FRESH)
PARTS: Final = [
    *((part,) for part in ("format", "run", "board", "dataset")),
    *(("measurements", number, key) for number in (0, 2) for key in RECORD["measurements"][number]),
]
"""Parts of the record, which share a test each; the second row is as the first."""

DRAWN: Final = ("labels", "accuracy", "size")
"""Parts of a row whose edits are drawn, too; a picture takes half a second."""


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value inside *value*."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        yield (*place, key)
        if isinstance(part, dict | list):
            yield from places(part, (*place, key))


def at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def edited(place: Place) -> Iterator[Any]:
    """Yield the worked record with the value at *place* removed or replaced."""
    for edit in ("gone", *EDITS):
        changed = copy.deepcopy(RECORD)
        part = at(changed, place[:-1])
        if edit == "gone":
            del part[place[-1]]
        elif type(edit) is type(part[place[-1]]) and edit == part[place[-1]]:
            continue
        else:
            part[place[-1]] = edit
        yield changed


def use(kept: Record, *, drawn: bool) -> None:
    """Read *kept* as pages, index, terminal, comparison and, if *drawn*, pictures do."""
    rows = [Row(measurement, kept) for measurement in kept["measurements"]]
    if rows:
        board = Board("a-board", [Group(dataset=kept["dataset"], rows=rows)])
        board_page(board)
        index_page([board])
        if drawn:
            pictures(kept["measurements"], kept["dataset"]["labels"])
    terminal_table(kept["measurements"], 100)
    for old, new in ((RECORD, kept), (kept, RECORD)):
        try:
            compare(old, new, allow_different=True)
        except ResultsError:
            continue


def survivors(place: Place, path: Path) -> Iterator[Record]:
    """Yield the edits of *place* that are read; each of the others is an error of ours."""
    for changed in edited(place):
        path.write_text(json.dumps(changed))
        try:
            yield store.read(path)
        except store.RecordError as error:
            assert str(error).startswith(f"{path} ")  # noqa: PT017  (many errors in one test)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: ".".join(map(str, part)))
def test_an_edited_record_is_refused_or_read_by_every_reader(part: Place, tmp_path: Path) -> None:
    inside = places(at(RECORD, part)) if isinstance(at(RECORD, part), dict | list) else ()
    for place in (part, *((*part, *found) for found in inside)):
        for kept in survivors(place, tmp_path / "record.json"):
            use(kept, drawn=part[0] == "measurements" and part[-1] in DRAWN)


@pytest.mark.parametrize(
    ("place", "edit", "named"),
    [
        (("run", "started"), "yesterday", "run.started: 'yesterday', not a time"),
        (("dataset", "clips"), 1.5, "dataset.clips: 1.5, not a whole number"),
        (("measurements", 0, "verdict"), "ok", "measurements[0].verdict: 'ok', not pass or fail"),
        (("measurements", 0, "accuracy", "low"), 2, "accuracy.low: 2, not a number from 0 to 1"),
        (("measurements", 0, "latency_us", "init"), 0, "latency_us.init: 0, not a number above 0"),
        (("measurements", 0, "macs"), True, "measurements[0].macs: True, not a whole number"),
        (("measurements", 0, "labels"), ["go"], "accuracy.confusion: not 2 lists of 1 numbers"),
        (("measurements", 0, "scores"), {}, "scores: not 2 scores of each clip"),
        (("measurements", 0, "scores", "up/1.wav"), [0, 1], "scores: clips of 'up', which is none"),
        (("measurements", 0, "windows"), [], "windows: an empty list"),
        (
            ("measurements", 0, "latency_us", "histogram", "edges"),
            [3, 2],
            "latency_us.histogram: not counts between rising edges",
        ),
        (
            ("measurements", 0, "operating_rule", "curve", "digits", "people"),
            [1],
            "operating_rule.curve.digits.people: not one count for each threshold",
        ),
        (
            ("measurements", 0, "stream", "curve", "missed"),
            [1],
            "stream.curve.missed: not one count for each threshold",
        ),
        (
            ("measurements", 0, "stream", "kinds", "digits", "count"),
            -1,
            "stream.kinds.digits.count: -1, not a whole number of 0 or more",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_value_is_named_with_what_should_be_there(
    tmp_path: Path, place: Place, edit: object, named: str
) -> None:
    changed = copy.deepcopy(RECORD)
    at(changed, place[:-1])[place[-1]] = edit
    path = tmp_path / "record.json"
    path.write_text(json.dumps(changed))

    with pytest.raises(store.RecordError, match=re.escape(named)):
        store.read(path)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_json_does_not_know_is_refused(tmp_path: Path, constant: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(RECORD).replace("0.95", constant))

    with pytest.raises(store.RecordError, match=rf"is not a readable record \({constant} is no"):
        store.read(path)


def test_a_record_may_hold_more_than_is_known(tmp_path: Path) -> None:
    changed = copy.deepcopy(RECORD)
    changed["measurements"][0]["taste"] = {"sweet": None}
    path = tmp_path / "record.json"
    path.write_text(json.dumps(changed))

    assert store.read(path) == changed


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[2] / "results").glob("*/raw/*.json")),
    ids=lambda path: path.stem,
)
def test_every_published_record_is_read(path: Path) -> None:
    assert store.read(path)["measurements"]
