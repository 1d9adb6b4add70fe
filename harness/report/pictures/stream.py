"""Words missed against false accepts per hour of a stream at all thresholds, a panel each."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from harness.record.metrics import FALSE_ACCEPTS_PER_HOUR, MISSED
from harness.report.pictures.canvas import BLUE, INK, MUTED, our_style
from harness.report.pictures.panels import Panels, points
from harness.report.pictures.placement import Numbers
from harness.report.table import in_order

_MARKS: Final = (0, 10, 100, 500, 2_000)
"""Ticks of false accepts per hour; the axis is by the cube root, which widens small values."""

_SHORTEST: Final = 120
_TICKS: Final = range(0, 101, 20)


def stream(rows: Sequence[Any]) -> str | None:
    """Return the picture of the *rows* that heard keywords in a stream, None if there are none."""
    rows = [row for row in in_order(rows) if MISSED.value(row) is not None]
    if not rows:
        return None
    most = max(_SHORTEST, *(1.1 * (FALSE_ACCEPTS_PER_HOUR.value(row) or 0) for row in rows))

    def frame(axes: Axes) -> None:
        axes.set_xscale("function", functions=(np.cbrt, lambda values: values**3))
        axes.set_xlim(0, most)
        axes.set_ylim(100, 0)  # what is better is on top
        marks = [mark for mark in _MARKS if mark < most]
        axes.set_xticks(marks, [f"{mark:,}" for mark in marks])
        axes.set_yticks(_TICKS, [f"{tick} %" for tick in _TICKS])

    with our_style():
        subtitle = (
            "Share of keywords missed (up: fewer) against false accepts per hour (right), at every "
            "threshold."
        )
        panels = Panels("Words missed against false accepts per hour", subtitle, rows, frame)
        threshold = rows[0]["stream"]["threshold"]
        others, rule = "other candidates", f"dot: mean score above {threshold:g}"
        panels.legend([("this candidate", BLUE, True), (others, MUTED, False), (rule, INK, False)])
        for index, row in enumerate(rows):
            missed, per_hour = (
                100 * (MISSED.value(row) or 0),
                FALSE_ACCEPTS_PER_HOUR.value(row) or 0,
            )
            panels.summary(index, f"{missed:.0f} % missed", f"{per_hour:,.0f} / h", BLUE)
            axes = panels.axes[index]
            axes.plot(*_curve(row).T, color=BLUE, linewidth=2, clip_on=True)
            axes.plot(per_hour, missed, "o", color=BLUE, markersize=6, clip_on=False, zorder=3)
        return panels.finish([_curve(row) for row in rows])


def _curve(row: Any) -> Numbers:
    """Return false accepts per hour and the percent of keywords missed, at each threshold."""
    found = row["stream"]
    per_hour = np.array(found["curve"]["false_accepts"]) / found["hours"]
    return points(per_hour, 100 * np.array(found["curve"]["missed"]) / found["missed"]["total"])
