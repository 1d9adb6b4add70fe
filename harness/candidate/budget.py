"""The limits a candidate must beat. The common bar lives here; a candidate may only raise it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

from harness.errors import CandidateError
from harness.statistics import Proportion

METRICS: Final = ("accuracy", "size", "latency", "detection", "false accepts")


class Violation(NamedTuple):
    """A limit that was not beaten: which, and value and limit in words."""

    metric: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Budget:
    """
    Strict limits: a value that equals its limit misses it. The last two are optional.

    Attributes:
        min_accuracy: Share of test clips classified correctly, to be exceeded.
        max_zipped_bytes: Of the zipped ``.tflite``, to stay under.
        max_latency_us: Median of front-end plus inference, to stay under.
        min_detection: Share of test clips that are classified correctly and
            acted on by the operating rule, to be exceeded.
        max_false_accepts: Share that it acts on of the clips of other words,
            and of those of noise, to stay under.

    """

    min_accuracy: float
    max_zipped_bytes: int
    max_latency_us: float
    min_detection: float | None = None
    max_false_accepts: float | None = None

    def __post_init__(self) -> None:
        for name in ("min_accuracy", "min_detection"):
            share = getattr(self, name)
            if share is not None and not 0 <= share < 1:
                msg = f"impossible budget: {name}={share}; use a share from 0 to below 1"
                raise CandidateError(msg)
        if self.max_false_accepts is not None and not 0 < self.max_false_accepts <= 1:
            fault = f"max_false_accepts={self.max_false_accepts}"
            msg = f"impossible budget: {fault}; use a share from above 0 to 1"
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
            if limit is None:
                continue
            lower = field.name.startswith("min_")
            if value is None or (value < limit if lower else value > limit):
                fault = f"{field.name}={value}"
                msg = f"a candidate cannot loosen the budget: {fault}; use {limit} or tighter"
                raise CandidateError(msg)

    def violations(  # noqa: PLR0913  (one for each limit)
        self,
        *,
        accuracy: Proportion,
        zipped_bytes: int,
        latency_us: float,
        detected: Proportion,
        false_accepts: Mapping[str, Proportion],
        certain: bool = False,
    ) -> tuple[Violation, ...]:
        """
        Return every limit that is not beaten, with value and limit.

        *false_accepts* are of several kinds, each judged alone, and not at all where there
        are no clips of it. With *certain*, the lower end of the accuracy's interval must
        beat the limit, too.
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
        return (*found, *self._broken_rule(detected, false_accepts))

    def _broken_rule(
        self, detected: Proportion, false_accepts: Mapping[str, Proportion]
    ) -> Iterator[Violation]:
        least, most = self.min_detection, self.max_false_accepts
        if least is not None and not detected.share > least:
            text = f"detection {detected.share:.2%} is not over {least:.2%}"
            yield Violation("detection", text)
        for kind, accepted in false_accepts.items():
            if most is not None and accepted.total and not accepted.share < most:
                text = f"false accepts of {kind} {accepted.share:.2%} are not under {most:.2%}"
                yield Violation("false accepts", text)


GO_STOP: Final = ("go", "stop")
"""The task of the exercise, and of every candidate that names no other."""

GO_STOP_BUDGET: Final = Budget(min_accuracy=0.97, max_zipped_bytes=25 * 1024, max_latency_us=8_000)
"""The limits of the exercise: over 97 %, under 25 KiB zipped, under 8 ms median."""
