"""The verdict on one candidate, from missed limits, expected misses and invalid times."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from harness.candidate.budget import Violation
from harness.candidate.candidate import Candidate
from harness.record.metrics import limited

Verdict = Literal["pass", "fail", "invalid", "miss", "error"]


class Judgement(NamedTuple):
    """
    A verdict, and every reason for it.

    Attributes:
        verdict: The verdict.
        reasons: Missed limits, or why the times are invalid; empty for a clean pass.

    """

    verdict: Verdict
    reasons: tuple[str, ...]


def fails(verdict: str, *, strict_board: bool) -> bool:
    """Return whether *verdict* fails the run; ``invalid`` does only with *strict_board*."""
    return verdict in ("fail", "error") or (verdict == "invalid" and strict_board)


def not_judged(candidate: Candidate, dataset: str) -> tuple[str, ...]:
    """
    Return the names of the metrics that are not judged on *dataset*.

    Those are the expected misses on other data sets, if the candidate does not name this one.
    """
    if dataset in candidate.misses:
        return ()
    missed = {metric for metrics in candidate.misses.values() for metric in metrics}
    return tuple(metric.name for metric in limited() if metric.name in missed)


def judge(
    candidate: Candidate, dataset: str, violations: Sequence[Violation], invalid: Sequence[str]
) -> Judgement:
    """
    Return the verdict on measured values.

    Expected misses are strict on the data sets that the candidate names. On other data
    sets their metrics are not judged (:func:`not_judged`).

    Args:
        candidate: The candidate.
        dataset: Name of the data set.
        violations: Limits that were missed.
        invalid: Reasons why the times are invalid.

    """
    if invalid:
        return Judgement("invalid", tuple(invalid))
    expected = candidate.misses.get(dataset)
    if expected is None:
        unjudged = not_judged(candidate, dataset)
        broken = tuple(v.text for v in violations if v.metric not in unjudged)
        return Judgement("fail" if broken else "pass", broken)
    surprises = tuple(v.text for v in violations if v.metric not in expected)
    beaten = tuple(
        f"{metric} beats its limit, though a miss is expected; remove it from misses"
        for metric in expected
        if metric not in {v.metric for v in violations}
    )
    if surprises or beaten:
        return Judgement("fail", surprises + beaten)
    return Judgement("miss" if expected else "pass", tuple(v.text for v in violations))
