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
        value: What it holds for one measurement that is no error.
        show: That value as text.
        best: Which of all values to mark, if one is better than another.

    """

    heading: str
    value: Callable[[Any], Any]
    show: Callable[[Any], str]
    best: Best | None = None


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _interval(share: dict[str, float]) -> str:
    return f"{100 * share['low']:.1f}-{100 * share['high']:.1f} %"


def accuracy(row: Any) -> float:
    """Share of test clips classified correctly, of a row that is no error."""
    return float(row["accuracy"]["correct"] / row["accuracy"]["total"])


def zipped_bytes(row: Any) -> int:
    """Size of the zipped model, of a row that is no error."""
    return int(row["size"]["zipped_bytes"])


def _detected(row: Any) -> float:
    detected = row["operating_rule"]["detected"]
    return float(detected["count"] / detected["total"])


def _latency(stage: str, statistic: str) -> Callable[[Any], float]:
    return lambda row: float(row["latency_us"][stage][statistic])


latency_us = _latency("total", "p50")
"""The headline latency, of a row that is no error."""


def _microseconds(value: float) -> str:
    return f"{value:,.1f}" if value < 1_000 else f"{value:,.0f}"  # noqa: PLR2004


MAIN: Final = (
    Column(heading="accuracy", value=accuracy, show=_percent, best=max),
    Column(heading="95 % interval", value=lambda row: row["accuracy"], show=_interval),
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
    Column(heading="acts on", value=_detected, show=_percent, best=max),
    Column(heading="zeros", value=lambda row: row["sparsity"]["overall"], show=_percent),
)
"""The table of results, after verdict and name."""

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
    Column(heading="zeros wanted", value=lambda row: row["sparsity"]["nominal"], show=_percent),
    Column(heading="zeros measured", value=lambda row: row["sparsity"]["overall"], show=_percent),
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
