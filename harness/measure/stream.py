"""What a record says of a stream that a candidate listened to."""

from typing import Any, Final

from harness import statistics
from harness.decisions import THRESHOLDS
from harness.measure.shares import share_part
from harness.statistics import percentile
from harness.stream.evaluation import Listened, Outcome

_HOUR_S: Final = 3_600


def stream_part(listened: Listened) -> dict[str, Any]:
    """Return the part ``stream`` of a row; false accepts are counted before the first keyword."""
    trigger, outcome = listened.trigger, listened.outcome
    seconds = listened.scene.background_s
    hours = sum(seconds.values()) / _HOUR_S
    return {
        "hours": _rounded(hours),
        "hop_ms": trigger.hop_ms,
        "threshold": trigger.threshold,
        "mean_of": trigger.mean_of,
        "refractory_ms": trigger.refractory_ms,
        "false_accepts": _rate(outcome.accepted, hours),
        "missed": share_part(statistics.proportion(outcome.missed, outcome.keywords)),
        "delay_ms": _delays(outcome),
        "realtime_share": float(f"{listened.realtime_share:.3g}"),
        "kinds": {
            kind: {"count": count, "hours": _rounded(seconds[kind] / _HOUR_S)}
            for kind, count in outcome.false_accepts.items()
        },
        "curve": _curve(listened),
        "digest": listened.scene.digest,
    }


def _rounded(hours: float) -> float:
    """Return *hours* with five digits, however short a stream is: rates are divided by them."""
    return float(f"{hours:.5g}")


def _rate(count: int, hours: float) -> dict[str, Any]:
    rate = statistics.rate(count, hours)
    return {
        "count": count,
        "per_hour": round(rate.per_unit, 2),
        "low": round(rate.low, 2),
        "high": round(rate.high, 2),
    }


def _delays(outcome: Outcome) -> dict[str, int | None]:
    """Return percentiles of the time from a word's end to its detection; None without any."""
    delays = outcome.delays_s
    return {
        f"p{percent}": round(1_000 * percentile(delays, percent)) if delays else None
        for percent in (50, 95)
    }


def _curve(listened: Listened) -> dict[str, list[float] | list[int]]:
    outcomes = [listened.outcome_at(threshold) for threshold in THRESHOLDS]
    return {
        "threshold": list(THRESHOLDS),
        "false_accepts": [outcome.accepted for outcome in outcomes],
        "missed": [outcome.missed for outcome in outcomes],
    }
