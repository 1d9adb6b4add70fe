"""The columns of the tables: heading, value, better direction and format, one line each."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.record.rows import (
    accuracy,
    acted_on,
    latency_us,
    share_acted_on,
    window_medians_us,
    zipped_bytes,
)

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
    """Return the interval of a count, in percent."""
    return f"{100 * share['low']:.1f}-{100 * share['high']:.1f}"


def _count(share: dict[str, float]) -> str:
    return f"{share['count']:,} of {share['total']:,}"


def _noise_acted_on(row: Any) -> str:
    """Return which kinds of noise are acted on, and how often; records may lack it."""
    kinds = row["operating_rule"].get("noise_kinds", {}).items()
    return ", ".join(f"{kind} {_count(share)}" for kind, share in kinds if share["count"]) or "-"


def _latency(stage: str, statistic: str) -> Callable[[Any], float]:
    return lambda row: float(row["latency_us"][stage][statistic])


def _microseconds(value: float) -> str:
    """Return a time with one decimal, or with none where it has four digits."""
    return f"{value:,.1f}" if value < 1_000 else f"{value:,.0f}"  # noqa: PLR2004


def _kib(size: float) -> str:
    """Return a size in bytes as KiB, with two decimals."""
    return f"{size / KIB:.2f}"


def _span(medians_us: Sequence[float]) -> str:
    return f"{_microseconds(min(medians_us))}-{_microseconds(max(medians_us))}"


def _operators(row: Any) -> str:
    counted = Counter(row["operators"]).items()
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counted)


def _zeros(row: Any) -> str:
    return " ".join(f"{100 * share:.0f}" for share in row["sparsity"]["layers"].values())


ACCURACY: Final = Column(heading="accuracy", value=accuracy, show=percent, best=max)
INTERVAL: Final = Column(heading="95 % interval", value=lambda row: row["accuracy"], show=interval)
ZIPPED: Final = Column(heading="zipped KiB", value=zipped_bytes, show=_kib, best=min)
HEADLINE: Final = Column(heading="latency µs", value=latency_us, show=_microseconds, best=min)
P99: Final = Column(heading="p99 µs", value=_latency("total", "p99"), show=_microseconds, best=min)
DETECTED: Final = Column(
    heading="detected", value=share_acted_on("detected"), show=percent, best=max
)
FALSE_ACCEPTS: Final = Column(
    heading="false accepts", value=share_acted_on("words"), show=percent, best=min
)
ON_NOISE: Final = Column(heading="on noise", value=share_acted_on("noise"), show=percent, best=min)
STAGES: Final = (
    Column(heading="front-end µs", value=_latency("frontend", "p50"), show=_microseconds, best=min),
    Column(
        heading="inference µs", value=_latency("inference", "p50"), show=_microseconds, best=min
    ),
)

MAIN: Final = (ACCURACY, INTERVAL, ZIPPED, HEADLINE, DETECTED, FALSE_ACCEPTS)
"""The table of results, after verdict and name: as much as a page on a code host is wide."""

TERMINAL: Final = (*MAIN, ON_NOISE, P99, *STAGES)
"""The same on a terminal, if that is wide enough."""

FIRST_TO_GO: Final = (*reversed(STAGES), P99, ON_NOISE, INTERVAL, FALSE_ACCEPTS, DETECTED)
"""What a narrower terminal leaves to the report; the other columns always stay."""

OPERATING: Final = (
    *(
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
    ),
    Column(heading="which noise", value=_noise_acted_on, show=str),
)
"""What the operating rule acts on."""

LATENCY: Final = (
    *STAGES,
    *(
        Column(heading=f"{name} µs", value=_latency("total", name), show=_microseconds)
        for name in ("p90", "p95", "p99", "max")
    ),
    Column(heading="calls", value=_latency("total", "calls"), show="{:,.0f}".format),
    Column(heading="windows µs", value=window_medians_us, show=_span),
    Column(
        heading="first call µs",
        value=lambda row: row["latency_us"]["first_call"],
        show=_microseconds,
    ),
    Column(heading="init µs", value=lambda row: row["latency_us"]["init"], show=_microseconds),
)
"""Stages, tail and start."""

ANATOMY: Final = (
    Column(heading="parameters", value=lambda row: row["parameters"], show="{:,}".format),
    Column(heading="MACs", value=lambda row: row["macs"], show="{:,}".format),
    Column(heading="raw bytes", value=lambda row: row["size"]["raw_bytes"], show="{:,}".format),
    Column(heading="zipped bytes", value=zipped_bytes, show="{:,}".format),
    Column(
        heading="peak memory MiB",
        value=lambda row: row["added_peak_bytes"] / KIB**2,
        show="{:.1f}".format,
    ),
    Column(heading="zeros wanted", value=lambda row: row["sparsity"]["nominal"], show=percent),
    Column(heading="zeros measured", value=lambda row: row["sparsity"]["overall"], show=percent),
    Column(heading="% of each layer", value=_zeros, show=str),
    Column(
        heading="on XNNPACK",
        value=lambda row: f"{row['delegated_operators']} of {len(row['operators'])}",
        show=str,
    ),
    Column(heading="operators", value=_operators, show=str),
)
"""What a model consists of."""
