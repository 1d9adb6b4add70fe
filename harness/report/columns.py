"""The columns of every table: one for each metric, and some of text."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from harness.record import metrics
from harness.record.metric import Metric, Table
from harness.record.rows import Share, at, judged, window_medians_us
from harness.record.units import KIB, MICROSECONDS, SHARE, Unit


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    One column of a table of measurements.

    Attributes:
        heading: Heading of the column, with the unit.
        meaning: What the column shows, for readers; empty if another column says it.
        value: Reads the value from a row without an error; returns None if the row lacks it.
        show: Writes that value as text.
        best: Picks the best of all values; None if no value is better than another.
        judged: Tells whether the verdict on a row judges the value; if not, it cannot be best.
        kept: Whether the column stays on a terminal too narrow for all columns.
        gives_way_to: Reads the value whose column replaces this one if any row has it.

    """

    heading: str
    meaning: str
    value: Callable[[Any], Any]
    show: Callable[[Any], str]
    best: Callable[[list[Any]], Any] | None = None
    judged: Callable[[Any], bool] = lambda _row: True
    kept: bool = False
    gives_way_to: Callable[[Any], Any] | None = None


def main() -> list[Column]:
    """Return the columns of a report's main table, as many as fit on a page of a code host."""
    return list(_with_intervals(metrics.shown_in("main")))


def terminal() -> list[Column]:
    """Return the columns of the table on a terminal that is wide enough."""
    return list(_with_intervals(metrics.shown_in("terminal")))


def operating() -> list[Column]:
    """Return the columns of the clips that trigger the operating rule."""
    counts = [
        column
        for metric in metrics.shown_in("operating")
        for column in (_count(metric), _interval(metric))
    ]
    return [*counts, _WHICH_NOISE]


def stream() -> list[Column]:
    """Return the columns of a stream: false accepts by background, misses, delay, load."""
    shown = map(of_metric, metrics.shown_in("stream"))
    return [*shown, _FALSE_ACCEPTS, _BACKGROUNDS, _MEAN_OF]


def latency() -> list[Column]:
    """Return the columns of latency: stages, slowest calls, and the first call."""
    return [*map(of_metric, metrics.shown_in("latency")), _WINDOWS]


def anatomy() -> list[Column]:
    """Return the columns of what a model consists of."""
    return [*map(of_metric, metrics.shown_in("anatomy")), _LAYERS, _ON_XNNPACK, _OPERATORS]


def seeds() -> list[Column]:
    """Return the columns of trainings that differ in their seed alone."""
    return [
        Column(
            heading="seeds",
            meaning="number of trainings that differ in their seed alone; validation chose one",
            value=lambda row: row["seeds"],
            show=lambda came: f"{len(came)}",
        ),
        _over_seeds("right", SHARE, lambda came: came["correct"] / came["total"]),
        _over_seeds("detected", SHARE, lambda came: came["detected"] / came["total"]),
        _over_seeds("zipped KiB", KIB, lambda came: came["zipped_bytes"]),
    ]


def _over_seeds(heading: str, unit: Unit, value: Callable[[Any], float]) -> Column:
    def show(values: list[float]) -> str:
        least, greatest, middle = map(unit.cell, (min(values), max(values), mean(values)))
        return f"{least} to {greatest}, mean {middle}"

    return Column(
        heading=heading,
        meaning="",
        value=lambda row: list(map(value, row["seeds"].values())),
        show=show,
    )


TABLES: dict[Table, Callable[[], list[Column]]] = {
    "main": main,
    "terminal": terminal,
    "operating": operating,
    "stream": stream,
    "latency": latency,
    "anatomy": anatomy,
    "seeds": seeds,
}


def of_metric(metric: Metric) -> Column:
    """Return the column of *metric*."""
    return Column(
        heading=metric.heading,
        meaning=metric.meaning,
        value=metric.value,
        show=metric.unit.cell,
        best=metric.best,
        judged=lambda row: judged(row, metric.name),
        kept=metric.required,
        gives_way_to=metrics.metric(metric.stands_in_for).value if metric.stands_in_for else None,
    )


def interval(share: Share) -> str:
    """Return the 95 % interval of a share, in percent."""
    return f"{100 * share['low']:.1f}-{100 * share['high']:.1f}"


def _with_intervals(shown: Sequence[Metric]) -> Iterator[Column]:
    """Yield the columns of metrics, and the interval of each share that every budget limits."""
    for metric in shown:
        yield of_metric(metric)
        if metric.share and metric.required:
            yield _interval(metric)


def _interval(metric: Metric) -> Column:
    return Column(
        heading="95 % interval",
        meaning="Wilson's 95 % interval of the share on its left",
        value=metric.share or metric.value,
        show=interval,
    )


def _count(metric: Metric) -> Column:
    return Column(
        heading=metric.noun,
        meaning="",
        value=metric.share or metric.value,
        show=lambda share: f"{share['count']:,} of {share['total']:,}",
    )


def _noise_kinds(row: Any) -> str | None:
    """Return the kinds of noise that trigger the operating rule, with their counts."""
    kinds = row["operating_rule"].get("noise_kinds", {}).items()
    return ", ".join(f"{kind} {n['count']:,} of {n['total']:,}" for kind, n in kinds if n["count"])


def _span(medians_us: Sequence[float]) -> str:
    return f"{MICROSECONDS.cell(min(medians_us))}-{MICROSECONDS.cell(max(medians_us))}"


def _operator_counts(row: Any) -> str:
    counted = Counter(row["operators"]).items()
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counted)


def _backgrounds(row: Any) -> str | None:
    """Return the backgrounds that brought false accepts, with their rates."""
    kinds = (at(row, ("stream", "kinds")) or {}).items()
    found = [
        f"{kind} {n['count'] / n['hours']:,.0f}" for kind, n in kinds if n["count"] * n["hours"]
    ]
    return ", ".join(found) or None


_FALSE_ACCEPTS = Column(
    heading="interval / h",
    meaning="exact 95 % interval of the false accepts per hour, if they came by chance alone",
    value=lambda row: at(row, ("stream", "false_accepts")),
    show=lambda found: f"{found['low']:,.1f}-{found['high']:,.1f}",
)
_BACKGROUNDS = Column(
    heading="per hour of each background",
    meaning="false accepts per hour of each kind of background that brought any",
    value=_backgrounds,
    show=str,
)
_MEAN_OF = Column(
    heading="mean of",
    meaning="decisions that scores are averaged over, as training chose on validation clips",
    value=lambda row: at(row, ("stream", "mean_of")),
    show=str,
)
_WHICH_NOISE = Column(
    heading="which noise",
    meaning="the kinds of noise that trigger the operating rule, with their counts",
    value=lambda row: _noise_kinds(row) or None,
    show=str,
)
_WINDOWS = Column(
    heading="windows µs",
    meaning="fastest and slowest median of the five windows: they differ if other work on the "
    "machine disturbed the times",
    value=window_medians_us,
    show=_span,
)
_LAYERS = Column(
    heading="% of each layer",
    meaning="zeros measured in each convolution and dense layer, in their order",
    value=lambda row: row["sparsity"]["layers"].values(),
    show=lambda shares: " ".join(f"{100 * share:.0f}" for share in shares),
)
_ON_XNNPACK = Column(
    heading="on XNNPACK",
    meaning="number of operators that the XNNPACK delegate runs",
    value=lambda row: (row["delegated_operators"], len(row["operators"])),
    show=lambda counts: "{} of {}".format(*counts),
)
_OPERATORS = Column(
    heading="operators",
    meaning="the model's operators, in the order of first use",
    value=_operator_counts,
    show=str,
)
