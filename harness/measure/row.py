"""One row of a record: the measured values of one candidate, and the verdict on it."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, cast

import numpy as np

from harness import statistics
from harness.decisions import OPERATING_THRESHOLD, THRESHOLDS, confusion, triggers
from harness.files import sha256
from harness.measure.scoring import Scored
from harness.measure.shares import share_part
from harness.measure.timing import Times, Window, median_of_medians
from harness.measure.validity import Evidence, invalid_reasons, warnings
from harness.measure.verdict import judge, not_judged
from harness.record.schema import Measurement, Seed
from harness.statistics import percentile

HISTOGRAM_BINS: Final = 40
"""Bins of the histogram of latencies."""


class Attempt(NamedTuple):
    """
    Windows that the board made invalid, so that they were measured again.

    Attributes:
        reasons: Why they were invalid.
        windows: The invalid windows.

    """

    reasons: tuple[str, ...]
    windows: Sequence[Window]


def measured_row(
    name: str, scored: Scored, attempts: Sequence[Attempt], evidence: Evidence, *, certain: bool
) -> Measurement:
    """
    Return the row of a candidate that was measured.

    Args:
        name: Name of the candidate.
        scored: The candidate, loaded, with the scores of every test clip.
        attempts: Earlier attempts, invalid and measured again.
        evidence: The windows, and what decides whether they are valid.
        certain: Whether the worse end of a share's interval must beat the limit, too.

    """
    candidate, model = scored.candidate, scored.spotter.model
    dataset = scored.dataset.name
    row = Measurement(
        candidate=name,
        model_sha256=sha256(scored.data),
        labels=list(candidate.labels),
        accuracy=_accuracy(scored),
        scores=_scores(scored),
        operating_rule=_operating_rule(scored),
        stream=scored.stream,
        size={"raw_bytes": len(scored.data), "zipped_bytes": scored.zipped_bytes},
        sparsity=_sparsity(scored),
        parameters=model.anatomy.parameters,
        macs=model.macs,
        operators=list(model.anatomy.operators),
        delegated_operators=model.delegated_operators,
        added_peak_bytes=scored.added_peak_bytes,
        latency_us=_latency(evidence.windows, scored),
        windows=[_window(window) for window in evidence.windows],
        seeds=_seeds(scored),
        attempts=[_attempt(attempt) for attempt in attempts],
        budget=dict(candidate.limits.limits),
        verdict="",
        violations=[],
        expected_misses=list(candidate.misses.get(dataset, ())),
        not_judged=list(not_judged(candidate, dataset)),
        warnings=list(warnings(evidence)),
        error=None,
    )
    violations = candidate.limits.violations(row, certain=certain)
    verdict, reasons = judge(candidate, dataset, violations, invalid_reasons(evidence))
    row["verdict"], row["violations"] = verdict, list(reasons)
    return row


def error_row(name: str, error: str) -> Measurement:
    """Return the row of a candidate that could not be measured: its name and its error."""
    row: dict[str, Any] = dict.fromkeys(Measurement.__annotations__)
    lists = ("attempts", "violations", "expected_misses", "not_judged", "warnings")
    row |= {key: [] for key in lists}
    row |= {"candidate": name, "verdict": "error", "error": error}
    return cast(Measurement, row)


def _attempt(attempt: Attempt) -> dict[str, Any]:
    p50s_us = [round(percentile(window.total_us, 50), 2) for window in attempt.windows]
    return {"reasons": list(attempt.reasons), "p50s_us": p50s_us}


def _seeds(scored: Scored) -> dict[str, Any] | None:
    """Return what each seed came to, None unless there were several."""
    if not scored.seeds:
        return None
    keys = Seed.__annotations__
    return {seed: {key: int(came[key]) for key in keys} for seed, came in scored.seeds.items()}


def _sparsity(scored: Scored) -> dict[str, Any]:
    anatomy = scored.spotter.model.anatomy
    layers = anatomy.zeros.items()
    return {
        "nominal": scored.candidate.sparsity,
        "overall": round(anatomy.sparsity, 4),
        "layers": {name: round(zeros / elements, 4) for name, (zeros, elements) in layers},
    }


def _accuracy(scored: Scored) -> dict[str, Any]:
    correct, total, low, high = share_part(scored.accuracy).values()
    words, labels = scored.candidate.words, scored.candidate.labels
    counts = confusion(scored.scores, scored.dataset.words, words, labels)
    return {"correct": correct, "total": total, "low": low, "high": high, "confusion": counts}


def _operating_rule(scored: Scored) -> dict[str, Any]:
    detected = statistics.count(triggers(scored.certainties["detected"]))
    return {
        "threshold": OPERATING_THRESHOLD,
        "detected": share_part(detected),
        "false_accepts": _by_kind(lambda kind: _accepted(scored, kind)),
        "noise_kinds": _noise_kinds(scored),
        "curve": {
            "threshold": list(THRESHOLDS),
            "detected": _curve(scored, "detected"),
            **_by_kind(lambda kind: _curve(scored, kind)),
        },
    }


def _by_kind(value: Callable[[str], Any]) -> dict[str, Any]:
    """Return a value of each kind of outliers; people's digits and synthetic ones never sum."""
    return {
        **{kind: value(kind) for kind in ("words", "unheard", "noise")},
        "digits": {who: value(who) for who in ("people", "synthetic")},
    }


def _accepted(scored: Scored, kind: str) -> dict[str, Any] | None:
    """Count the false accepts among a kind of clips; None where there are none of that kind."""
    outliers = scored.outliers.get(kind)
    if outliers is None:
        return None
    hits = triggers(scored.certainties[kind])
    counted: dict[str, Any] = share_part(statistics.count(hits))
    if outliers.digest is None:
        return counted
    between = statistics.between_groups(hits, outliers.groups)
    over = between and {
        "total": between.groups,
        "low": round(between.low, 4),
        "high": round(between.high, 4),
    }
    return {**counted, "speakers": over, "digest": outliers.digest}


def _curve(scored: Scored, kind: str) -> list[int] | None:
    """Count the clips of a kind that trigger the rule at each threshold."""
    tops = scored.certainties.get(kind)
    if tops is None:
        return None
    return [int(triggers(tops, threshold).sum()) for threshold in THRESHOLDS]


def _noise_kinds(scored: Scored) -> dict[str, dict[str, int]]:
    """Count the clips of each kind of noise that trigger the operating rule."""
    triggered = triggers(scored.certainties["noise"])
    kinds = np.array(scored.outliers["noise"].groups)
    return {
        kind: {"count": int(triggered[kinds == kind].sum()), "total": int((kinds == kind).sum())}
        for kind in dict.fromkeys(kinds.tolist())
    }


def _scores(scored: Scored) -> dict[str, list[float]]:
    rows = scored.scores.astype(float).round(6).tolist()
    return dict(zip(scored.dataset.keys, rows, strict=True))


def _latency(windows: Sequence[Window], scored: Scored) -> dict[str, Any]:
    """
    Summarise the times of all *windows*.

    The p50 is that of the median window, so one disturbed window cannot move it. The
    tail and the histogram cover all calls, so no slow call is hidden.
    """
    totals = [window.total_us for window in windows]
    return {
        "total": _summary(totals),
        "frontend": _summary([window.stages.frontend_us for window in windows]),
        "inference": _summary([window.stages.inference_us for window in windows]),
        "histogram": _histogram(np.concatenate(totals)),
        "init": round(scored.init_us, 1),
        "first_call": round(scored.first_call_us, 1),
    }


def _window(window: Window) -> dict[str, Any]:
    return {
        "p50_us": round(percentile(window.total_us, 50), 2),
        "calls": window.total_us.size,
        "seconds": round(float(window.total_us.sum()) / 1e6, 6),
        "board": {"before": window.before, "after": window.after},
    }


def _summary(windows: Sequence[Times]) -> dict[str, float]:
    calls = np.concatenate(windows)
    tail = {f"p{percent}": round(percentile(calls, percent), 2) for percent in (90, 95, 99)}
    p50 = median_of_medians(windows)
    return {"p50": round(p50, 2), **tail, "max": round(float(calls.max()), 2), "calls": calls.size}


def _histogram(calls: Times) -> dict[str, list[float]]:
    edges = np.geomspace(calls.min(), max(calls.max(), calls.min() * 1.01), HISTOGRAM_BINS + 1)
    counts, _ = np.histogram(calls, np.concatenate([[0], edges[1:-1], [np.inf]]))
    return {"edges": np.round(edges, 2).tolist(), "counts": counts.tolist()}
