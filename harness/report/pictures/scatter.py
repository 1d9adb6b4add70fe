"""Accuracy against its cost: size or latency."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from harness.record.metric import Metric
from harness.record.metrics import ACCURACY
from harness.record.rows import judged
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
    log_axis,
    our_style,
    text_width,
)
from harness.report.pictures.placement import Box, Label, Numbers, place

Flags = npt.NDArray[np.bool_]

_HEIGHT: Final = 560
_AREA: Final = Box(72, 56, WIDTH - 92, _HEIGHT - 88)
_ABOVE: Final = Box(_AREA.left, _AREA.top + 4, WIDTH, _AREA.top + 4 + 2 * LINE)
_BESIDE: Final = Box(_AREA.right + 4, _AREA.bottom, WIDTH, _AREA.top)
_RADIUS: Final = 3.5
_FAR: Final = 2.5
"""A limit this many times beyond all values is written beside the axes, not drawn."""


def accuracy_against(cost: Metric, rows: Sequence[Any]) -> str | None:
    """
    Return the picture of *rows*, with their limits and the Pareto front.

    Rows without a value of *cost* are left out; without any other row there is no picture.
    """
    rows = [row for row in rows if cost.value(row) is not None]
    if not rows:
        return None
    rows.sort(key=lambda row: (-_accuracy(row), _cost(cost, row), row["candidate"]))
    with our_style():
        subtitle = (
            "Bars: 95 % intervals. Filled dots pass. Blue line and bold names: no other that "
            "passes is better in both."
        )
        canvas = Canvas(f"Accuracy against {cost.noun}", subtitle, _HEIGHT)
        axes = canvas.axes(*_AREA)
        values = np.array([(_cost(cost, row), _accuracy(row)) for row in rows])
        intervals = np.array([(row["accuracy"]["low"], row["accuracy"]["high"]) for row in rows])
        limits = _limits(cost, rows)
        bars = [bar * ACCURACY.unit.size for bar in _limits(ACCURACY, rows)]
        _scale(axes, cost, values[:, 0], limits, [*bars, *intervals.flat])
        lines = [_draw_limits(canvas, axes, cost, limits, bars)]
        passed = np.array([_passed(row, cost) for row in rows])
        best = _front(passed, values)
        front = _stairs(values[best])
        axes.plot(*front.T, color=BLUE, linewidth=1.5, alpha=0.6, zorder=2)
        lines += [_between(axes, *ends) for ends in pairwise(front)]
        for (x, y), (low, high), good, on in zip(values, intervals, passed, best, strict=True):
            colour = BLUE if on else MUTED
            axes.plot([x, x], [low, high], color=colour, linewidth=1, alpha=0.45, zorder=1)
            fill = colour if good else PAGE
            axes.plot(
                x, y, "o", color=colour, markerfacecolor=fill, markersize=2 * _RADIUS, zorder=3
            )
            lines.append(_between(axes, (x, low), (x, high)))
        names = [row["candidate"] for row in rows]
        _write(canvas, names, axes.transData.transform(values), best, np.concatenate(lines))
        return canvas.svg()


def _cost(cost: Metric, row: Any) -> float:
    """Return the cost of a row, in the unit that is shown."""
    return (cost.value(row) or 0) / cost.unit.size


def _accuracy(row: Any) -> float:
    return ACCURACY.value(row) or 0


def _limits(metric: Metric, rows: Sequence[Any]) -> list[float]:
    """Return the limits of a metric that *rows* were judged by, in the unit that is shown."""
    found = {row["budget"].get(metric.limit) for row in rows} - {None}
    return sorted(limit / metric.unit.size for limit in found)


def _passed(row: Any, cost: Metric) -> bool:
    """Return whether a row passes, with both values judged."""
    return row["verdict"] == "pass" and all(judged(row, m.name) for m in (ACCURACY, cost))


def _front(passed: Flags, values: Numbers) -> Flags:
    """Return for each row whether it passes and no other that passes is better in both values."""
    best = np.zeros(len(passed), bool)
    best[passed] = pareto(values[passed])
    return best


def pareto(values: Numbers) -> list[bool]:
    """Return for each (cost, gain) whether it is on the Pareto front, beaten by no other."""
    cost, gain = values.T
    return [
        not bool(((cost <= x) & (gain >= y) & ((cost < x) | (gain > y))).any()) for x, y in values
    ]


def _scale(
    axes: Axes, cost: Metric, values: Numbers, limits: Sequence[float], shares: Sequence[float]
) -> None:
    inside = [*values, *(limit for limit in limits if not _far(limit, values))]
    low, high = min(inside), max(inside)
    room = max((high / low) ** 0.08, 1.03)
    log_axis(axes, low / room, high * room, f"{cost.noun} ({cost.unit.symbol})")
    room = max(0.04 * (max(shares) - min(shares)), 0.002)
    axes.set_ylim(min(shares) - room, max(shares) + room)
    axes.yaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g}")
    axes.set_ylabel("accuracy (%)")
    axes.grid(axis="y", color=FAINT, linewidth=0.8)


def _far(limit: float, values: Numbers) -> bool:
    return bool(limit > _FAR * values.max() or limit < values.min() / _FAR)


def _draw_limits(
    canvas: Canvas, axes: Axes, cost: Metric, limits: Sequence[float], bars: Sequence[float]
) -> Numbers:
    """Draw and label every limit; returns points of the lines drawn."""
    style: dict[str, Any] = {"color": ORANGE, "linewidth": 1.2, "dashes": (5, 3), "zorder": 1}
    low, high = axes.get_xlim()
    words, points = [], []
    for limit in limits:
        text = f"{cost.bound} {limit:,.4g} {cost.unit.symbol}"
        words.append(f"{text} →" if limit > high else f"← {text}" if limit < low else text)
        x = axes.transData.transform((min(max(limit, low), high), 1))[0]
        points.append((x, _AREA.top - 3))
        if low <= limit <= high:
            axes.axvline(limit, **style)
    _write_limits(canvas, words, points, _ABOVE)
    for bar in bars:
        axes.axhline(bar, **style)
    heights = [axes.transData.transform((low, bar))[1] for bar in bars]
    texts = [f"over {100 * bar:g} %" for bar in bars]
    _write_limits(canvas, texts, [(_AREA.right - 3, y) for y in heights], _BESIDE)
    drawn = [(x, x, _AREA.bottom, _AREA.top) for x, _ in points]
    drawn += [(_AREA.left, _AREA.right, y, y) for y in heights]
    return np.concatenate([np.linspace((x0, y0), (x1, y1), 100) for x0, x1, y0, y1 in drawn])


def _write_limits(
    canvas: Canvas, words: Sequence[str], points: Sequence[tuple[float, float]], area: Box
) -> None:
    sizes = [(text_width(text) + 12, LINE) for text in words]
    labels = place(sizes, np.array(points), area, np.empty((0, 2)))
    for text, label in zip(words, labels, strict=True):
        _write_label(canvas, text, label, color=ORANGE)


def _write(
    canvas: Canvas, names: Sequence[str], points: Numbers, best: Flags, lines: Numbers
) -> None:
    sizes = [(text_width(name, bold=on), LINE) for name, on in zip(names, best, strict=True)]
    for name, label, on in zip(names, place(sizes, points, _AREA, lines), best, strict=True):
        style = {"color": INK, "weight": "bold"} if on else {"color": MUTED}
        _write_label(canvas, name, label, **style)


def _write_label(canvas: Canvas, text: str, label: Label, **style: Any) -> None:
    box = label.box
    x = {"left": box.left, "right": box.right, "center": (box.left + box.right) / 2}[label.side]
    if label.leader is not None:
        start, end = np.array(label.leader)
        rim = start + (end - start) * _RADIUS / np.hypot(*(end - start))
        canvas.line(rim, end, color=MUTED, linewidth=0.7)
    ground = {"facecolor": PAGE, "alpha": 0.8, "linewidth": 0, "pad": 1}
    canvas.text(x, (box.bottom + box.top) / 2, text, ha=label.side, bbox=ground, **style)


def _stairs(front: Numbers) -> Numbers:
    """Return the corners of the steps that lead up through *front*."""
    front = front[np.argsort(front[:, 0])]
    return np.stack([np.repeat(front[:, 0], 2)[1:], np.repeat(front[:, 1], 2)[:-1]], axis=1)


def _between(axes: Axes, first: Any, last: Any) -> Numbers:
    start, end = axes.transData.transform([first, last])
    return np.linspace(start, end, 2 + int(np.hypot(*(end - start)) / 8))
