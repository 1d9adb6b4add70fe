"""The limits a candidate must beat. The common bar lives here; a candidate may only raise it."""

from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

from harness.errors import CandidateError
from harness.metrics import Proportion

METRICS: Final = ("accuracy", "size", "latency")


class Violation(NamedTuple):
    """A limit that was not beaten: which, and value and limit in words."""

    metric: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Budget:
    """
    Three strict limits: a value that equals its limit misses it.

    Attributes:
        min_accuracy: Share of test clips classified correctly, to be exceeded.
        max_zipped_bytes: Of the zipped ``.tflite``, to stay under.
        max_latency_us: Median of front-end plus inference, to stay under.

    """

    min_accuracy: float
    max_zipped_bytes: int
    max_latency_us: float

    def __post_init__(self) -> None:
        if not 0 <= self.min_accuracy < 1:
            fault = f"min_accuracy={self.min_accuracy}"
            msg = f"impossible budget: {fault}; use a share from 0 to below 1"
            raise CandidateError(msg)
        for name in ("max_zipped_bytes", "max_latency_us"):
            if getattr(self, name) <= 0:
                msg = f"impossible budget: {name}={getattr(self, name)}; use more than 0"
                raise CandidateError(msg)

    def tighten(self, **limits: float) -> "Budget":
        """Return a budget with some limits raised; raises CandidateError if one is loosened."""
        known = [field.name for field in fields(self)]
        unknown = sorted(set(limits) - set(known))
        if unknown:
            msg = f"unknown limit {', '.join(unknown)}; known limits: {', '.join(known)}"
            raise CandidateError(msg)
        tightened = replace(self, **limits)  # type: ignore[arg-type]  # names checked above
        tightened.require_no_looser_than(self)
        return tightened

    def require_no_looser_than(self, bar: "Budget") -> None:
        """Raise CandidateError where a limit of this budget is looser than that of *bar*."""
        for field in fields(self):
            value, limit = getattr(self, field.name), getattr(bar, field.name)
            looser = value < limit if field.name.startswith("min_") else value > limit
            if looser:
                fault = f"{field.name}={value}"
                msg = f"a candidate cannot loosen the budget: {fault}; use {limit} or tighter"
                raise CandidateError(msg)

    def violations(
        self, *, accuracy: Proportion, zipped_bytes: int, latency_us: float, certain: bool = False
    ) -> tuple[Violation, ...]:
        """
        Return every limit that is not beaten, with value and limit.

        With *certain*, the lower end of the accuracy's interval must beat the limit, too.
        """
        found = []
        if not accuracy.share > self.min_accuracy:
            text = f"accuracy {accuracy.share:.2%} is not over {self.min_accuracy:.2%}"
            found.append(Violation("accuracy", text))
        elif certain and not accuracy.low > self.min_accuracy:
            text = f"accuracy may be {accuracy.low:.2%}, which is not over {self.min_accuracy:.2%}"
            found.append(Violation("accuracy", text))
        if not zipped_bytes < self.max_zipped_bytes:
            text = f"zipped size {zipped_bytes:,} B is not under {self.max_zipped_bytes:,} B"
            found.append(Violation("size", text))
        if not latency_us < self.max_latency_us:
            text = f"latency {latency_us:,.1f} µs is not under {self.max_latency_us:,.1f} µs"
            found.append(Violation("latency", text))
        return tuple(found)


GO_STOP: Final = ("go", "stop")
"""The task of the exercise, and of every candidate that names no other."""

GO_STOP_BUDGET: Final = Budget(min_accuracy=0.97, max_zipped_bytes=25 * 1024, max_latency_us=8_000)
"""The limits of the exercise: over 97 %, under 25 KiB zipped, under 8 ms median."""
