"""The raw record: what was measured, in the form that is kept and everything is rendered from."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from harness.datasets.noise import noise_kinds
from harness.decisions import OPERATING_THRESHOLD, THRESHOLDS, confusion
from harness.files import sha256
from harness.measure.session import Scored, Subject
from harness.measure.timing import Times, Window, median_of_medians
from harness.record.schema import Measurement
from harness.statistics import Proportion, percentile

HISTOGRAM_BINS: Final = 40


def measurement(subject: Subject) -> Measurement:
    """Return the record of one candidate: of its measured values, or of its error."""
    return _measured(subject) if subject.error is None else _error(subject.name, subject.error)


def _measured(subject: Subject) -> Measurement:
    scored, model = subject.scored, subject.scored.spotter.model
    verdict, reasons = subject.judgement()
    return Measurement(
        candidate=subject.name,
        model_sha256=sha256(scored.data),
        labels=list(scored.labels),
        accuracy=_accuracy(scored),
        scores=_scores(scored),
        operating_rule=_operating_rule(scored),
        size={"raw_bytes": len(scored.data), "zipped_bytes": scored.zipped_bytes},
        sparsity=_sparsity(scored),
        parameters=model.anatomy.parameters,
        macs=model.anatomy.macs,
        operators=list(model.anatomy.operators),
        delegated_operators=model.delegated_operators,
        added_peak_bytes=scored.added_peak_bytes,
        latency_us=_latency(subject.windows, scored),
        windows=[_window(window) for window in subject.windows],
        attempts=[
            {
                "reasons": list(attempt.reasons),
                "p50s_us": [round(percentile(w.total_us, 50), 2) for w in attempt.windows],
            }
            for attempt in subject.attempts
        ],
        budget=asdict(scored.candidate.limits),
        verdict=verdict,
        violations=list(reasons),
        expected_misses=list(scored.candidate.misses.get(scored.dataset.name, ())),
        warnings=list(subject.warnings()),
        error=None,
    )


def _error(name: str, error: str) -> Measurement:
    return Measurement(
        candidate=name,
        model_sha256=None,
        labels=None,
        accuracy=None,
        scores=None,
        operating_rule=None,
        size=None,
        sparsity=None,
        parameters=None,
        macs=None,
        operators=None,
        delegated_operators=None,
        added_peak_bytes=None,
        latency_us=None,
        windows=None,
        attempts=[],
        budget=None,
        verdict="error",
        violations=[],
        expected_misses=[],
        warnings=[],
        error=error,
    )


def _share(share: Proportion) -> dict[str, float]:
    return {
        "count": share.hits,
        "total": share.total,
        "low": round(share.low, 4),
        "high": round(share.high, 4),
    }


def _sparsity(scored: Scored) -> dict[str, Any]:
    anatomy = scored.spotter.model.anatomy
    layers = anatomy.zeros.items()
    return {
        "nominal": scored.candidate.sparsity,
        "overall": round(anatomy.sparsity, 4),
        "layers": {name: round(zeros / elements, 4) for name, (zeros, elements) in layers},
    }


def _accuracy(scored: Scored) -> dict[str, Any]:
    correct, total, low, high = _share(scored.accuracy).values()
    words = scored.candidate.words
    counts = confusion(scored.scores, scored.dataset.words, words, scored.labels)
    return {"correct": correct, "total": total, "low": low, "high": high, "confusion": counts}


def _operating_rule(scored: Scored) -> dict[str, Any]:
    return {
        "threshold": OPERATING_THRESHOLD,
        "detected": _share(scored.acted_on("detected")),
        "false_accepts": {kind: _share(scored.acted_on(kind)) for kind in ("words", "noise")},
        "noise_kinds": _noise_kinds(scored),
        "curve": {
            "threshold": list(THRESHOLDS),
            **{
                kind: [int((sure > threshold).sum()) for threshold in THRESHOLDS]
                for kind, sure in scored.certainties.items()
            },
        },
    }


def _noise_kinds(scored: Scored) -> dict[str, dict[str, int]]:
    """Count what the operating rule acts on of each kind of noise."""
    acted, kinds = scored.certainties["noise"] > OPERATING_THRESHOLD, np.array(noise_kinds())
    return {
        kind: {"count": int(acted[kinds == kind].sum()), "total": int((kinds == kind).sum())}
        for kind in dict.fromkeys(kinds.tolist())
    }


def _scores(scored: Scored) -> dict[str, list[float]]:
    rows = scored.scores.astype(float).round(6).tolist()
    return dict(zip(scored.dataset.keys, rows, strict=True))


def _latency(windows: Sequence[Window], scored: Scored) -> dict[str, Any]:
    """
    Summarise the times of all *windows*.

    The p50 is that of the median window, so one disturbed window cannot move
    it; the tail and the histogram are of all calls, so none is hidden.
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
