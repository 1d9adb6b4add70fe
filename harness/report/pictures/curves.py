"""Detection against false accepts at all thresholds, a panel for each candidate."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from harness.record.rows import Share, counted
from harness.report.pictures.canvas import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, our_style
from harness.report.pictures.panels import Panels, Words, points
from harness.report.pictures.placement import Numbers
from harness.report.table import in_order

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
        frame = partial(_frame, ticks=_ticks(rows), most=_most(rows, kinds))
        panels = Panels("Detection against false accepts", subtitle, rows, frame)
        panels.legend(_legend(kinds, rows[0]["operating_rule"]["threshold"]))
        for index, row in enumerate(rows):
            panels.summary(index, *_summary(row, kinds[0]), _KINDS[kinds[0]][1])
            for kind in reversed(kinds):
                _line(panels.axes[index], row, kind)
                _mark(panels.axes[index], row, kind)
        curves = (_curve(row, kinds[0]) for row in rows)
        return panels.finish([curve for curve in curves if curve is not None])


def _kinds(rows: Sequence[Any]) -> list[Path]:
    """Return the kinds to draw, the most telling first: people's digits, or else synthetic ones."""
    found = [kind for kind in _KINDS if any(_counted(row, kind) for row in rows)]
    return [kind for kind in found if kind != _SYNTHETIC or _PEOPLE not in found]


def _legend(kinds: Sequence[Path], threshold: float) -> list[Words]:
    names = [(*_KINDS[kind], True) for kind in kinds]
    others = (f"{names[0][0]}, other candidates", MUTED, False)
    return [*names, others, (f"dot: top score above {threshold:g}", INK, False)]


def _frame(axes: Axes, *, ticks: Sequence[int], most: float) -> None:
    axes.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_xlim(0, most)
    axes.set_ylim(ticks[0], 100.5)
    marks = _FINE if most <= _WIDE else [tick for tick in _COARSE if tick < most]
    axes.set_xticks(marks, [f"{mark} %" for mark in marks])
    axes.set_yticks(ticks, [f"{tick} %" for tick in ticks])


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
    return points(accepted, detected)


def _line(axes: Axes, row: Any, kind: Path) -> None:
    curve = _curve(row, kind)
    if curve is not None:
        axes.plot(*curve.T, color=_KINDS[kind][1], linewidth=2, clip_on=True)


def _mark(axes: Axes, row: Any, kind: Path) -> None:
    found = _counted(row, kind)
    if found is not None:
        point = _percent(found), _percent(row["operating_rule"]["detected"])
        axes.plot(*point, "o", color=_KINDS[kind][1], markersize=6, clip_on=False, zorder=3)


def _summary(row: Any, kind: Path) -> tuple[str, str]:
    """Return the rates at the rule in words."""
    found = _counted(row, kind)
    detected = _percent(row["operating_rule"]["detected"])
    return f"{detected:.0f} % detected", f"{_percent(found):.1f} %" if found else "-"
