"""Latency, a lane for each candidate, the fastest at the top: its distribution and its stages."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from harness.report.pictures.canvas import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    WIDTH,
    Canvas,
    log_axis,
    our_style,
    text_width,
)

_LANE: Final = 34
_TOP: Final = 88
_BOTTOM: Final = 56
_COLUMN: Final = 78


def latencies(rows: Sequence[Any]) -> str:
    """Return the picture of the distribution of latency over all calls of all *rows*."""
    with our_style():
        subtitle = (
            "Height: square root of the number of calls, scaled to each lane. "
            "Line: fastest to slowest call."
        )
        lanes = _Lanes("Latency of all calls", subtitle, rows, columns=2)
        edges = [row["latency_us"]["histogram"]["edges"] for row in lanes.rows]
        low, high = min(map(min, edges)), max(map(max, edges))
        log_axis(lanes.axes, low / 1.05, high * 1.05, "latency (µs)")
        for lane, (row, ends) in enumerate(zip(lanes.rows, edges, strict=True)):
            counts = np.array(row["latency_us"]["histogram"]["counts"])
            ground = lane + 0.35
            peak = ground - 0.75 * np.sqrt(counts / counts.max())
            lanes.axes.hlines(ground, ends[0], ends[-1], color=MUTED, linewidth=1)
            lanes.axes.stairs(peak, ends, baseline=ground, fill=True, color=MUTED, alpha=0.45)
        for column, (percentile, colour) in enumerate((("p50", BLUE), ("p99", ORANGE))):
            values = [row["latency_us"]["total"][percentile] for row in lanes.rows]
            tops = np.arange(len(values)) - 0.4
            lanes.axes.vlines(values, tops, tops + 0.75, color=colour, linewidth=2)
            lanes.column(column, f"{percentile} (µs)", colour, values)
        return lanes.canvas.svg()


def stages(rows: Sequence[Any]) -> str:
    """Return the picture of front-end and inference of all *rows*."""
    with our_style():
        subtitle = "Median latency. The total and each stage are timed in separate calls."
        lanes = _Lanes("Front-end and inference", subtitle, rows, columns=3)
        start = np.zeros(len(rows))
        for column, (head, stage, colour) in enumerate(
            (("front-end", "frontend", BLUE), ("inference", "inference", ORANGE))
        ):
            values = [_p50(row, stage) for row in lanes.rows]
            lanes.axes.barh(range(len(rows)), values, left=start, height=0.62, color=colour)
            lanes.column(column, head, colour, values)
            start += values
        lanes.column(2, "total (µs)", INK, [_p50(row, "total") for row in lanes.rows])
        lanes.axes.set_xlabel("median latency (µs)")
        lanes.axes.xaxis.set_major_formatter("{x:,g}")
        lanes.axes.grid(axis="x", color=FAINT, linewidth=0.8)
        lanes.axes.set_axisbelow(True)
        return lanes.canvas.svg()


def _p50(row: Any, stage: str) -> float:
    return float(row["latency_us"][stage]["p50"])


class _Lanes:
    """A canvas with a lane for each of *rows*, fastest first, and room for *columns* beside."""

    def __init__(self, title: str, subtitle: str, rows: Sequence[Any], *, columns: int) -> None:
        self.rows = sorted(rows, key=lambda row: (_p50(row, "total"), row["candidate"]))
        self.canvas = Canvas(title, subtitle, _TOP + _LANE * len(rows) + _BOTTOM)
        names = [row["candidate"] for row in self.rows]
        left = 30 + max(map(text_width, names))
        right = WIDTH - 24 - columns * _COLUMN
        self.axes = self.canvas.axes(left, _BOTTOM, right, self.canvas.height - _TOP)
        self.axes.set_ylim(len(rows) - 0.5, -0.5)
        self.axes.set_yticks(range(len(rows)), names, color=INK)
        self.axes.tick_params(axis="y", length=0, pad=8)
        self.axes.spines["left"].set_visible(False)

    def column(self, index: int, head: str, colour: str, values: Sequence[float]) -> None:
        """Write a column of *values* beside the lanes."""
        x = self.axes.bbox.x1 + (index + 1) * _COLUMN
        top = self.axes.bbox.y1
        self.canvas.text(x, top + 12, head, color=colour, ha="right", weight="bold")
        for lane, value in enumerate(values):
            text = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"  # noqa: PLR2004
            self.canvas.text(x, top - _LANE * (lane + 0.5), text, color=colour, ha="right")
