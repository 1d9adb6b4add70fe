"""Detection against false accepts at all thresholds, a panel for each candidate."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path as Shape
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Affine2D, IdentityTransform

from harness.record.rows import Share, counted
from harness.report.pictures.canvas import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PURPLE,
    WIDTH,
    Canvas,
    our_style,
    text_width,
)
from harness.report.pictures.placement import Numbers
from harness.report.table import in_order

_MOST_COLUMNS: Final = 4
"""Panels side by side, fewer where names are wider than a panel."""

_EDGE: Final = 16
_BESIDE: Final = 14
"""Room between two panels."""

_TOP: Final = 84
_LEFT: Final = 44
_HEAD: Final = 2 * LINE + 6
_FOOT: Final = 34
_PANEL: Final = 150

Path = tuple[str, ...]
"""Where a kind of clips stands, both among the false accepts and in the curve."""

_PEOPLE: Final = ("digits", "people")
_SYNTHETIC: Final = ("digits", "synthetic")
_KINDS: Final[dict[Path, tuple[str, str]]] = {
    _PEOPLE: ("people's digits", BLUE),
    _SYNTHETIC: ("synthetic digits", BLUE),
    ("unheard",): ("unheard words", PURPLE),
    ("words",): ("heard words", GREEN),
    ("noise",): ("noise", ORANGE),
}
"""What each kind of clips is called, and the colour of its line."""

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
    kinds = _kinds(rows)
    with our_style():
        subtitle = (
            "Share of keywords detected (up) against share of other clips accepted (right), "
            "at every threshold."
        )
        columns = _columns(rows)
        down = _HEAD + _PANEL + _FOOT
        height = _TOP + down * -(-len(rows) // columns)
        canvas = Canvas("Detection against false accepts", subtitle, height)
        _legend(canvas, kinds, rows[0]["operating_rule"]["threshold"])
        across = (WIDTH - 2 * _EDGE) / columns
        ticks, most = _ticks(rows), _most(rows, kinds)
        panels = []
        for index, row in enumerate(rows):
            left = _EDGE + across * (index % columns)
            top = canvas.height - _TOP - down * (index // columns)
            canvas.text(left, top - LINE / 2, row["candidate"], weight="bold")
            bottom = top - _HEAD - _PANEL
            axes = canvas.axes(left + _LEFT, bottom, left + across - _BESIDE, top - _HEAD)
            _frame(axes, ticks, most)
            panels.append(axes)
            _summary(canvas, row, kinds[0], (left, left + across - _BESIDE, top - 1.5 * LINE))
            for kind in reversed(kinds):
                _line(axes, row, kind)
                _mark(axes, row, kind)
        _repeat(panels, _grid(panels[0]), 0.6)
        curves = [curve for row in rows if (curve := _curve(row, kinds[0])) is not None]
        _repeat(panels, _faint(panels[0], curves), 1)
        return canvas.svg()


def _columns(rows: Sequence[Any]) -> int:
    widest = max(text_width(row["candidate"], bold=True) for row in rows)
    return max(1, min(_MOST_COLUMNS, int((WIDTH - 2 * _EDGE) / (widest + _BESIDE))))


def _kinds(rows: Sequence[Any]) -> list[Path]:
    """Return the kinds to draw, the most telling first: people's digits, or else synthetic ones."""
    found = [kind for kind in _KINDS if any(_counted(row, kind) for row in rows)]
    return [kind for kind in found if kind != _SYNTHETIC or _PEOPLE not in found]


def _legend(canvas: Canvas, kinds: Sequence[Path], threshold: float) -> None:
    x, y = 16.0, canvas.height - 64
    names = [(*_KINDS[kind], "bold") for kind in kinds]
    others = (f"{names[0][0]}, other candidates", MUTED, "normal")
    rule = (f"dot: top score above {threshold:g}", INK, "normal")
    for text, colour, weight in (*names, others, rule):
        canvas.text(x, y, text, color=colour, weight=weight)
        x += text_width(text, bold=weight == "bold") + 14


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


def _ticks(rows: Sequence[Any]) -> Sequence[int]:
    """Return percents for the y axis, from a round number below the lowest detection."""
    least = min(_percent(row["operating_rule"]["detected"]) for row in rows)
    step = 10 if least >= _HIGH else 20
    return range(max(0, step * int(least // step) - step), 101, step)


def _most(rows: Sequence[Any], kinds: Sequence[Path]) -> float:
    """Return the percent of false accepts at which the x axis ends: beyond every rule's point."""
    counts = [found for row in rows for kind in kinds if (found := _counted(row, kind))]
    return max(_WIDE, *(1.05 * _percent(found) for found in counts))


def _counted(row: Any, kind: Path) -> Share | None:
    """Return the false accepts among a kind of clips, None where the row has none of that kind."""
    return counted("operating_rule", "false_accepts", *kind)(row)


def _percent(share: Share) -> float:
    return float(100 * share["count"] / share["total"])


def _curve(row: Any, kind: Path) -> Numbers | None:
    """Return false accepts and detections in percent, one point where several are the same."""
    found, rule = _counted(row, kind), row["operating_rule"]
    if found is None:
        return None
    curve = rule["curve"]
    for key in kind:
        curve = curve[key]
    accepted = 100 * np.array(curve) / found["total"]
    detected = 100 * np.array(rule["curve"]["detected"]) / rule["detected"]["total"]
    points = np.stack([accepted, detected], axis=1)
    return points[[True, *(points[1:] != points[:-1]).any(axis=1)]]


def _grid(panel: Axes) -> list[Shape]:
    """Return the lines of a panel's grid, in pixels from its lower left corner."""
    marks = np.array([(x, y) for x in panel.get_xticks() for y in panel.get_yticks()])
    places = panel.transData.transform(marks) - panel.bbox.min
    upright = [[(x, 0), (x, panel.bbox.height)] for x in dict.fromkeys(places[:, 0])]
    level = [[(0, y), (panel.bbox.width, y)] for y in dict.fromkeys(places[:, 1])]
    return [Shape(line) for line in (*upright, *level)]


def _faint(panel: Axes, curves: Sequence[Numbers]) -> list[Shape]:
    """Return *curves* within a panel, in pixels from its lower left corner."""
    inside = (0, 0, panel.bbox.width, panel.bbox.height)
    places = (panel.transData.transform(curve) - panel.bbox.min for curve in curves)
    return [Shape(place).cleaned(clip=inside) for place in places]


def _repeat(panels: Sequence[Axes], shapes: Sequence[Shape], width: float) -> None:
    """Draw *shapes* faintly in every panel: written once, so that a picture grows by panels."""
    behind = PathCollection(
        [Shape.make_compound_path(*shapes)],
        offsets=[axes.bbox.min for axes in panels],
        offset_transform=IdentityTransform(),
        facecolors="none",
        edgecolors=FAINT,
        linewidths=width,
        zorder=-1,
    )
    behind.set_transform(Affine2D())
    panels[0].figure.add_artist(behind)


def _line(axes: Axes, row: Any, kind: Path) -> None:
    curve = _curve(row, kind)
    if curve is not None:
        axes.plot(*curve.T, color=_KINDS[kind][1], linewidth=2, clip_on=True)


def _mark(axes: Axes, row: Any, kind: Path) -> None:
    found = _counted(row, kind)
    if found is not None:
        point = _percent(found), _percent(row["operating_rule"]["detected"])
        axes.plot(*point, "o", color=_KINDS[kind][1], markersize=6, clip_on=False, zorder=3)


def _summary(canvas: Canvas, row: Any, kind: Path, place: tuple[float, float, float]) -> None:
    """Write the rates at the rule between two ends of a line."""
    left, right, y = place
    detected = _percent(row["operating_rule"]["detected"])
    canvas.text(left, y, f"{detected:.0f} % detected", color=INK)
    found = _counted(row, kind)
    share = f"{_percent(found):.1f} %" if found else "-"
    canvas.text(right, y, share, color=_KINDS[kind][1], ha="right")
