"""Placing the labels of crowded points: a greedy search that always gives the same result."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_GAP = 7.0
"""Gap between a label and its point, in pixels."""

_LEADER = 12.0
"""Distance in pixels from which a label needs a line to its point."""


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Return whether the two overlap; touching edges do not count."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )


class Label(NamedTuple):
    """
    A label that was placed.

    Attributes:
        box: Rectangle that the label fills.
        side: Side of the box nearest to the point, to which the text is aligned.
        leader: Ends of the line from the point; None if the box is close to it.

    """

    box: Box
    side: Literal["left", "right", "center"]
    leader: tuple[tuple[float, float], tuple[float, float]] | None


def place(
    sizes: Sequence[tuple[float, float]], points: Numbers, area: Box, lines: Numbers
) -> list[Label]:
    """
    Place a label near each point; no two labels overlap while *area* has room.

    Each label in turn takes the best place on a fine grid: near its own point, away
    from other points and from lines, with its leader away from the labels and leaders
    placed before.

    Args:
        sizes: Width and height of each label, in pixels.
        points: Points that the labels belong to, shape (labels, 2).
        area: Rectangle that the labels stay inside.
        lines: Points on lines that labels should not cover, shape (n, 2).

    """
    labels: list[Label] = []
    for (width, height), point in zip(sizes, points, strict=True):
        boxes = _places(point, width, height, area)
        ends = np.clip(point, boxes[:, :2], boxes[:, 2:])
        away = np.hypot(*(point - ends).T)
        others = points[(points != point).any(axis=1)]
        path = point + np.linspace(0.1, 1, 12)[:, None, None] * (ends - point)
        cost = away.clip(_GAP) + 4 * _inside(boxes, lines, margin=0)
        cost += 60 * _inside(boxes, points, margin=4) + 25 * _inside(boxes, others, margin=10)
        for x, y in others:
            cost += 20 * _within(path, Box(x - 5, y - 5, x + 5, y + 5)).sum(axis=0)
        for box, _, leader in labels:
            cost += 1e6 * _overlap(boxes, box)
            cost += 30 * _within(path, box).sum(axis=0)
            if leader is not None:
                steps = np.linspace(leader[0], leader[1], 12)
                cost += 30 * _inside(boxes, steps, margin=2)
                cost += 60 * _cross(point, ends, *np.array(leader))
        best = int(np.argmin(cost))
        far = bool(away[best] > _LEADER)
        leader = (tuple(point.tolist()), tuple(ends[best].tolist())) if far else None
        box = Box(*boxes[best].tolist())
        labels.append(Label(box, _side(float(point[0]), box), leader))
    return labels


def _places(point: Numbers, width: float, height: float, area: Box) -> Numbers:
    """Return boxes inside *area*: first those beside the point, then those on a grid."""
    x, y = point
    close = [
        (x + _GAP, y - height / 2),
        (x - _GAP - width, y - height / 2),
        (x - width / 2, y + _GAP),
        (x - width / 2, y - _GAP - height),
        *((x + dx, y + dy) for dx in (5, -5 - width) for dy in (5, -5 - height)),
    ]
    grid = np.meshgrid(
        np.arange(area.left, area.right - width + 1, 12.0),
        np.arange(area.bottom, area.top - height + 1, 8.0),
    )
    corners = np.concatenate([close, np.stack(grid, axis=-1).reshape(-1, 2)])
    boxes = np.hstack([corners, corners + np.array([width, height])])
    fits = (boxes >= (area[:2] * 2)).all(axis=1) & (boxes <= (area[2:] * 2)).all(axis=1)
    return boxes[fits]


def _side(x: float, box: Box) -> Literal["left", "right", "center"]:
    if x <= box.left:
        return "left"
    return "right" if x >= box.right else "center"


def _within(points: Any, box: Box) -> Any:
    x, y = points[..., 0], points[..., 1]
    return (x > box.left) & (x < box.right) & (y > box.bottom) & (y < box.top)


def _inside(boxes: Numbers, points: Numbers, margin: float) -> Any:
    """Count the *points* in each box."""
    (left, bottom, right, top), (x, y) = boxes.T[:, :, None], points.T
    beside = (x > left - margin) & (x < right + margin)
    return (beside & (y > bottom - margin) & (y < top + margin)).sum(axis=1)


def _overlap(boxes: Numbers, other: Box) -> Any:
    """Return the area that each box shares with *other*."""
    sides = np.minimum(boxes[:, 2:], other[2:]) - np.maximum(boxes[:, :2], other[:2])
    return sides.clip(min=0).prod(axis=1)


def _cross(start: Numbers, ends: Numbers, first: Numbers, last: Numbers) -> Any:
    """Return which lines from *start* to *ends* cross that from *first* to *last*."""

    def side(a: Numbers, b: Numbers, c: Numbers) -> Any:
        ab, ac = b - a, c - a
        return np.sign(ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0])

    apart = side(start, ends, first) * side(start, ends, last) < 0
    return apart & (side(first, last, start) * side(first, last, ends) < 0)
