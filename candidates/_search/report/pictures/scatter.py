"""The two first goals of every completed trial against each other, with limits and front."""

from itertools import pairwise
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from candidates._search.report.front import front
from candidates._search.study import Study
from candidates._search.trial import Trial
from harness.record.metric import Metric
from harness.report.pictures.canvas import (
    BLUE,
    FAINT,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAGE,
    WIDTH,
    Canvas,
    our_style,
    text_width,
)
from harness.report.pictures.placement import Box, place

_HEIGHT: Final = 480
_AREA: Final = Box(72, 56, WIDTH - 32, _HEIGHT - 72)
_RADIUS: Final = 3.5
_ROOM: Final = 0.06
"""Share of the span of values that is left free beyond them."""


def scatter(study: Study) -> str | None:
    """Return the picture; None with fewer than two goals or without a completed trial."""
    aims = study.aims
    trials = [trial for trial in study.trials() if trial.state == "completed"]
    if len(aims.objectives) < 2 or not trials:  # noqa: PLR2004  (a picture has two axes)
        return None
    across, up = aims.objectives[:2]
    points = np.array([[_shown(metric, trial) for metric in (across, up)] for trial in trials])
    best = [trial.number for trial in front(trials, aims)]
    with our_style():
        subtitle = (
            "Filled dots meet all limits. Blue, with numbers: no other that does is better in all "
            "goals. Orange: limits."
        )
        canvas = Canvas(f"{_title(up)} against {across.noun}", subtitle, _HEIGHT)
        axes = canvas.axes(*_AREA)
        _scale(axes, points, across, up)
        _limits(study, axes, across, up)
        for trial, (x, y) in zip(trials, points, strict=True):
            colour = BLUE if trial.number in best else MUTED
            fill = PAGE if aims.excess(trial.outcome.row) else colour
            axes.plot(x, y, "o", color=colour, markerfacecolor=fill, markersize=2 * _RADIUS)
        on_front = points[[trial.number in best for trial in trials]]
        if len(aims.objectives) == 2:  # noqa: PLR2004  (with more, it is no line)
            _stairs(axes, on_front)
        _numbers(canvas, axes, best, points, [trial.number for trial in trials])
        return canvas.svg()


def _shown(metric: Metric, trial: Trial) -> float:
    return (metric.value(trial.outcome.row) or 0) / metric.unit.size


def _title(metric: Metric) -> str:
    return metric.noun[0].upper() + metric.noun[1:]


def _scale(axes: Axes, points: Any, across: Metric, up: Metric) -> None:
    for low_high, set_limits, values in (
        (across, axes.set_xlim, points[:, 0]),
        (up, axes.set_ylim, points[:, 1]),
    ):
        span = (values.max() - values.min()) or abs(values.max()) or 1.0
        set_limits(values.min() - _ROOM * span, values.max() + _ROOM * span)
        axis = axes.xaxis if low_high is across else axes.yaxis
        axis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_xlabel(f"{across.noun} ({across.unit.symbol})")
    axes.set_ylabel(f"{up.noun} ({up.unit.symbol})")
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)


def _limits(study: Study, axes: Axes, across: Metric, up: Metric) -> None:
    style: dict[str, Any] = {"color": ORANGE, "linewidth": 1.2, "dashes": (5, 3)}
    for metric, limit in study.aims.constraints:
        at = limit / metric.unit.size
        if metric.name == across.name and axes.get_xlim()[0] < at < axes.get_xlim()[1]:
            axes.axvline(at, **style)
        if metric.name == up.name and axes.get_ylim()[0] < at < axes.get_ylim()[1]:
            axes.axhline(at, **style)


def _stairs(axes: Axes, points: Any) -> None:
    """Draw the steps that lead from one point of the front to the next."""
    ordered = points[np.argsort(points[:, 0])]
    for (x, y), (next_x, next_y) in pairwise(ordered):
        steps = [x, next_x, next_x], [y, y, next_y]
        axes.plot(*steps, color=BLUE, linewidth=1.5, alpha=0.6, zorder=1)


def _numbers(canvas: Canvas, axes: Axes, best: list[int], points: Any, numbers: list[int]) -> None:
    """Write the numbers of the best trials beside their points."""
    if not best:
        return
    places = axes.transData.transform(points[[numbers.index(number) for number in best]])
    others = axes.transData.transform(points)
    sizes = [(text_width(str(number), bold=True), LINE) for number in best]
    for number, label in zip(best, place(sizes, places, _AREA, others), strict=True):
        box = label.box
        if label.leader is not None:
            canvas.line(*label.leader, color=MUTED, linewidth=0.7)
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        canvas.text(x, y, str(number), color=INK, weight="bold", ha="center")
