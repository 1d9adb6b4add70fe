"""Worked records: rows of measured values, and what they stand in."""

from typing import Any

from harness.record.schema import Measurement, Record

NOTE = "synthetic voices, not people"


def row(name: str, **changes: Any) -> Measurement:
    """Return the row of a candidate that gets 99 of 100 clips right in 100 µs, with *changes*."""
    measured = Measurement(
        candidate=name,
        model_sha256=f"sha-{name}",
        labels=["go", "stop"],
        accuracy={"correct": 99, "total": 100, "low": 0.9455, "high": 0.9982}
        | {"confusion": [[50, 0], [1, 49]]},
        scores={"go/1.wav": [0.9, 0.1]},
        operating_rule={
            "threshold": 0.95,
            "detected": share(96, 100),
            "false_accepts": {
                "words": share(12, 600),
                "unheard": None,
                "noise": share(0, 361),
                "digits": {"people": digits(30, 3_000), "synthetic": digits(90, 1_440)},
            },
            "noise_kinds": {"hum of 50 Hz": {"count": 0, "total": 60}},
            "curve": {
                "threshold": [0.5, 0.95, 0.999],
                "detected": [99, 96, 60],
                "words": [120, 12, 0],
                "unheard": None,
                "noise": [40, 0, 0],
                "digits": {"people": [300, 30, 3], "synthetic": [200, 90, 9]},
            },
        },
        stream={
            "hours": 1.0,
            "hop_ms": 100,
            "threshold": 0.95,
            "mean_of": 3,
            "refractory_ms": 1_000,
            "false_accepts": {"count": 12, "per_hour": 12.0, "low": 6.2, "high": 20.96},
            "missed": share(30, 100),
            "delay_ms": {"p50": 120, "p95": 480},
            "realtime_share": 0.000456,
            "kinds": {
                "digits": {"count": 9, "hours": 0.25},
                "noise": {"count": 0, "hours": 0.25},
                "tones": {"count": 3, "hours": 0.5},
            },
            "curve": {
                "threshold": [0.5, 0.95, 0.999],
                "false_accepts": [80, 12, 1],
                "missed": [10, 30, 60],
            },
            "digest": "sha256:stream",
        },
        size={"raw_bytes": 12_345, "zipped_bytes": 10_240},
        sparsity={"nominal": 0.0, "overall": 0.001, "layers": {"0 conv": 0.001}},
        parameters=3_456,
        macs=1_234_567,
        operators=["CONV_2D", "SOFTMAX"],
        delegated_operators=2,
        added_peak_bytes=7_654_321,
        latency_us={
            "total": times(100.0, 180.5),
            "frontend": times(60.0, 90.0),
            "inference": times(40.0, 70.0),
            "histogram": {"edges": [90, 1_500], "counts": [2_000]},
            "init": 2_345.6,
            "first_call": 765.4,
        },
        windows=[
            {
                "p50_us": 100.0,
                "board": {
                    "before": {"temperature_c": 51.5, "throttled": "0x0"},
                    "after": {"temperature_c": 53.0, "throttled": "0x50000"},
                },
            }
        ],
        budget={"min_accuracy": 0.97, "max_zipped_bytes": 25_600, "max_latency_us": 8_000},
        verdict="pass",
        violations=[],
        expected_misses=[],
        warnings=[],
        error=None,
    )
    return {**measured, **changes}  # type: ignore[typeddict-item]


def share(count: int, total: int) -> dict[str, Any]:
    return {"count": count, "total": total, "low": 0.9, "high": 1.0}


def digits(count: int, total: int) -> dict[str, Any]:
    speakers = {"total": 6, "low": 0.001, "high": 0.02}
    return {**share(count, total), "speakers": speakers, "digest": f"sha256:{total}"}


def times(p50: float, p99: float) -> dict[str, float]:
    return {"p50": p50, "p90": 120.0, "p95": 140.0, "p99": p99, "max": 1_500.0, "calls": 2_000}


EXACT = row(
    "exact",
    accuracy={"correct": 100, "total": 100, "low": 0.963, "high": 1.0}
    | {"confusion": [[50, 0], [0, 50]]},
    size={"raw_bytes": 40_000, "zipped_bytes": 20_480},
    latency_us=row("")["latency_us"] | {"total": times(1_234.6, 2_000.0)},  # type: ignore[operator]
    warnings=["windows spread by 30% of their median"],
)
SEED = row(
    "seed",
    accuracy={"correct": 96, "total": 100, "low": 0.9016, "high": 0.9843}
    | {"confusion": [[48, 2], [2, 48]]},
    sparsity={"nominal": 0.95, "overall": 0.903, "layers": {}},
    verdict="miss",
    violations=["accuracy 96.00% is not over 97.00%"],
    expected_misses=["accuracy"],
)
FRESH: Measurement = {
    **dict.fromkeys(Measurement.__annotations__),  # type: ignore[typeddict-item]
    "candidate": "fresh",
    "verdict": "error",
    "violations": [],
    "expected_misses": [],
    "warnings": [],
    "error": "fresh was never trained; run: tox run -e train -- fresh",
}


def record(*rows: Measurement, started: str = "2026-01-02T03:04:05Z", **dataset: Any) -> Record:
    return Record(
        format=1,
        run={"started": started, "commit": "0123456789abcdef", "dirty": True, "profile": "quick"},
        board={
            "name": "raspberry-pi-4",
            "model": "Raspberry Pi 4 Model B Rev 1.4",
            "cpu": "Cortex-A72",
            "architecture": "aarch64",
            "cores": 4,
            "virtual": False,
            "os": "Debian GNU/Linux 12 (bookworm)",
            "python": "3.11.2",
            "litert": "2.3.0",
            "numpy": "2.4.6",
            "scipy": "1.17.1",
            "governor": "ondemand",
        },
        dataset={
            "name": "mini_speech_commands",
            "split": "test",
            "labels": ["go", "stop"],
            "clips": 100,
            "digest": "sha256:1",
            "left_out": {},
            **dataset,
        },
        measurements=list(rows),
    )
