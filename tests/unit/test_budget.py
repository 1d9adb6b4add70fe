"""The budget: strict limits, and a bar that can only be raised."""

import pickle
from typing import Any

import pytest

from harness.candidate.budget import GO_STOP_BUDGET, Budget, Violation
from harness.errors import CandidateError
from harness.record.metrics import limited

BAR = Budget(min_accuracy=0.9, max_zipped_bytes=1_000, max_latency_us=2_000)


def share(count: int, total: int = 10_000, *, low: float = 0.0) -> dict[str, float]:
    """Return *count* of *total* clips, with an interval that begins at *low*."""
    return {"count": count, "total": total, "low": low, "high": 1.0}


def rule(detected: int = 99, words: int = 0, noise: int = 0, *, others: int = 100) -> Any:
    """Return counts of clips that trigger the operating rule, of 100 clips but for *others*."""
    digits = {"people": share(noise, 100), "synthetic": share(noise, 100)}
    accepted = {
        "words": share(words, others),
        "unheard": share(words, others),
        "noise": share(noise, 100),
        "digits": digits,
    }
    return {"detected": share(detected, 100), "false_accepts": accepted}


def row(accuracy: Any = None, zipped_bytes: float = 1, latency_us: float = 1, **rest: Any) -> Any:
    """Return a row that beats every limit, but for what is given."""
    return {
        "accuracy": accuracy or share(10_000),
        "size": {"zipped_bytes": zipped_bytes},
        "latency_us": {"total": {"p50": latency_us}},
        "operating_rule": rule(),
        **rest,
    }


def test_the_budget_of_the_exercise() -> None:
    expected = Budget(min_accuracy=0.97, max_zipped_bytes=25_600, max_latency_us=8_000)
    assert expected == GO_STOP_BUDGET


def test_values_just_inside_the_limits_break_none() -> None:
    inside: dict[str, Any] = {"accuracy": share(9_001), "zipped_bytes": 999, "latency_us": 1_999.9}
    assert BAR.violations(row(**inside)) == ()


def test_a_limit_met_exactly_is_missed() -> None:
    met: dict[str, Any] = {"accuracy": share(9_000), "zipped_bytes": 1_000, "latency_us": 2_000}
    broken = BAR.violations(row(**met))
    assert [violation.metric for violation in broken] == ["accuracy", "size", "latency"]


def test_every_broken_limit_is_named_with_value_and_limit() -> None:
    bad: dict[str, Any] = {"accuracy": share(8_567), "zipped_bytes": 34_925}
    bad["latency_us"] = 12_345.67
    assert BAR.violations(row(**bad)) == (
        Violation("accuracy", "accuracy 85.67% is not over 90.00%"),
        Violation("size", "zipped size 34,925 B is not under 1,000 B"),
        Violation("latency", "latency 12,345.7 µs is not under 2,000.0 µs"),
    )


@pytest.mark.parametrize(
    ("measured", "broken"),
    [
        pytest.param({"accuracy": share(5_000)}, "accuracy", id="accuracy"),
        pytest.param({"zipped_bytes": 5_000}, "size", id="size"),
        pytest.param({"latency_us": 5_000}, "latency", id="latency"),
        pytest.param({"latency_us": float("nan")}, "latency", id="latency-no-number"),
    ],
)
def test_one_broken_limit_is_named_alone(measured: dict[str, Any], broken: str) -> None:
    found = BAR.violations(row(**measured))
    assert [violation.metric for violation in found] == [broken]


@pytest.mark.parametrize("low", [0.0, 0.9], ids=["below", "at"])
def test_an_interval_that_includes_the_limit_misses_it_with_certain(low: float) -> None:
    measured = row(accuracy=share(9_500, low=low))

    text = f"accuracy may be {low:.2%}, which is not over 90.00%"
    assert BAR.violations(measured) == ()
    assert BAR.violations(measured, certain=True) == (Violation("accuracy", text),)


def test_an_interval_above_the_limit_is_certain() -> None:
    assert BAR.violations(row(accuracy=share(9_500, low=0.901)), certain=True) == ()


def test_a_missed_limit_is_reported_once_with_certain() -> None:
    (broken,) = BAR.violations(row(accuracy=share(9_000)), certain=True)

    assert broken.text == "accuracy 90.00% is not over 90.00%"


def test_a_tightened_budget_keeps_the_other_limits() -> None:
    expected = Budget(min_accuracy=0.9, max_zipped_bytes=500, max_latency_us=2_000)
    assert BAR.tighten(max_zipped_bytes=500) == expected


def test_a_limit_may_be_repeated() -> None:
    assert BAR.tighten(min_accuracy=0.9, max_zipped_bytes=1_000, max_latency_us=2_000) == BAR


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        pytest.param(
            {"min_accuracy": 0.89}, "min_accuracy=0.89; use 0.9 or tighter", id="accuracy"
        ),
        pytest.param(
            {"max_zipped_bytes": 1_001}, "max_zipped_bytes=1001; use 1000 or tighter", id="size"
        ),
        pytest.param(
            {"max_latency_us": 2_000.5}, "max_latency_us=2000.5; use 2000 or tighter", id="latency"
        ),
    ],
)
def test_a_candidate_cannot_lower_the_bar(limits: dict[str, float], fault: str) -> None:
    with pytest.raises(CandidateError, match=f"^a candidate cannot loosen the budget: {fault}"):
        BAR.tighten(**limits)


def test_an_unknown_limit_is_refused_and_the_known_ones_are_listed() -> None:
    fault = "unknown limit max_size; known limits: min_accuracy, max_zipped_bytes, max_latency_us, "
    with pytest.raises(CandidateError, match=f"^{fault}"):
        BAR.tighten(max_size=3)


@pytest.mark.parametrize("share", [-0.01, 1, 97, float("nan")])
def test_an_accuracy_limit_that_cannot_be_exceeded_is_refused(share: float) -> None:
    fault = f"impossible budget: min_accuracy={share}; use a share from 0 to "
    with pytest.raises(CandidateError, match=f"^{fault}"):
        Budget(min_accuracy=share, max_zipped_bytes=1, max_latency_us=1)


@pytest.mark.parametrize("limit", ["max_zipped_bytes", "max_latency_us"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_that_nothing_can_stay_under_is_refused(limit: str, value: int) -> None:
    fault = f"impossible budget: {limit}={value}; use more than 0"
    with pytest.raises(CandidateError, match=f"^{fault}$"):
        BAR.tighten(**{limit: value})


HEARD = "max_false_accepts_on_heard_words"
RULE = BAR.tighten(min_detection=0.9, max_false_accepts_on_heard_words=0.03)
STRICT = RULE.tighten(
    max_false_accepts_on_digits=0.02,
    max_false_accepts_on_synthetic_digits=0.02,
    max_false_accepts_per_hour=1,
    max_missed_words=0.05,
    max_false_accepts_on_unheard_words=0.03,
    max_false_accepts_on_noise=0.02,
)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        pytest.param(rule(detected=91), [], id="detects-enough"),
        pytest.param(
            rule(detected=90),
            [("detection", "detection 90.00% is not over 90.00%")],
            id="detects-no-more-than-the-limit",
        ),
        pytest.param(
            rule(words=3),
            [
                (
                    "false accepts on heard words",
                    "false-accept rate on heard words 3.00% is not under 3.00%",
                )
            ],
            id="accepts-other-words",
        ),
        pytest.param(rule(noise=10), [], id="each-kind-is-limited-alone"),
        pytest.param(rule(others=0), [], id="nothing-to-accept-is-not-judged"),
    ],
)
def test_the_operating_rule_may_have_limits(measured: Any, expected: list[Any]) -> None:
    assert list(RULE.violations(row(operating_rule=measured))) == expected


def test_every_limit_is_one_that_may_be_missed() -> None:
    stream = {"false_accepts": {"per_hour": 9}, "missed": share(10, 100)}
    wrong = rule(detected=0, words=9, noise=9)
    bad = row(share(0), 9_999, 9_999, operating_rule=wrong, stream=stream)

    broken = [violation.metric for violation in STRICT.violations(bad)]

    assert broken == [metric.name for metric in limited()]


def test_without_such_limits_the_operating_rule_is_not_judged() -> None:
    assert BAR.violations(row(operating_rule=rule(detected=0, words=9, noise=9))) == ()


def test_a_metric_that_a_row_lacks_is_not_judged() -> None:
    assert RULE.violations(row(operating_rule={"threshold": 0.95})) == ()


def test_a_required_limit_that_is_missing_is_refused() -> None:
    fault = "impossible budget: max_latency_us=None; every budget limits it"
    with pytest.raises(CandidateError, match=f"^{fault}"):
        Budget(min_accuracy=0.9, max_zipped_bytes=1)


def test_a_budget_is_a_value() -> None:
    again = BAR.tighten(max_zipped_bytes=1_000)

    assert (again, hash(again)) == (BAR, hash(BAR))
    assert pickle.loads(pickle.dumps(BAR)) == BAR  # noqa: S301  (our own)
    assert repr(BAR) == "Budget(min_accuracy=0.9, max_zipped_bytes=1000, max_latency_us=2000)"
    with pytest.raises(TypeError):
        BAR.limits["min_accuracy"] = 0.1  # type: ignore[index]


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        ({"min_detection": 0.8}, "min_detection=0.8; use 0.9 or tighter"),
        ({"min_detection": None}, "min_detection=None; use 0.9 or tighter"),
        (
            {"max_false_accepts_on_heard_words": 0.1},
            "max_false_accepts_on_heard_words=0.1; use 0.03 or tighter",
        ),
        (
            {"max_false_accepts_on_heard_words": None},
            "max_false_accepts_on_heard_words=None; use 0.03 or tighter",
        ),
    ],
)
def test_a_limit_that_was_set_cannot_be_taken_back(limits: Any, fault: str) -> None:
    with pytest.raises(CandidateError, match=f"^a candidate cannot loosen the budget: {fault}"):
        RULE.tighten(**limits)


@pytest.mark.parametrize("share", [-0.1, 1])
def test_a_detection_that_cannot_be_exceeded_is_refused(share: float) -> None:
    fault = f"impossible budget: min_detection={share}; use a share from 0 to below 1"
    with pytest.raises(CandidateError, match=f"^{fault}$"):
        BAR.tighten(min_detection=share)


@pytest.mark.parametrize("share", [0, 1.1])
def test_false_accepts_nothing_can_stay_under_are_refused(share: float) -> None:
    fault = f"impossible budget: {HEARD}={share}; use a share from above 0 to 1"
    with pytest.raises(CandidateError, match=f"^{fault}$"):
        BAR.tighten(**{HEARD: share})
