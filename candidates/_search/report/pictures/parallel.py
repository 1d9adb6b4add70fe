"""Parallel coordinates: what each completed trial chose, and what it came to."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from candidates._search.report.front import front
from candidates._search.study import Study
from candidates._search.trial import Trial
from candidates._search.variations import Label, shown
from harness.record.metric import Metric
from harness.report.pictures.canvas import (
    BLUE,
    FAINT,
    INK,
    LINE,
    MUTED,
    WIDTH,
    Canvas,
    our_style,
)

_HEIGHT: Final = 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, WIDTH - 70, 124, 28
_MANY: Final = 8
"""Axes, beyond which their headings need a third row."""


class _Axis(NamedTuple):
    """
    One axis.

    Attributes:
        heading: What it shows.
        heights: Height of each trial on it, from 0 to 1.
        low: What is written at its foot.
        high: What is written at its top.

    """

    heading: str
    heights: list[float]
    low: str
    high: str


def parallel(study: Study) -> str | None:
    """Return the picture; None without two completed trials."""
    trials = [trial for trial in study.trials() if trial.state == "completed"]
    if len(trials) < 2:  # noqa: PLR2004  (one line shows no difference)
        return None
    best = {trial.number for trial in front(trials, study.aims)}
    axes = [
        _field(heading, [trial.point.get(path) for trial in trials])
        for path, heading in study.varied.items()
    ]
    axes += [_goal(metric, trials) for metric in study.aims.objectives]
    with our_style():
        subtitle = "A line is a completed trial; blue ones are those of the table of the best."
        canvas = Canvas("What each trial chose, and what it came to", subtitle, _HEIGHT)
        rows = 2 if len(axes) <= _MANY else 3
        xs = np.linspace(_LEFT, _RIGHT, len(axes)).tolist()
        for index, (x, axis) in enumerate(zip(xs, axes, strict=True)):
            canvas.line((x, _BOTTOM + LINE), (x, _HEIGHT - _TOP), color=FAINT, linewidth=1)
            above = _HEIGHT - _TOP + LINE * (1.6 + index % rows)
            canvas.text(x, above, axis.heading, color=INK, ha="center", weight="bold")
            canvas.text(x, _HEIGHT - _TOP + 0.6 * LINE, axis.high, color=MUTED, ha="center")
            canvas.text(x, _BOTTOM + 0.3 * LINE, axis.low, color=MUTED, ha="center")
        for index in sorted(range(len(trials)), key=lambda i: trials[i].number in best):
            marked = trials[index].number in best
            ys = [_y(axis.heights[index]) for axis in axes]
            for start, end in zip(range(len(xs)), range(1, len(xs)), strict=False):
                canvas.line(
                    (xs[start], ys[start]),
                    (xs[end], ys[end]),
                    color=BLUE if marked else MUTED,
                    linewidth=1.8 if marked else 0.8,
                    alpha=0.9 if marked else 0.35,
                )
        return canvas.svg()


def _y(height: float) -> float:
    return _BOTTOM + LINE + height * (_HEIGHT - _TOP - _BOTTOM - LINE)


def _field(heading: str, labels: Sequence[Label]) -> _Axis:
    """Return the axis of a field: numbers by size, other labels in their order of first use."""
    if all(isinstance(label, int | float) and not isinstance(label, bool) for label in labels):
        numbers: list[float] = [*labels]  # type: ignore[list-item]
        return _Axis(heading, _spread(numbers), shown(min(numbers)), shown(max(numbers)))
    known = sorted(set(labels), key=str)
    heights = _spread([known.index(label) for label in labels])
    return _Axis(heading, heights, _short(known[0]), _short(known[-1]))


def _goal(metric: Metric, trials: Sequence[Trial]) -> _Axis:
    values = [metric.value(trial.outcome.row) or 0 for trial in trials]
    low, high = metric.unit.text(min(values)), metric.unit.text(max(values))
    return _Axis(metric.heading, _spread(values), low, high)


def _spread(values: Sequence[float]) -> list[float]:
    """Return *values* from 0 for the least to 1 for the greatest; alike ones are in the middle."""
    low, span = min(values), max(values) - min(values)
    return [(value - low) / span if span else 0.5 for value in values]


def _short(label: Label) -> str:
    text = str(label)
    return text if len(text) <= 12 else f"{text[:11]}…"  # noqa: PLR2004  (characters between axes)
