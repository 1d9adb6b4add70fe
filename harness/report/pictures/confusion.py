"""Confusion matrices, one for each candidate: spoken words and answered labels."""

from collections.abc import Sequence
from typing import Any, Final

from harness.report.pictures.canvas import (
    BLUE,
    INK,
    LINE,
    MUTED,
    ORANGE,
    WIDTH,
    Canvas,
    our_style,
    text_width,
)
from harness.report.table import in_order

_EDGE: Final = 16
_TOP: Final = 64
_CELL: Final = 28
_GAP: Final = 24
_UPRIGHT: Final = 4
"""With more labels than this they are written upwards, so that a matrix stays narrow."""


def confusions(rows: Sequence[Any], words: Sequence[str]) -> str:
    """Return the picture of all *rows*, for the *words* of the task."""
    rows = list[Any](in_order(rows))
    with our_style():
        side = 8 + max(map(text_width, words))
        widest = max(text_width(label) for row in rows for label in row["labels"])
        tall = max(len(row["labels"]) for row in rows) > _UPRIGHT
        cell = 4 + max(text_width(f"{count:,}") for row in rows for count in _counts(row))
        cell = cell if tall else max(cell, _CELL, widest + 10)
        head = LINE + (widest + 8 if tall else LINE)
        across = max(side + cell * max(len(row["labels"]) for row in rows), _widest(rows)) + _GAP
        down = head + _CELL * len(words) + _GAP
        columns = max(1, int((WIDTH - 2 * _EDGE + _GAP) / across))
        across = (WIDTH - 2 * _EDGE + _GAP) / columns
        subtitle = "Number of clips. Rows: the spoken word. Columns: the model's answer."
        canvas = Canvas("Confusion", subtitle, _TOP + down * -(-len(rows) // columns))
        for index, row in enumerate(rows):
            left = _EDGE + across * (index % columns)
            top = canvas.height - _TOP - down * (index // columns)
            canvas.text(left, top - LINE / 2, row["candidate"], weight="bold")
            _matrix(canvas, row, words, (left + side, top - head, cell), tall=tall)
        return canvas.svg()


def _counts(row: Any) -> list[int]:
    return [count for line in row["accuracy"]["confusion"] for count in line]


def _widest(rows: Sequence[Any]) -> float:
    return max(text_width(row["candidate"], bold=True) for row in rows)


def _matrix(
    canvas: Canvas,
    row: Any,
    words: Sequence[str],
    place: tuple[float, float, float],
    *,
    tall: bool,
) -> None:
    """Draw the matrix of *row* from its upper left corner down."""
    left, top, cell = place
    turned = {"rotation": 90, "va": "bottom"} if tall else {}
    for j, label in enumerate(row["labels"]):
        y = top + (4 if tall else LINE / 2)
        canvas.text(left + cell * (j + 0.5), y, label, ha="center", color=MUTED, **turned)
    for i, (word, counts) in enumerate(zip(words, row["accuracy"]["confusion"], strict=True)):
        y = top - _CELL * (i + 1)
        canvas.text(left - 6, y + _CELL / 2, word, ha="right", color=MUTED)
        for j, (label, count) in enumerate(zip(row["labels"], counts, strict=True)):
            colour = BLUE if word == label else ORANGE
            shade = 0.08 + 0.47 * (count / max(1, sum(counts))) ** 0.5
            box = (left + cell * j + 1, y + 1, cell - 2, _CELL - 2)
            canvas.box(*box, facecolor=colour, alpha=shade, linewidth=0)
            middle = (left + cell * (j + 0.5), y + _CELL / 2)
            canvas.text(*middle, f"{count:,}", ha="center", color=INK if count else MUTED)
