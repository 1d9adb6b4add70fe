import pytest

from harness import Candidate
from harness.candidate.budget import Violation
from harness.measure.verdict import Judgement, fails, judge, not_judged
from tests.unit.models import build

MINI, OTHER = "mini_speech_commands", "espeak"
ACCURACY = Violation("accuracy", "accuracy 96.00% is not over 97.00%")
SIZE = Violation("size", "zipped size 30,000 B is not under 25,600 B")
LATENCY = Violation("latency", "latency 9,000.0 µs is not under 8,000.0 µs")


PLAIN = Candidate(network=build)
KNOWN = Candidate(network=build, misses={MINI: ("accuracy", "size")})
"""Known to miss two limits on mini_speech_commands."""


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [("pass", (False, False)), ("miss", (False, False)), ("invalid", (False, True))]
    + [(verdict, (True, True)) for verdict in ("fail", "error")],
)
def test_fail_and_error_fail_a_run_and_invalid_does_with_a_strict_board(
    verdict: str, expected: tuple[bool, bool]
) -> None:
    assert tuple(fails(verdict, strict_board=strict) for strict in (False, True)) == expected


def test_every_limit_beaten_is_a_pass() -> None:
    assert judge(PLAIN, MINI, [], []) == Judgement("pass", ())


def test_every_limit_missed_is_a_reason_to_fail() -> None:
    judgement = judge(PLAIN, MINI, [ACCURACY, SIZE, LATENCY], [])

    assert judgement == Judgement("fail", (ACCURACY.text, SIZE.text, LATENCY.text))


def test_exactly_the_expected_misses_are_a_miss() -> None:
    judgement = judge(KNOWN, MINI, [ACCURACY, SIZE], [])

    assert judgement == Judgement("miss", (ACCURACY.text, SIZE.text))


def test_another_miss_than_the_expected_ones_fails() -> None:
    judgement = judge(KNOWN, MINI, [ACCURACY, SIZE, LATENCY], [])

    assert judgement == Judgement("fail", (LATENCY.text,))


def test_an_unexpected_pass_fails() -> None:
    judgement = judge(KNOWN, MINI, [SIZE], [])

    assert judgement == Judgement(
        "fail", ("accuracy beats its limit, though a miss is expected; remove it from misses",)
    )


def test_another_miss_and_an_unexpected_pass_are_both_reported() -> None:
    judgement = judge(KNOWN, MINI, [ACCURACY, LATENCY], [])

    reasons = (
        LATENCY.text,
        "size beats its limit, though a miss is expected; remove it from misses",
    )
    assert judgement == Judgement("fail", reasons)


@pytest.mark.parametrize("violations", [[], [ACCURACY], [ACCURACY, SIZE]], ids=len)
def test_on_other_data_sets_a_metric_known_to_miss_is_not_judged(
    violations: list[Violation],
) -> None:
    assert judge(KNOWN, OTHER, violations, []) == Judgement("pass", ())


@pytest.mark.parametrize(
    ("candidate", "dataset", "expected"),
    [(KNOWN, OTHER, ("accuracy", "size")), (KNOWN, MINI, ()), (PLAIN, OTHER, ())],
)
def test_what_is_not_judged_is_what_is_missed_on_the_data_sets_named(
    candidate: Candidate, dataset: str, expected: tuple[str, ...]
) -> None:
    assert not_judged(candidate, dataset) == expected


def test_on_other_data_sets_the_other_metrics_are_judged() -> None:
    judgement = judge(KNOWN, OTHER, [ACCURACY, LATENCY], [])

    assert judgement == Judgement("fail", (LATENCY.text,))


@pytest.mark.parametrize("violations", [[], [SIZE]], ids=["would pass", "would fail"])
@pytest.mark.parametrize("candidate", [PLAIN, KNOWN], ids=["plain", "known"])
def test_invalid_wins_over_everything(candidate: Candidate, violations: list[Violation]) -> None:
    assert judge(candidate, MINI, violations, ["throttled"]) == Judgement("invalid", ("throttled",))
