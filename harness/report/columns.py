"""The columns of the table: heading, value, better direction and format, one line each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

KIB: Final = 1024

Best = Callable[[Sequence[float]], float]


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    One column of a table of measurements.

    Attributes:
        heading: With the unit.
        value: What it holds for one measurement that is no error; None for nothing.
        show: That value as text.
        best: Which of all values to mark, if one is better than another.

    """

    heading: str
    value: Callable[[Any], Any]
    show: Callable[[Any], str]
    best: Best | None = None


def percent(share: Any) -> str:
    """Return a share as percent, with one decimal."""
    return f"{100 * share:.1f} %"


def interval(share: Any) -> str:
    """Return the interval of a count, as percent."""
    return f"{100 * share['low']:.1f}-{100 * share['high']:.1f} %"


def accuracy(row: Any) -> float:
    """Share of test clips classified correctly, of a row that is no error."""
    return float(row["accuracy"]["correct"] / row["accuracy"]["total"])


def zipped_bytes(row: Any) -> int:
    """Size of the zipped model, of a row that is no error."""
    return int(row["size"]["zipped_bytes"])


def acted_on(kind: str) -> Callable[[Any], dict[str, float] | None]:
    """
    Return what reads from a row how often the operating rule acts on clips of a *kind*.

    ``detected`` are keywords heard as such, ``words`` and ``noise`` false accepts. None
    where there are no such clips: in a data set without other words, and in records
    from before they were counted.
    """

    def found(row: Any) -> dict[str, float] | None:
        rule = row["operating_rule"]
        counted: dict[str, float] | None = {
            "detected": rule["detected"],
            **rule.get("false_accepts", {}),
        }.get(kind)
        return counted if counted and counted["total"] else None

    return found


def share_acted_on(kind: str) -> Callable[[Any], float | None]:
    """Return what reads from a row that share, None as :func:`acted_on` has it."""

    def share(row: Any) -> float | None:
        counted = acted_on(kind)(row)
        return counted["count"] / counted["total"] if counted else None

    return share


def _count(share: dict[str, float]) -> str:
    return f"{share['count']:,} of {share['total']:,}"


def _latency(stage: str, statistic: str) -> Callable[[Any], float]:
    return lambda row: float(row["latency_us"][stage][statistic])


latency_us = _latency("total", "p50")
"""The headline latency, of a row that is no error."""


def _microseconds(value: float) -> str:
    return f"{value:,.1f}" if value < 1_000 else f"{value:,.0f}"  # noqa: PLR2004


MAIN: Final = (
    Column(heading="accuracy", value=accuracy, show=percent, best=max),
    Column(heading="95 % interval", value=lambda row: row["accuracy"], show=interval),
    Column(
        heading="zipped KiB",
        value=zipped_bytes,
        show=lambda size: f"{size / KIB:.2f}",
        best=min,
    ),
    Column(heading="latency µs", value=latency_us, show=_microseconds, best=min),
    Column(heading="p99 µs", value=_latency("total", "p99"), show=_microseconds, best=min),
    Column(heading="front-end µs", value=_latency("frontend", "p50"), show=_microseconds, best=min),
    Column(
        heading="inference µs", value=_latency("inference", "p50"), show=_microseconds, best=min
    ),
    Column(heading="detected", value=share_acted_on("detected"), show=percent, best=max),
    Column(heading="false accepts", value=share_acted_on("words"), show=percent, best=min),
    Column(heading="on noise", value=share_acted_on("noise"), show=percent, best=min),
)
"""The table of results, after verdict and name."""

OPERATING: Final = tuple(
    column
    for heading, kind in (
        ("detected", "detected"),
        ("false accepts on other words", "words"),
        ("false accepts on noise", "noise"),
    )
    for column in (
        Column(heading=heading, value=acted_on(kind), show=_count),
        Column(heading="95 % interval", value=acted_on(kind), show=interval),
    )
)
"""The folded table of what the operating rule acts on."""

ANATOMY: Final = (
    Column(heading="parameters", value=lambda row: row["parameters"], show="{:,}".format),
    Column(heading="MACs", value=lambda row: row["macs"], show="{:,}".format),
    Column(heading="operators", value=lambda row: len(row["operators"]), show=str),
    Column(heading="on XNNPACK", value=lambda row: row["delegated_operators"], show=str),
    Column(
        heading="peak memory MiB",
        value=lambda row: row["added_peak_bytes"] / KIB**2,
        show="{:.1f}".format,
    ),
    Column(heading="raw bytes", value=lambda row: row["size"]["raw_bytes"], show="{:,}".format),
    Column(heading="zipped bytes", value=zipped_bytes, show="{:,}".format),
    Column(heading="zeros wanted", value=lambda row: row["sparsity"]["nominal"], show=percent),
    Column(heading="zeros measured", value=lambda row: row["sparsity"]["overall"], show=percent),
    Column(heading="init µs", value=lambda row: row["latency_us"]["init"], show=_microseconds),
    Column(
        heading="first call µs",
        value=lambda row: row["latency_us"]["first_call"],
        show=_microseconds,
    ),
    Column(heading="p90 µs", value=_latency("total", "p90"), show=_microseconds),
    Column(heading="p95 µs", value=_latency("total", "p95"), show=_microseconds),
    Column(heading="max µs", value=_latency("total", "max"), show=_microseconds),
    Column(heading="calls", value=_latency("total", "calls"), show="{:,.0f}".format),
)
"""The table folded away below it."""
