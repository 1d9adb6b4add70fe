"""Detection against false accepts at all thresholds, a panel for each candidate."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from harness.report.pictures.canvas import (
    BLUE,
    FAINT,
    INK,
    LINE,
    MUTED,
    ORANGE,
    WIDTH,
    Canvas,
    our_style,
)
from harness.report.table import in_order

_COLUMNS: Final = 4
_EDGE: Final = 16
_TOP: Final = 84
_LEFT: Final = 44
_HEAD: Final = 2 * LINE + 6
_FOOT: Final = 34
_PANEL: Final = 150
_COLOURS: Final = {"words": BLUE, "noise": ORANGE}
_FINE: Final = (0, 1, 5, 20)
"""Ticks of a short x axis, in percent of false accepts."""

_COARSE: Final = (0, 5, 20, 50, 80)
"""Ticks of a long x axis; both axes are by the square root, which widens small values."""

_WIDE: Final = 30
"""Shortest x axis, in percent of false accepts."""

_HIGH: Final = 70
"""Least detection, in percent, from which the y axis has a tick every 10 %, not 20 %."""


def operating(rows: Sequence[Any]) -> str | None:
    """Return the picture of the *rows* that have a curve, None if there are none."""
    ordered = list[Any](in_order(rows))
    rows = [row for row in ordered if "curve" in row["operating_rule"]]
    if not rows:
        return None
    with our_style():
        subtitle = (
            "Share of keywords detected (up) against share of other clips accepted (right), "
            "at every threshold."
        )
        down = _HEAD + _PANEL + _FOOT
        height = _TOP + down * -(-len(rows) // _COLUMNS)
        canvas = Canvas("Detection against false accepts", subtitle, height)
        _legend(canvas, rows)
        across = (WIDTH - 2 * _EDGE) / _COLUMNS
        ticks, most = _ticks(rows), _most(rows)
        for index, row in enumerate(rows):
            left = _EDGE + across * (index % _COLUMNS)
            top = canvas.height - _TOP - down * (index // _COLUMNS)
            canvas.text(left, top - LINE / 2, row["candidate"], weight="bold")
            bottom = top - _HEAD - _PANEL
            axes = canvas.axes(left + _LEFT, bottom, left + across - 14, top - _HEAD)
            _frame(axes, ticks, most)
            for other in rows:
                if other is not row:
                    _line(axes, other, "words", FAINT, 1)
            _summary(canvas, row, (left, left + across - 14), top - 1.5 * LINE)
            for kind, colour in _COLOURS.items():
                _line(axes, row, kind, colour, 2)
                _mark(axes, row, kind, colour)
        return canvas.svg()


def _legend(canvas: Canvas, rows: Sequence[Any]) -> None:
    y, threshold = canvas.height - 64, rows[0]["operating_rule"]["threshold"]
    x = 16.0
    for text, colour, width in (
        ("other words", BLUE, 88),
        ("noise", ORANGE, 50),
        ("other words, other candidates", MUTED, 200),
    ):
        canvas.text(x, y, text, color=colour, weight="bold" if colour != MUTED else "normal")
        x += width
    canvas.text(x, y, f"dot: the operating rule, top score above {threshold:g}", color=INK)


def _frame(axes: Axes, ticks: Sequence[int], most: float) -> None:
    axes.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_xlim(0, most)
    axes.set_ylim(ticks[0], 100.5)
    axes.xaxis.set_minor_locator(NullLocator())
    marks = _FINE if most <= _WIDE else [tick for tick in _COARSE if tick < most]
    axes.set_xticks(marks, [f"{mark} %" for mark in marks])
    axes.set_yticks(ticks, [f"{tick} %" for tick in ticks])
    axes.tick_params(length=0, labelsize=10)
    axes.tick_params(axis="x", pad=9)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def _ticks(rows: Sequence[Any]) -> Sequence[int]:
    """Return ticks of the y axis in percent, from a round number below the least detection."""
    least = min(100 * _at_rule(row, "detected") for row in rows)
    step = 10 if least >= _HIGH else 20
    return range(max(0, step * int(least // step) - step), 101, step)


def _most(rows: Sequence[Any]) -> float:
    """Return the end of the x axis in percent of false accepts, beyond every dot."""
    accepted = [100 * _at_rule(row, kind) for row in rows for kind in _COLOURS if _total(row, kind)]
    return max(_WIDE, *(1.05 * share for share in accepted))


def _at_rule(row: Any, kind: str) -> float:
    rule = row["operating_rule"]
    counted = rule["detected"] if kind == "detected" else rule["false_accepts"][kind]
    return float(counted["count"] / counted["total"])


def _total(row: Any, kind: str) -> int:
    return int(row["operating_rule"]["false_accepts"][kind]["total"])


def _line(axes: Axes, row: Any, kind: str, colour: str, width: float) -> None:
    if not _total(row, kind):
        return
    rule = row["operating_rule"]
    accepted = 100 * np.array(rule["curve"][kind]) / _total(row, kind)
    detected = 100 * np.array(rule["curve"]["detected"]) / rule["detected"]["total"]
    axes.plot(accepted, detected, color=colour, linewidth=width, clip_on=True)


def _mark(axes: Axes, row: Any, kind: str, colour: str) -> None:
    if not _total(row, kind):
        return
    point = 100 * _at_rule(row, kind), 100 * _at_rule(row, "detected")
    axes.plot(*point, "o", color=colour, markersize=6, clip_on=False, zorder=3)


def _summary(canvas: Canvas, row: Any, ends: tuple[float, float], y: float) -> None:
    """Write the shares at the operating rule between *ends*, in the colours of the lines."""
    left, right = ends
    canvas.text(left, y, f"{100 * _at_rule(row, 'detected'):.0f} % detected", color=INK)
    for kind, x in (("words", right - 52), ("noise", right)):
        share = f"{100 * _at_rule(row, kind):.1f} %" if _total(row, kind) else "-"
        canvas.text(x, y, share, color=_COLOURS[kind], ha="right")
