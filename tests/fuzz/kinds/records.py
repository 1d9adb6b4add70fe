"""Records: read, shown on a page beside good ones, and compared with one of them."""

import contextlib
import json
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest import mock

from harness import files, report
from harness.errors import ResultsError
from harness.record import machines, order, store
from harness.record.store import RecordError
from harness.report import pictures, summary  # noqa: F401  (once in the helper process)
from harness.report.comparison import compare
from tests.fuzz.case import Kind, Made
from tests.fuzz.document import edited
from tests.fuzz.mutate import damaged
from tests.unit.records import EXACT, FRESH, SEED, record, row

NAME: Final = "case.json"

_GOLDEN: Final = Path(__file__).parents[2] / "unit" / "golden" / "record.json"

_GOOD: Final = {
    "a.json": record(row("before"), started="2026-01-01T00:00:00Z"),
    "z.json": record(row("after"), started="2026-01-03T00:00:00Z"),
}

BASES: Final[tuple[Any, ...]] = (
    record(EXACT, SEED, FRESH),
    record(row("plain"), machine="aaaaaaaa"),
    {**record(row("numbered")), "run": {**record()["run"], "number": 7}},
    json.loads(_GOLDEN.read_bytes()),
)

_MODELS: Final = {
    measurement["candidate"]: measurement["model_sha256"] or ""
    for known in (*BASES, *_GOOD.values())
    for measurement in known["measurements"]
}

_DRAWN: Final = 1 / 20
"""Share of the cases whose pictures are drawn, which takes a hundred times as long as the rest."""


def make(generator: Random) -> Made:
    """Return a record with other values, or with damage to its bytes."""
    number = generator.randrange(len(BASES))
    data = edited(BASES[number], generator)
    if generator.randrange(8) == 0:
        data = damaged(json.dumps(BASES[number]).encode(), generator, [data])
    return Made(number, NAME, data)


def on_a_page(made: Made, folder: Path, generator: Random) -> None:
    """Render the page of a board with the record and two good ones."""
    raw = folder / "board" / "raw"
    raw.mkdir(parents=True)
    for name, good in _GOOD.items():
        files.write_json(raw / name, good)
    (raw / made.name).write_bytes(made.data)
    fault = _fault(raw / made.name)
    drawn = fault is None and generator.random() < _DRAWN
    warnings: list[str] = []
    with mock.patch.object(report, "_pictures", report._pictures if drawn else lambda _: {}):
        report.render(folder, _MODELS, warn=warnings.append)
    page = (raw.parent / "report.md").read_text(encoding="utf-8")
    lost = [name for name in ("before", "after") if f"| {name} " not in page]
    assert not lost, f"the page lacks {lost}"
    assert (f"raw/{made.name}" in page) == bool(fault), f"the page does not tell: {fault}"
    assert any(made.name in text for text in warnings) == bool(fault), "nobody is told"
    if fault:
        raise fault


def _fault(path: Path) -> RecordError | None:
    try:
        store.read(path)
    except RecordError as error:
        return error
    return None


def beside_a_run(made: Made, folder: Path, _: Random) -> None:
    """Do what a run does with the record: find its folder, number and table, and compare."""
    raw = folder / "board" / "raw"
    machines.board_folder(folder, {"name": "board", "machine": None}, publish=False)
    order.next_number(raw)
    old, ours = store.read(raw / made.name), [_GOOD["a.json"]]
    with contextlib.suppress(ResultsError):  # of another task
        summary.comparison(old, raw / made.name, ours, allow_different=True)
    found = compare(old, old)
    assert not found.regressions, f"worse than itself: {found.regressions}"


RECORDS: Final = Kind("records", make, (on_a_page, beside_a_run))
