"""Statistics, against published tables and cases worked by hand."""

import math

import numpy as np
import pytest

from harness import statistics
from harness.decisions import (
    OPERATING_THRESHOLD,
    THRESHOLDS,
    Scores,
    certainty,
    confusion,
    correct,
    of_task,
)
from harness.statistics import (
    Paired,
    Proportion,
    between_groups,
    count,
    percentile,
    proportion,
    spread,
)

LABELS = ("go", "stop", "yes")


def scores(*rows: tuple[float, float, float]) -> Scores:
    return np.array(rows, np.float32)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # By hand, with z squared = 3.8415: centre (0.99 + 0.009604) / 1.019207 = 0.980767,
        # reach the root of 3.8415 * (0.0000495 + 0.0000240), over 1.019207, = 0.016488.
        (198, 200, 0.9643, 0.9973),
    ],
)
def test_the_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    expected = Proportion(hits, total, low, high)
    assert proportion(hits, total) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("total", [1, 20, 212])
def test_the_interval_stays_between_zero_and_one(total: int) -> None:
    assert (proportion(0, total).low, proportion(total, total).high) == pytest.approx((0, 1))


def test_of_no_cases_the_interval_is_everything() -> None:
    assert proportion(0, 0) == Proportion(0, 0, 0.0, 1.0)


def test_hits_are_counted_with_their_interval() -> None:
    assert count(np.array([True, False, True])) == proportion(2, 3)


def test_a_share_is_hits_over_total() -> None:
    assert proportion(198, 200).share == 0.99


def test_a_clip_is_correct_when_its_word_has_the_top_score() -> None:
    rows = scores((0.5, 0.3, 0.2), (0.5, 0.3, 0.2), (0.1, 0.2, 0.7))
    assert correct(rows, ["go", "stop", "yes"], LABELS).tolist() == [True, False, True]


def test_a_word_outside_the_task_counts_as_an_error() -> None:
    assert correct(scores((0.4, 0.0, 0.6)), ["go"], LABELS).tolist() == [False]


def test_confusion_has_a_row_a_word_and_a_column_a_label() -> None:
    rows = scores((0.9, 0.1, 0), (0.9, 0.1, 0), (0.1, 0.9, 0), (0.9, 0.1, 0), (0, 0, 1))
    words = ["go", "go", "go", "stop", "stop"]
    assert confusion(rows, words, ("go", "stop"), LABELS) == [[2, 1, 0], [1, 0, 1]]


def test_confusion_follows_the_order_of_task_and_labels() -> None:
    rows = scores((0.9, 0.1, 0), (0, 0.2, 0.8))
    assert confusion(rows, ["go", "stop"], ("stop", "go"), LABELS) == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("row", "triggered"),
    [
        pytest.param((0.96, 0.04, 0), True, id="sure-and-right"),
        pytest.param((0.94, 0.06, 0), False, id="right-but-unsure"),
        pytest.param((0.04, 0.96, 0), False, id="sure-but-wrong"),
        pytest.param((0.95, 0.05, 0), False, id="at-the-threshold"),
    ],
)
def test_the_rule_is_triggered_by_a_right_answer_above_the_threshold(
    row: tuple[float, float, float],
    triggered: bool,  # noqa: FBT001
) -> None:
    sure = certainty(scores(row), correct(scores(row), ["go"], LABELS))
    assert (sure > OPERATING_THRESHOLD).tolist() == [triggered]


def test_certainty_is_the_top_score_where_it_counts() -> None:
    rows = scores((0.7, 0.2, 0.1), (0.1, 0.1, 0.8))
    assert certainty(rows, np.array([True, False])).tolist() == pytest.approx([0.7, 0])


def test_no_clips_have_no_certainty() -> None:
    assert certainty(np.empty((0, 3), np.float32), np.empty(0, bool)).tolist() == []


def test_only_a_top_score_of_a_word_of_the_task_counts() -> None:
    rows = scores((0.9, 0.1, 0), (0, 0.9, 0.1), (0, 0.1, 0.9))
    assert of_task(rows, ("stop", "go"), LABELS).tolist() == [True, True, False]


def test_thresholds_cover_all_scores_and_hold_the_rule_itself() -> None:
    assert list(THRESHOLDS) == sorted(set(THRESHOLDS))
    assert OPERATING_THRESHOLD in THRESHOLDS
    assert THRESHOLDS[0] < 1 / 8
    assert THRESHOLDS[-1] > 0.999


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0, 10), (25, 17.5), (50, 25), (90, 37), (100, 40)],  # at 3 * percent / 100 of the way
)
def test_percentiles_are_interpolated_linearly(percent: float, expected: float) -> None:
    assert percentile([40, 10, 30, 20], percent) == pytest.approx(expected)


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7], 99) == 7


def test_spread_is_quartile_distance_over_median() -> None:
    assert spread([40, 10, 30, 20]) == pytest.approx((32.5 - 17.5) / 25)


def test_equal_values_have_no_spread() -> None:
    assert spread([5, 5, 5]) == 0


@pytest.mark.parametrize(
    ("lost", "won", "expected"),
    [
        # Of 2 ** 9 ways in which nine clips may fall, 1 + 9 leave at most one won,
        # and as many at most one lost: 20 / 512.
        (8, 1, 20 / 512),
        (1, 8, 20 / 512),
        (5, 0, 2 / 32),
        (6, 0, 2 / 64),
        # 1 + 10 + 45 of 1,024 leave at most two.
        (8, 2, 112 / 1_024),
        # Both tails hold the middle, 2 * (1 + 4 + 6) / 16: more than certain is certain.
        (2, 2, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_p_value_is_that_of_a_fair_coin(lost: int, won: int, expected: float) -> None:
    assert Paired(lost, won).p_value == expected


def test_the_p_value_of_thousands_of_clips_can_be_had() -> None:
    assert Paired(4_000, 0).p_value == 0.0
    assert Paired(2_000, 2_000).p_value == 1.0


@pytest.mark.parametrize(("lost", "expected"), [(5, False), (6, True)])
def test_six_clips_lost_and_none_won_are_the_fewest_beyond_chance(
    lost: int,
    expected: bool,  # noqa: FBT001
) -> None:
    assert Paired(lost, 0).beyond_chance is expected


def test_an_interval_over_groups_is_students() -> None:
    # Shares 0.2, 0.4 and 0.6: mean 0.4, standard error 0.2 / sqrt(3), t at 2 degrees 4.3027.
    hits = np.array([True] * 2 + [False] * 8 + [True] * 4 + [False] * 6 + [True] * 6 + [False] * 4)

    found = between_groups(hits, ["a"] * 10 + ["b"] * 10 + ["c"] * 10)

    assert found is not None
    assert (found.groups, found.low) == (3, 0.0)
    assert found.high == pytest.approx(0.4 + 4.302653 * 0.2 / math.sqrt(3), abs=1e-6)


def test_one_group_does_not_vary() -> None:
    assert between_groups(np.array([True, False]), ["a", "a"]) is None


@pytest.mark.parametrize(
    ("events", "hours", "expected"),
    [
        # Garwood's table of exact limits: 0, 1 and 10 events.
        (0, 1.0, (0.0, 0.0, 3.6889)),
        (1, 1.0, (1.0, 0.0253, 5.5716)),
        (10, 2.0, (5.0, 2.3977, 9.1952)),
    ],
)
def test_a_rate_has_the_exact_interval_of_poisson(
    events: int, hours: float, expected: tuple[float, float, float]
) -> None:
    assert statistics.rate(events, hours) == pytest.approx(expected, abs=1e-4)
