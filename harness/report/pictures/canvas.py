"""
The canvas: a figure in pixels whose SVG follows the reader's light or dark mode.

Colours are written for light mode, and a style sheet in the SVG swaps them in dark
mode. It swaps the background, too, so a viewer without such a mode, or in another
mode than its page, shows a legible picture.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil, floor, log10
from typing import Any, Final
from unicodedata import east_asian_width

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator

from harness.text import printable

WIDTH: Final = 860
"""Width of every picture, in pixels."""

FONT: Final = 12.0
"""Size of the font, in pixels."""

LINE: Final = 16.0
"""Height of a line of text, in pixels."""

INK: Final = "#1f2328"
MUTED: Final = "#59636e"
FAINT: Final = "#d1d9e0"
PAGE: Final = "#ffffff"
BLUE: Final = "#0969da"
ORANGE: Final = "#bc4c00"
GREEN: Final = "#1a7f37"
PURPLE: Final = "#8250df"

_DARK: Final = {
    INK: "#f0f6fc",
    MUTED: "#9198a1",
    FAINT: "#3d444d",
    PAGE: "#0d1117",
    BLUE: "#4493f8",
    ORANGE: "#f0883e",
    GREEN: "#3fb950",
    PURPLE: "#ab7df8",
}
_FONTS: Final = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
"""Fonts, none wider than DejaVu Sans, which comes with matplotlib and measures the texts."""

_NO_GLYPH: Final = r"Glyph \d+ .* missing from"
"""The warning of a letter that DejaVu Sans lacks. It merely measures: a viewer's fonts draw."""

_STYLE: Final[dict[Any, Any]] = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 72,  # that of an SVG: a point is a pixel
    "figure.facecolor": PAGE,
    "font.family": "DejaVu Sans",
    "font.size": FONT,
    "svg.fonttype": "none",
    "svg.hashsalt": "spotbench",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelsize": "medium",
    "ytick.color": MUTED,
    "ytick.labelsize": "medium",
}


class Canvas:
    """
    A figure of WIDTH x *height* pixels; coordinates count from the lower left.

    Args:
        title: Title, written at the top.
        subtitle: How to read the picture, written below the title.
        height: Height in pixels, rounded up to a whole number.

    """

    def __init__(self, title: str, subtitle: str, height: float) -> None:
        self.title = title
        self.height = ceil(height)
        self.figure = Figure(figsize=(WIDTH / 72, self.height / 72))
        self.text(16, self.height - 24, title, size=15, weight="bold")
        self.text(16, self.height - 44, subtitle, color=MUTED)

    def axes(self, left: float, bottom: float, right: float, top: float) -> Axes:
        """Return axes with these edges, in pixels."""
        size = ((right - left) / WIDTH, (top - bottom) / self.height)
        return self.figure.add_axes((left / WIDTH, bottom / self.height, *size))

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write *text*; *y* is the middle of the line."""
        style = {"va": "center_baseline", **style}
        self.figure.text(x, y, printable(text), transform=None, **style)

    def line(self, start: Sequence[float], end: Sequence[float], **style: Any) -> None:
        """Draw a line from *start* to *end*."""
        xs, ys = zip(start, end, strict=True)
        self.figure.add_artist(Line2D(xs, ys, transform=None, **style))

    def box(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        """Fill a rectangle whose lower left corner is at *x*, *y*."""
        self.figure.add_artist(Rectangle((x, y), width, height, transform=None, **style))

    def svg(self) -> str:
        """Return the picture as SVG."""
        file = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        canvas: Any = FigureCanvasSVG(self.figure)
        canvas.print_svg(file, metadata={**nothing, "Title": self.title})
        size = f'width="{WIDTH}pt" height="{self.height}pt"'
        svg = file.getvalue().replace(size, size.replace("pt", ""), 1)
        return svg.replace("</style>", f"{_sheet()}</style>", 1)


def _sheet() -> str:
    swaps = "\n".join(
        f'[style*="{key}: {light}"] {{{key}: {dark} !important}}'
        for light, dark in _DARK.items()
        for key in ("fill", "stroke")
    )
    fonts = f"text {{font-family: {_FONTS} !important}}"
    return f"\n{fonts}\n@media (prefers-color-scheme: dark) {{\n{swaps}\n}}\n"


@contextmanager
def our_style() -> Iterator[None]:
    """Draw in this style, regardless of the user's matplotlibrc."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", _NO_GLYPH)
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def text_width(text: str, *, bold: bool = False) -> float:
    """Return the width of *text* in pixels; a Chinese letter is as wide as a W."""
    font = FontProperties(family="DejaVu Sans", size=FONT, weight="bold" if bold else "normal")
    measured = "".join("W" if east_asian_width(letter) in "WF" else letter for letter in text)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _NO_GLYPH)
        size = text_to_path.get_text_width_height_descent(printable(measured), font, ismath=False)
    return float(size[0])


def shortened(name: str, widest: float) -> str:
    """Return *name*, printable, and without its middle if it is wider than *widest* pixels."""
    name = printable(name)
    half = len(name) // 2
    while text_width(name, bold=True) > widest:
        name, half = f"{name[: half - 1]}…{name[1 - half :]}", half - 1
    return name


def log_axis(axes: Axes, low: float, high: float, title: str) -> None:
    """Make the x axis logarithmic from *low* to *high*, labelled with round numbers."""
    ticks = _round_numbers(low, high)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel(title)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)


def _round_numbers(low: float, high: float, *, most: int = 9) -> Sequence[float]:
    if high < 5 * low:
        ticks = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
        return [float(tick) for tick in ticks if low <= tick <= high]
    decades = [10.0**power for power in range(floor(log10(low)), floor(log10(high)) + 1)]
    for steps in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        found = [step * ten for ten in decades for step in steps if low <= step * ten <= high]
        if len(found) <= most:
            break
    return found
