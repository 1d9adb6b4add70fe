"""The verdict on one candidate: its limits, what it is known to miss, and whether to believe it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from harness.candidate.budget import Violation
from harness.candidate.candidate import Candidate

Verdict = Literal["pass", "fail", "invalid", "miss", "error"]


class Judgement(NamedTuple):
    """A verdict, and every reason for it."""

    verdict: Verdict
    reasons: tuple[str, ...]


def fails(verdict: str, *, strict_board: bool) -> bool:
    """Whether a *verdict* fails the run; an invalid row does if the board is to be strict."""
    return verdict in ("fail", "error") or (verdict == "invalid" and strict_board)


def judge(
    candidate: Candidate, dataset: str, violations: Sequence[Violation], invalid: Sequence[str]
) -> Judgement:
    """
    Judge measured values.

    Expected misses are strict on the data sets a candidate names; on others
    the metrics they name are not judged.
    """
    if invalid:
        return Judgement("invalid", tuple(invalid))
    expected = candidate.misses.get(dataset)
    if expected is None:
        unjudged = {metric for metrics in candidate.misses.values() for metric in metrics}
        broken = tuple(v.text for v in violations if v.metric not in unjudged)
        return Judgement("fail" if broken else "pass", broken)
    surprises = tuple(v.text for v in violations if v.metric not in expected)
    beaten = tuple(
        f"{metric} beats its limit; remove it from misses"
        for metric in expected
        if metric not in {v.metric for v in violations}
    )
    if surprises or beaten:
        return Judgement("fail", surprises + beaten)
    return Judgement("miss" if expected else "pass", tuple(v.text for v in violations))
