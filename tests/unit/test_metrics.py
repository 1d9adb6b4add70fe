"""The table of metrics: an entry there is all that a new metric needs."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from harness.candidate.budget import Budget, Violation
from harness.errors import CandidateError
from harness.record import metrics, store
from harness.record.changes import Exact
from harness.record.metric import Metric
from harness.record.rows import number
from harness.record.units import COUNT
from harness.report import render
from harness.report.comparison import compare
from harness.report.table import terminal_table
from tests.unit.records import record, row

ENERGY = Metric(
    name="energy",
    title="energy per call",
    heading="energy nJ",
    meaning="energy of one call",
    value=number("energy_nj"),
    unit=COUNT,
    better="lower",
    limit="max_energy_nj",
    comparison=Exact(max_ratio=1.05, gain="thriftier"),
    tables=("main", "terminal"),
    pictured=True,
    wins=lambda _row: True,
)


@pytest.fixture
def energy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a metric, in the one place there is for it."""
    monkeypatch.setattr(metrics, "METRICS", (*metrics.METRICS, ENERGY))


def spending(name: str, energy_nj: int, **changes: Any) -> Any:
    return row(name, energy_nj=energy_nj, **changes)


def cells(table: str, candidate: str) -> dict[str, str]:
    """Return heading -> cell of a candidate's line in a table for terminals."""
    heads, _, *lines = table.splitlines()
    (line,) = [line for line in lines if line.split()[1:2] == [candidate]]
    split = [re.split(r"\s{2,}", text.strip()) for text in (heads, line)]
    return dict(zip(*split, strict=True))


@pytest.mark.usefixtures("energy")
def test_a_new_metric_has_a_column() -> None:
    table = terminal_table([spending("thrifty", 40), row("silent")])

    assert cells(table, "thrifty")["energy nJ"] == "*40"
    assert cells(table, "silent")["energy nJ"] == "-"


@pytest.mark.usefixtures("energy")
def test_a_new_metric_is_in_the_report(tmp_path: Path) -> None:
    rows = [spending("thrifty", 40), spending("greedy", 80), row("silent")]
    rows[0]["budget"] = {**rows[0]["budget"], "max_energy_nj": 50}
    store.write(record(*rows), tmp_path / "pi" / "raw", "1")
    models = {name: f"sha-{name}" for name in ("thrifty", "greedy", "silent")}

    pages = {path.name: path.read_text(encoding="utf-8") for path in render(tmp_path, models)}

    index = pages["README.md"]
    assert "| energy nJ | energy of one call. |" in index
    winner = [cell.strip() for cell in re.findall(r"\| energy +\|(.*)", index)[0].split("|")[:5]]
    assert winner == ["thrifty", "40", "greedy", "50 % thriftier", "exact"]
    assert "energy per call under 50" in pages["report.md"]
    (picture,) = [text for name, text in pages.items() if name.endswith("accuracy-energy.svg")]
    assert "Accuracy against energy per call" in picture
    assert "greedy" in picture
    assert "silent" not in picture


@pytest.mark.usefixtures("energy")
@pytest.mark.parametrize(
    ("energy_nj", "verdict"),
    [(39, "better"), (40, "same"), (42, "worse within tolerance"), (43, "WORSE")],
)
def test_a_new_metric_is_compared(energy_nj: int, verdict: str) -> None:
    found = compare(record(spending("a", 40)), record(spending("a", energy_nj)))

    (line,) = [line for line in found.table.splitlines() if " energy " in line]
    assert verdict in line
    assert bool(found.regressions) is (verdict == "WORSE")


@pytest.mark.usefixtures("energy")
def test_a_new_metric_can_be_limited() -> None:
    budget = Budget(
        min_accuracy=0.9, max_zipped_bytes=99_999, max_latency_us=9_999, max_energy_nj=50
    )

    assert budget.violations(spending("a", 49)) == ()
    assert budget.violations(spending("a", 50)) == (
        Violation("energy", "energy per call 50 is not under 50"),
    )
    assert budget.violations(row("a")) == ()


def test_a_metric_that_is_not_in_the_table_cannot_be_limited() -> None:
    with pytest.raises(CandidateError, match=r"^unknown limit max_energy_nj; known limits: min_"):
        Budget(min_accuracy=0.9, max_zipped_bytes=1, max_latency_us=1, max_energy_nj=50)


@pytest.mark.parametrize("attribute", ["name", "heading", "limit"])
def test_names_limits_and_headings_of_metrics_are_unique(attribute: str) -> None:
    values = [value for metric in metrics.METRICS if (value := getattr(metric, attribute))]

    assert sorted(set(values)) == sorted(values)


def test_a_metric_is_found_by_its_name() -> None:
    assert metrics.metric("size") is metrics.SIZE


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
def test_every_metric_reads_its_value_from_a_whole_row_and_none_from_an_empty_one(
    metric: Metric,
) -> None:
    unheard = {"unheard": row("a")["operating_rule"]["false_accepts"]["words"]}  # type: ignore[index]
    whole: Any = {**row("a"), "validation": {"score": 0.9}}
    whole["operating_rule"]["false_accepts"] |= unheard
    assert isinstance(metric.value(whole), float)
    assert metric.value({}) is None


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_an_equal_value_does_not_beat(better: Any) -> None:
    metric = Metric(name="m", heading="m", meaning="", value=number("m"), unit=COUNT, better=better)

    beaten = {pair for pair in itertools.product((1, 2), repeat=2) if metric.beats(*pair)}

    assert beaten == {"higher": {(2, 1)}, "lower": {(1, 2)}}[better]
