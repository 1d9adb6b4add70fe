"""What a study wants: metrics to be as good as possible, and limits to be beaten."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from harness.candidate.candidate import Candidate
from harness.errors import SearchError
from harness.record import metrics
from harness.record.metric import Metric

_VERDICTS: Final = (metrics.DIGITS.name, metrics.SYNTHETIC_DIGITS.name)

Better = Literal["higher", "lower"]

_LEAST: Final = 1e-9
"""Excess of a value that equals its limit, and so misses it."""


@dataclass(frozen=True)
class Goal:
    """
    What is wanted of one metric.

    Attributes:
        metric: Name of the metric, one of the table of metrics.
        better: Which of two values is better; by default as the table of metrics says.
        limit: Value that a candidate must beat. It then is a constraint: beating it by more
            is no better.

    """

    metric: str
    _: KW_ONLY
    better: Better | None = None
    limit: float | None = None


class Constraint(NamedTuple):
    """A metric, and the limit that a candidate must beat."""

    metric: Metric
    limit: float

    def excess(self, row: Any, *, surely: bool = False) -> float:
        """
        Return the share of the limit that *row* misses it by: 0 if it does not, or is not known to.

        With *surely*, the better end of a share's 95 % interval counts in place of the share.
        """
        value = self.metric.value(row)
        share = self.metric.share(row) if surely and self.metric.share else None
        if share:
            value = share["high"] if self.metric.better == "higher" else share["low"]
        if value is None or self.metric.beats(value, self.limit):
            return 0.0
        return max(abs(value - self.limit) / (abs(self.limit) or 1.0), _LEAST)

    def text(self, row: Any) -> str:
        """Return the value in *row* and the limit that it misses, in words."""
        metric, value = self.metric, self.metric.value(row)
        found = "unknown" if value is None else metric.unit.exact(value)
        return f"{metric.noun} {found} is not {metric.bound} {metric.unit.exact(self.limit)}"


@dataclass(frozen=True, kw_only=True)
class Aims:
    """
    What a study wants.

    Attributes:
        objectives: Metrics that are to be as good as possible, the most important first.
        constraints: Limits that are to be beaten.

    """

    objectives: tuple[Metric, ...]
    constraints: tuple[Constraint, ...]

    def losses(self, row: Any) -> tuple[float, ...]:
        """Return the value of *row* in each objective, less being better; a gap is infinite."""
        return tuple(_loss(metric, row) for metric in self.objectives)

    def excess(self, row: Any, *, surely: bool = False) -> float:
        """Return by how much *row* misses the limits, or does *surely*, summed as their shares."""
        return sum(constraint.excess(row, surely=surely) for constraint in self.constraints)

    def facts(self) -> dict[str, Any]:
        """Return the aims as JSON, from which :func:`aims_in` makes them again."""
        return {
            "objectives": {metric.name: metric.better for metric in self.objectives},
            "limits": {c.metric.name: [c.limit, c.metric.better] for c in self.constraints},
        }


def aims_in(facts: Mapping[str, Any]) -> Aims:
    """Return the aims that :meth:`Aims.facts` wrote down."""
    return Aims(
        objectives=tuple(_metric(name, better) for name, better in facts["objectives"].items()),
        constraints=tuple(
            Constraint(_metric(name, better), limit)
            for name, (limit, better) in facts["limits"].items()
        ),
    )


def aims_of(goals: Iterable[str | Goal], base: Candidate) -> Aims:
    """Return *goals*, and the limits of the budget of *base*; raises SearchError."""
    every = [Goal(goal) if isinstance(goal, str) else goal for goal in goals]
    objectives = [_metric(goal.metric, goal.better) for goal in every if goal.limit is None]
    if not objectives or len({metric.name for metric in objectives}) < len(objectives):
        refuse(f"goals={tuple(goals)}", "one or more different metrics without a limit")
    own = [Constraint(_metric(g.metric, g.better), g.limit) for g in every if g.limit is not None]
    budget = base.limits.limits
    common = [
        Constraint(metric, limit)
        for metric in metrics.limited()
        if (limit := budget[metric.limit]) is not None
        if metric.name not in {constraint.metric.name for constraint in own}
    ]
    return Aims(objectives=tuple(objectives), constraints=(*own, *common))


def refuse(fault: str, wanted: str) -> None:
    """Raise SearchError for a space that cannot be searched."""
    msg = f"impossible space: {fault}; use {wanted}"
    raise SearchError(msg)


def _loss(metric: Metric, row: Any) -> float:
    value = metric.value(row)
    if value is None:
        return float("inf")
    return -value if metric.better == "higher" else value


def _metric(name: str, better: Better | None) -> Metric:
    known = {metric.name: metric for metric in metrics.METRICS}
    if name not in known:
        refuse(f"{name!r} is no metric", f"one of {', '.join(known)}")
    if name in _VERDICTS:
        refuse(f"no search measures {name}", "another metric: digits are for the verdict alone")
    found = replace(known[name], better=better or known[name].better)
    if found.better is None:
        wanted = f'Goal("{name}", better="higher") or better="lower"'
        refuse(f"neither more nor less of {name} is better", wanted)
    return found
