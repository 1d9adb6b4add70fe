"""The raw record: the form in which measurements are kept; everything is rendered from it."""

from typing import Any, NotRequired, TypedDict

Fact = str | int | float | bool | None
"""One fact about a board."""


class Measurement(TypedDict):
    """One candidate on one board and one data set; an error row has nulls."""

    candidate: str
    model_sha256: str | None
    labels: list[str] | None
    accuracy: dict[str, Any] | None
    scores: dict[str, list[float]] | None
    operating_rule: dict[str, Any] | None
    size: dict[str, int] | None
    sparsity: dict[str, Any] | None
    parameters: int | None
    macs: int | None
    operators: list[str] | None
    delegated_operators: int | None
    added_peak_bytes: int | None
    latency_us: dict[str, Any] | None
    windows: list[dict[str, Any]] | None
    attempts: NotRequired[list[dict[str, Any]]]
    budget: dict[str, float | None] | None
    verdict: str
    violations: list[str]
    expected_misses: list[str]
    warnings: list[str]
    error: str | None


class Record(TypedDict):
    """One run, on one data set, for one task."""

    format: int
    run: dict[str, Any]
    board: dict[str, Fact]
    dataset: dict[str, Any]
    measurements: list[Measurement]
