"""
The table of metrics: every measured quantity, defined once.

Budgets, verdicts, comparisons, tables, winners and pictures read it. So a new metric takes
one entry here, and the code that measures it. Tables show ``-`` for a record without it.
"""

from collections.abc import Callable
from typing import Any, Final

from harness.record.changes import Exact, Intervals, PairedClips, Rates, Windows
from harness.record.metric import Metric, Table
from harness.record.rows import correct, counted, detected, judged, number
from harness.record.units import (
    COUNT,
    FINE_SHARE,
    KIB,
    MIB,
    MICROSECONDS,
    MILLISECONDS,
    PER_HOUR,
    SHARE,
)

FEW_FALSE_ACCEPTS: Final = 0.03
"""Share of each kind of words that a candidate must stay under to be called good at detection."""

MAX_SIZE_RATIO: Final = 1.01
"""Largest growth of a size that is tolerated: another zlib may pack a model some bytes worse."""

MAX_LATENCY_RATIO: Final = 1.10
"""
Largest growth of a latency that is tolerated.

Two runs differ more than two windows of a run do: by heat, load and memory layout.
"""


def metric(name: str) -> Metric:
    """Return the metric called *name*."""
    return next(metric for metric in METRICS if metric.name == name)


def limited() -> list[Metric]:
    """Return every metric that a budget can limit."""
    return [metric for metric in METRICS if metric.limit]


def shown_in(table: Table) -> list[Metric]:
    """Return every metric that *table* shows, in the order of its columns."""
    return [metric for metric in METRICS if table in metric.tables]


def pictured() -> list[Metric]:
    """Return every metric that has a picture of accuracy against it."""
    return [metric for metric in METRICS if metric.pictured]


def not_certain(row: Any) -> bool:
    """Return whether a limit lies within the 95 % interval of the share it limits."""
    limits = row["budget"] or {}
    return any(
        share["low"] <= limit <= share["high"]
        for metric in limited()
        if metric.share and judged(row, metric.name) and (share := metric.share(row))
        if (limit := limits.get(metric.limit)) is not None
    )


def _share_of(*path: str) -> Callable[[Any], float | None]:
    read = counted(*path)

    def value(row: Any) -> float | None:
        found = read(row)
        return found["count"] / found["total"] if found else None

    return value


def _anyone(_row: Any) -> bool:
    return True


def _quiet(row: Any) -> bool:
    """Whether few clips of each kind of words trigger the rule, and some were measured."""
    shares = [metric.value(row) for metric in (DIGITS, SYNTHETIC_DIGITS, UNHEARD, HEARD)]
    if shares[0] is not None:
        shares.pop(1)  # people's digits outweigh synthetic ones
    found = [share for share in shares if share is not None]
    return bool(found) and max(found) < FEW_FALSE_ACCEPTS


_DETECTED: Final = ("operating_rule", "detected")


ACCURACY: Final = Metric(
    name="accuracy",
    heading="accuracy",
    meaning="share of test clips whose top score is that of their word. No model was trained on a "
    "speaker of the test split",
    value=_share_of("accuracy"),
    unit=SHARE,
    better="higher",
    limit="min_accuracy",
    required=True,
    share=counted("accuracy"),
    comparison=PairedClips(answers=correct),
    tables=("main", "terminal"),
    wins=_anyone,
)
SIZE: Final = Metric(
    name="size",
    title="zipped size",
    heading="zipped KiB",
    meaning="size of a zip that holds the `.tflite` file alone, DEFLATE level 9; 1 KiB is 1,024 "
    "bytes",
    value=number("size", "zipped_bytes"),
    unit=KIB,
    better="lower",
    limit="max_zipped_bytes",
    required=True,
    comparison=Exact(max_ratio=MAX_SIZE_RATIO, gain="smaller"),
    tables=("main", "terminal"),
    pictured=True,
    wins=_anyone,
)
LATENCY: Final = Metric(
    name="latency",
    heading="latency µs",
    meaning="front-end plus inference of one clip on one thread: the median call of the median "
    "window out of five",
    value=number("latency_us", "total", "p50"),
    unit=MICROSECONDS,
    better="lower",
    limit="max_latency_us",
    required=True,
    comparison=Windows(max_ratio=MAX_LATENCY_RATIO),
    tables=("main", "terminal"),
    pictured=True,
    wins=_anyone,
)
DETECTION: Final = Metric(
    name="detection",
    heading="detected",
    meaning="share of keyword clips that are classified correctly and trigger the operating rule: "
    "their top score is above 0.95",
    value=_share_of(*_DETECTED),
    unit=SHARE,
    better="higher",
    limit="min_detection",
    share=counted(*_DETECTED),
    comparison=PairedClips(answers=detected),
    tables=("main", "terminal", "operating"),
    wins=_quiet,
    beside=("false accepts on digits", "false accepts on synthetic digits"),
)


def _accepts(kind: str, clips: str, meaning: str, *path: str, **more: Any) -> Metric:
    """Return the rate of false accepts on one kind of *clips*."""
    at = ("operating_rule", "false_accepts", *path)
    tables: tuple[Table, ...] = ("main", "terminal", "operating")
    return Metric(
        name=f"false accepts on {kind}",
        title=f"false-accept rate on {clips}",
        heading=f"on {kind}",
        meaning=meaning,
        value=_share_of(*at),
        unit=SHARE,
        better="lower",
        limit=f"max_false_accepts_on_{kind.replace(' ', '_')}",
        share=counted(*at),
        comparison=Intervals(path=at),
        **{"tables": tables, **more},
    )


DIGITS: Final = _accepts(
    "digits",
    "people's digits",
    "share of people's English digits that trigger the rule. No committed model has heard a "
    "digit, so this is what a user meets, and the clips are the same in every row",
    *("digits", "people"),
)
SYNTHETIC_DIGITS: Final = _accepts(
    "synthetic digits",
    "synthetic digits",
    "the same for digits said by synthetic voices; they stand in where no recordings are at hand",
    *("digits", "synthetic"),
    stands_in_for="false accepts on digits",
)
UNHEARD: Final = _accepts(
    "unheard words",
    "unheard words",
    "the same for those other words of the data set that the model's training did not contain",
    "unheard",
    tables=("terminal", "operating"),
)
HEARD: Final = _accepts(
    "heard words",
    "heard words",
    "the same for those other words of the data set that the training contained, so that the "
    "model learned to ignore them: a low rate here says little about words it never heard",
    "words",
    tables=("terminal", "operating"),
)
NOISE: Final = _accepts(
    "noise",
    "noise",
    "the same for noise: 361 clips made by code (white, pink and brown noise, mains hum and clicks "
    "at six levels each, and digital silence) and those that the data set brings. Training "
    "contains other takes of the same kinds",
    "noise",
    tables=("terminal", "operating"),
)


_STREAM: Final = ("stream", "digest")

FALSE_ACCEPTS_PER_HOUR: Final = Metric(
    name="false accepts per hour",
    heading="false accepts / h",
    meaning="detections per hour of sound without a word of the task, by the trigger with which "
    "the candidate listens: other words and digits with pauses, sentences and babble by "
    "synthetic voices, noise and music-like tones",
    value=number("stream", "false_accepts", "per_hour"),
    unit=PER_HOUR,
    better="lower",
    limit="max_false_accepts_per_hour",
    comparison=Rates(path=("stream", "false_accepts"), digest=_STREAM),
    tables=("main", "terminal", "stream"),
)
MISSED: Final = Metric(
    name="missed words",
    heading="missed",
    meaning="share of keywords in a stream that were not detected from their start to a second "
    "after their end. Each is said over other sound, 0 to 20 dB louder than it",
    value=_share_of("stream", "missed"),
    unit=SHARE,
    better="lower",
    limit="max_missed_words",
    share=counted("stream", "missed"),
    comparison=Intervals(path=("stream", "missed"), digest=_STREAM),
    tables=("main", "terminal", "stream"),
)
DELAY: Final = Metric(
    name="delay",
    heading="delay ms",
    meaning="time from the end of a keyword to its detection: the median; below 0 where a word "
    "is detected before its last sound",
    value=number("stream", "delay_ms", "p50"),
    unit=MILLISECONDS,
    better="lower",
    tables=("stream",),
)
SLOW_DELAY: Final = Metric(
    name="95th percentile of delay",
    heading="p95 delay ms",
    meaning="its 95th percentile",
    value=number("stream", "delay_ms", "p95"),
    unit=MILLISECONDS,
    better="lower",
    tables=("stream",),
)
REALTIME: Final = Metric(
    name="real-time share",
    heading="of one core",
    meaning="share of one core that listening takes",
    value=number("stream", "realtime_share"),
    unit=FINE_SHARE,
    better="lower",
    tables=("stream",),
)
SCORE: Final = Metric(
    name="validation score",
    heading="score",
    meaning="what a search compares: the mean of several shares of validation clips, steadier than "
    "accuracy. They are the likelihood (the geometric mean of the score that a keyword's clip "
    "gives its word) and, for heard, unheard and foreign words each, the share of keywords "
    "detected where 2 % of those words are, too",
    value=number("validation", "score"),
    unit=SHARE,
    better="higher",
)


def _time(heading: str, meaning: str, *path: str, tables: tuple[Table, ...]) -> Metric:
    return Metric(
        name=heading.removesuffix(" µs"),
        heading=heading,
        meaning=meaning,
        value=number("latency_us", *path),
        unit=MICROSECONDS,
        better="lower",
        tables=tables,
    )


def _tail(percentile: str, meaning: str, *tables: Table) -> Metric:
    return _time(f"{percentile} µs", meaning, "total", percentile, tables=("latency", *tables))


_BOTH: Final[tuple[Table, ...]] = ("terminal", "latency")

METRICS: tuple[Metric, ...] = (
    ACCURACY,
    SIZE,
    LATENCY,
    DETECTION,
    DIGITS,
    SYNTHETIC_DIGITS,
    FALSE_ACCEPTS_PER_HOUR,
    MISSED,
    UNHEARD,
    HEARD,
    NOISE,
    DELAY,
    SLOW_DELAY,
    REALTIME,
    SCORE,
    _time("front-end µs", "the front-end, timed alone", "frontend", "p50", tables=_BOTH),
    _time("inference µs", "the model, timed alone", "inference", "p50", tables=_BOTH),
    _tail("p90", "90th percentile of all calls of all windows"),
    _tail("p95", "95th percentile of all calls of all windows"),
    _tail("p99", "99th percentile of all calls of all windows", "terminal"),
    _tail("max", "the slowest call of all windows"),
    Metric(
        name="calls",
        heading="calls",
        meaning="calls timed in all windows",
        value=number("latency_us", "total", "calls"),
        unit=COUNT,
        tables=("latency",),
    ),
    _time("first call µs", "the first call on a clip", "first_call", tables=("latency",)),
    _time("init µs", "loading the model, before the first call", "init", tables=("latency",)),
    Metric(
        name="parameters",
        heading="parameters",
        meaning="constants that convolutions, dense layers and arithmetic use",
        value=number("parameters"),
        unit=COUNT,
        better="lower",
        tables=("anatomy",),
    ),
    Metric(
        name="MACs",
        heading="MACs",
        meaning="multiply-accumulates of convolutions and dense layers in one inference",
        value=number("macs"),
        unit=COUNT,
        better="lower",
        tables=("anatomy",),
    ),
    Metric(
        name="raw size",
        heading="raw bytes",
        meaning="the `.tflite` file as it is",
        value=number("size", "raw_bytes"),
        unit=COUNT,
        better="lower",
        tables=("anatomy",),
    ),
    Metric(
        name="peak memory",
        heading="peak memory MiB",
        meaning="how far loading the model and calling it once raised the peak memory of a process "
        "that had imported LiteRT; some 7 MiB of it are LiteRT's code, the same for each model",
        value=number("added_peak_bytes"),
        unit=MIB,
        better="lower",
        tables=("anatomy",),
    ),
    Metric(
        name="nominal sparsity",
        heading="zeros wanted",
        meaning="share of zeros that the candidate wants pruning to leave in ordinary convolutions",
        value=number("sparsity", "nominal"),
        unit=SHARE,
        tables=("anatomy",),
    ),
    Metric(
        name="sparsity",
        heading="zeros measured",
        meaning="share of zeros counted in the file, among all weights of convolutions and dense "
        "layers",
        value=number("sparsity", "overall"),
        unit=SHARE,
        tables=("anatomy",),
    ),
)
"""Every metric, in the order of the columns of each table."""
