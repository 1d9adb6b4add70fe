"""The limits a candidate must beat. The common bar lives here; a candidate may only raise it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from harness.errors import CandidateError
from harness.record.metric import Metric
from harness.record.metrics import limited
from harness.record.units import SHARE


class Violation(NamedTuple):
    """A limit that was not beaten: its metric's name, and value and limit in words."""

    metric: str
    text: str


class Budget:
    """
    Strict limits: a value that equals its limit misses it.

    The table of metrics says which limits there are (:func:`~harness.record.metrics.limited`).
    Required are ``min_accuracy`` (share of test clips), ``max_zipped_bytes`` and
    ``max_latency_us`` (median of front-end plus inference); optional are ``min_detection``,
    ``max_false_accepts`` and ``max_false_accepts_on_noise`` (shares of clips that trigger the
    operating rule).

    Raises:
        CandidateError: For an unknown, missing or impossible limit.

    """

    __slots__ = ("_limits",)

    def __init__(self, **limits: float | None) -> None:
        known = {metric.limit: metric for metric in limited()}
        if unknown := sorted(limits.keys() - known):
            msg = f"unknown limit {', '.join(unknown)}; known limits: {', '.join(known)}"
            raise CandidateError(msg)
        for name, metric in known.items():
            _require_possible(metric, limits.get(name))
        self._limits = {name: limits.get(name) for name in known}

    @property
    def limits(self) -> Mapping[str, float | None]:
        """Every limit there can be, by name; None where this budget has none."""
        return MappingProxyType(self._limits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Budget) and self._limits == other._limits

    def __hash__(self) -> int:
        return hash(tuple(self._limits.items()))

    def __repr__(self) -> str:
        given = (f"{name}={limit}" for name, limit in self._limits.items() if limit is not None)
        return f"Budget({', '.join(given)})"

    def tighten(self, **limits: float) -> "Budget":
        """Return a budget with some limits raised; raises CandidateError if one is loosened."""
        tightened = Budget(**{**self._limits, **limits})
        tightened.require_no_looser_than(self)
        return tightened

    def require_no_looser_than(self, bar: "Budget") -> None:
        """Raise CandidateError where a limit of this budget is looser than that of *bar*."""
        for metric in limited():
            value, limit = self._limits.get(metric.limit), bar.limits.get(metric.limit)
            if limit is not None and (value is None or metric.beats(limit, value)):
                msg = (
                    f"a candidate cannot loosen the budget: {metric.limit}={value}; use {limit} "
                    f"or tighter"
                )
                raise CandidateError(msg)

    def violations(self, row: Any, *, certain: bool = False) -> tuple[Violation, ...]:
        """
        Return every limit that *row* does not beat, with value and limit.

        A metric is not judged where the row has no value of it. With *certain*, the worse end
        of a share's 95 % interval must beat the limit, too.
        """
        return tuple(
            Violation(metric.name, text)
            for metric in limited()
            if (limit := self._limits[metric.limit]) is not None
            for text in _broken(metric, row, limit, certain=certain)
        )


def _require_possible(metric: Metric, limit: float | None) -> None:
    fault = f"impossible budget: {metric.limit}={limit}"
    if limit is None:
        if metric.required:
            msg = f"{fault}; every budget limits it, such as {metric.limit}=..."
            raise CandidateError(msg)
    elif metric.unit is not SHARE:
        if not limit > 0:
            msg = f"{fault}; use more than 0"
            raise CandidateError(msg)
    elif metric.better == "higher":
        if not 0 <= limit < 1:
            msg = f"{fault}; use a share from 0 to below 1"
            raise CandidateError(msg)
    elif not 0 < limit <= 1:
        msg = f"{fault}; use a share from above 0 to 1"
        raise CandidateError(msg)


def _broken(metric: Metric, row: Any, limit: float, *, certain: bool) -> Iterator[str]:
    value = metric.value(row)
    if value is None:
        return
    is_not = f"is not {metric.bound} {metric.unit.exact(limit)}"
    share = metric.share(row) if metric.share else None
    if not metric.beats(value, limit):
        yield f"{metric.noun} {metric.unit.exact(value)} {is_not}"
    elif certain and share:
        worst = share["low"] if metric.better == "higher" else share["high"]
        if not metric.beats(worst, limit):
            yield f"{metric.noun} may be {metric.unit.exact(worst)}, which {is_not}"


GO_STOP: Final = ("go", "stop")
"""The task of the exercise, and of every candidate that names no other."""

GO_STOP_BUDGET: Final = Budget(min_accuracy=0.97, max_zipped_bytes=25 * 1024, max_latency_us=8_000)
"""The limits of the exercise: over 97 %, under 25 KiB zipped, under 8 ms median."""
