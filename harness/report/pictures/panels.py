"""Panels side by side, one for each row, that share their axes, their grid and faint curves."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path as Shape
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Affine2D, IdentityTransform

from harness.report.pictures.canvas import FAINT, INK, LINE, WIDTH, Canvas, text_width
from harness.report.pictures.placement import Numbers

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

Words = tuple[str, str, bool]
"""A text, its colour, and whether it is bold."""


class Panels:
    """
    A canvas with a panel for each of *rows*.

    Args:
        title: Title of the picture.
        subtitle: What is drawn against what.
        rows: What each panel is of; its candidate's name stands above it.
        frame: Sets scale, limits and ticks of a panel.

    Attributes:
        canvas: The canvas.
        axes: The panel of each row.

    """

    def __init__(
        self, title: str, subtitle: str, rows: Sequence[Any], frame: Callable[[Axes], None]
    ) -> None:
        columns = _columns(rows)
        down, self._across = _HEAD + _PANEL + _FOOT, (WIDTH - 2 * _EDGE) / columns
        self.canvas = Canvas(title, subtitle, _TOP + down * -(-len(rows) // columns))
        self._corners = [
            (
                _EDGE + self._across * (index % columns),
                self.canvas.height - _TOP - down * (index // columns),
            )
            for index in range(len(rows))
        ]
        self.axes = [self._panel(row, *at) for row, at in zip(rows, self._corners, strict=True)]
        for axes in self.axes:
            frame(axes)
            axes.xaxis.set_minor_locator(NullLocator())
            axes.tick_params(length=0, labelsize=10)
            axes.tick_params(axis="x", pad=9)

    def _panel(self, row: Any, left: float, top: float) -> Axes:
        self.canvas.text(left, top - LINE / 2, row["candidate"], weight="bold")
        bottom, right = top - _HEAD - _PANEL, left + self._across - _BESIDE
        return self.canvas.axes(left + _LEFT, bottom, right, top - _HEAD)

    def legend(self, texts: Sequence[Words]) -> None:
        """Write *texts* in a line above the panels."""
        x, y = 16.0, self.canvas.height - 64
        for text, colour, bold in texts:
            self.canvas.text(x, y, text, color=colour, weight="bold" if bold else "normal")
            x += text_width(text, bold=bold) + 14

    def summary(self, index: int, on_the_left: str, on_the_right: str, colour: str) -> None:
        """Write a text on either side below the name of a panel."""
        left, top = self._corners[index]
        y = top - 1.5 * LINE
        self.canvas.text(left, y, on_the_left, color=INK)
        right = left + self._across - _BESIDE
        self.canvas.text(right, y, on_the_right, color=colour, ha="right")

    def finish(self, curves: Sequence[Numbers]) -> str:
        """Draw the grid and all *curves* faintly in every panel, and return the picture."""
        self._repeat(_grid(self.axes[0]), 0.6)
        self._repeat(_faint(self.axes[0], curves), 1)
        return self.canvas.svg()

    def _repeat(self, shapes: Sequence[Shape], width: float) -> None:
        """Draw *shapes* faintly: written once, so that a picture grows by panels."""
        behind = PathCollection(
            [Shape.make_compound_path(*shapes)],
            offsets=[axes.bbox.min for axes in self.axes],
            offset_transform=IdentityTransform(),
            facecolors="none",
            edgecolors=FAINT,
            linewidths=width,
            zorder=-1,
        )
        behind.set_transform(Affine2D())
        self.axes[0].figure.add_artist(behind)


def points(across: Sequence[float], up: Sequence[float]) -> Numbers:
    """Return the points of a curve, one where several follow each other at the same place."""
    every = np.stack([np.asarray(across, float), np.asarray(up, float)], axis=1)
    return every[[True, *(every[1:] != every[:-1]).any(axis=1)]]


def _columns(rows: Sequence[Any]) -> int:
    widest = max(text_width(row["candidate"], bold=True) for row in rows)
    return max(1, min(_MOST_COLUMNS, int((WIDTH - 2 * _EDGE) / (widest + _BESIDE))))


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
