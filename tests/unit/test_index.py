"""Who is best at what, by how much and how sure that is, worked by hand."""

from collections.abc import Collection
from typing import Any

import pytest

from harness.record.schema import Measurement
from harness.report.collect import Board
from harness.report.group import Group, Row
from harness.report.index import index_page
from harness.report.winners import winners
from tests.unit.records import EXACT, FRESH, NOTE, SEED, record, row, share

WINDOWS = (98.0, 99.0, 100.0, 101.0, 102.0)


def scored(*, wrong: Collection[int] = (), unsure: Collection[int] = ()) -> dict[str, Any]:
    """Return a row of 100 clips of "go", some of them wrong, some below the threshold."""
    clips = range(100)
    right = {i: [0.9, 0.1] if i in unsure else [0.96, 0.04] for i in clips}
    scores = {f"go/{i}.wav": right[i][::-1] if i in wrong else right[i] for i in clips}
    low = len(set(wrong) | set(unsure))
    accepted = {"words": share(2, 100), "digits": {"people": share(2, 100)}, "noise": share(0, 361)}
    rule = {"threshold": 0.95, "detected": share(100 - low, 100), "false_accepts": accepted}
    accuracy = {"correct": 100 - len(wrong), "total": 100, "low": 0.98, "high": 1.0}
    return {"scores": scores, "accuracy": accuracy, "operating_rule": rule}


def timed(*windows: float) -> dict[str, Any]:
    times = {**row("")["latency_us"], "total": {"p50": sorted(windows)[2]}}  # type: ignore[dict-item]
    return {"latency_us": times, "windows": [{"p50_us": p50, "board": {}} for p50 in windows]}


def group(*measurements: Measurement, **dataset: Any) -> Group:
    kept = record(*measurements, **dataset)
    return Group(dataset=kept["dataset"], rows=[Row(m, kept) for m in measurements])


def best(at: str, *measurements: Measurement) -> tuple[str, ...]:
    """Return who is best at something, by what value, ahead of whom, by how much, how surely."""
    (winner,) = [winner for winner in winners(group(*measurements)) if winner.at == at]
    return winner[1:]


def test_a_lead_in_clips_names_the_clips_that_only_one_has_right() -> None:
    good, worse = row("good", **scored(wrong=[1])), row("worse", **scored(wrong=[2, 3, 4]))

    # Of 2 ** 4 ways in which four clips may fall, 1 + 4 leave at most one lost: 2 * 5 / 16.
    assert best("accuracy", worse, good) == (
        *("good", "99.0 % (98.0-100.0 %)", "worse", "2 of 100 clips"),
        "3 won, 1 lost: may be chance (p = 0.62)",
    )


def test_a_lead_beyond_chance_is_reported_as_such() -> None:
    good, worse = row("good", **scored()), row("worse", **scored(unsure=range(8)))

    assert best("detection", good, worse) == (
        *("good", "100.0 %, at 2.0 % false accepts on digits", "worse", "8 of 100 clips"),
        "8 won, 0 lost: beyond chance (p < 0.01)",
    )


def test_the_smaller_of_equals_wins() -> None:
    size = {"raw_bytes": 1, "zipped_bytes": 9_216}
    big, small = row("big", **scored()), row("small", **scored(), size=size)

    ahead = ("small", "100.0 % (98.0-100.0 %)", "big", "being smaller")
    assert best("accuracy", big, small)[:4] == ahead
    assert best("size", big, small) == ("small", "9.00 KiB", "big", "10 % smaller", "exact")


def test_a_candidate_with_many_false_accepts_is_not_best_at_detection() -> None:
    eager = row("eager", **scored())
    eager["operating_rule"]["false_accepts"]["words"] = share(3, 100)  # type: ignore[index]

    assert best("detection", eager, row("quiet", **scored(unsure=[1])))[0] == "quiet"


def test_a_lead_in_latency_counts_windows_measured_side_by_side() -> None:
    slow, fast = row("slow", **timed(*WINDOWS)), row("fast", **timed(80, 80, 80, 81, 200))

    assert best("latency", slow, fast) == (
        *("fast", "80.0 µs", "slow", "20 % faster", "faster in 4 of 5 windows"),
    )


def test_windows_of_two_runs_are_not_side_by_side() -> None:
    slow, fast = row("slow", **timed(*WINDOWS)), row("fast", **timed(80, 80, 80, 81, 82))
    rows = [Row(slow, record(slow)), Row(fast, record(fast))]
    two_runs = Group(dataset=record()["dataset"], rows=rows)

    (winner,) = [winner for winner in winners(two_runs) if winner.at == "latency"]
    assert winner.sureness == "not measured side by side"


def test_windows_measured_again_are_not_side_by_side() -> None:
    attempts = [{"reasons": ["the board was throttled"], "p50s_us": [1.0]}]
    slow, fast = row("slow", **timed(*WINDOWS)), row("fast", **timed(*[80.0] * 5))

    again = row("fast", **timed(*[80.0] * 5), attempts=attempts)

    assert best("latency", slow, fast)[-1] == "faster in 5 of 5 windows"
    assert best("latency", slow, again)[-1] == "not measured side by side"


def test_a_single_candidate_is_ahead_of_nobody() -> None:
    assert best("accuracy", row("alone", **scored()))[2:] == ("-", "-", "-")


def test_only_those_that_pass_can_win() -> None:
    rows = (row("good"), EXACT, row("fast", **timed(*[1.0] * 5), verdict="invalid"), SEED, FRESH)

    assert best("latency", *rows)[:1] == ("good",)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("good"), SEED, FRESH], "1 of 3 candidates pass, 1 of them not for certain."),
        ([row("good", **scored())], "1 of 1 candidates pass."),
        ([SEED, FRESH], "0 of 2 candidates pass."),
    ],
)
def test_the_index_counts_who_passes(rows: list[Measurement], expected: str) -> None:
    assert f"\n\n{expected}\n\n" in index_page([Board("a-board", [group(*rows)])])


def test_the_index_says_which_results_are_of_synthetic_voices() -> None:
    page = index_page([Board("a-board", [group(row("good"), name="espeak", note=NOTE)])])

    assert "### go/stop on espeak (synthetic voices, not people)\n" in page
