"""Units of measured values, and how a value is written in each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Unit:
    """
    How values of one unit are written.

    Attributes:
        symbol: Symbol after a number, such as ``KiB``.
        size: Number of recorded units in one shown unit: 1,024 bytes are one KiB.
        cell: Writes a recorded value for a cell of a table.
        exact: Writes a recorded value, with its unit, for a verdict.

    """

    symbol: str
    size: float
    cell: Callable[[float], str]
    exact: Callable[[float], str]

    def text(self, value: float) -> str:
        """Return *value* as written in a cell, with its unit."""
        cell = self.cell(value)
        return cell if not self.symbol or cell.endswith(self.symbol) else f"{cell} {self.symbol}"

    def round(self, value: float) -> str:
        """Return *value*, a limit, with its unit and at most four digits."""
        return f"{value / self.size:,.4g} {self.symbol}".strip()


def _microseconds(value: float) -> str:
    """Return a time with one decimal, or with none where it has four digits."""
    return f"{value:,.1f}" if value < 1_000 else f"{value:,.0f}"  # noqa: PLR2004


SHARE: Final = Unit(
    symbol="%",
    size=0.01,
    cell=lambda share: f"{100 * share:.1f} %",
    exact=lambda share: f"{share:.2%}",
)
"""A share from 0 to 1, shown in percent."""

FINE_SHARE: Final = Unit(
    symbol="%",
    size=0.01,
    cell=lambda share: f"{100 * share:.2g} %",
    exact=lambda share: f"{share:.3%}",
)
"""A share far below one percent."""

KIB: Final = Unit(
    symbol="KiB",
    size=1024,
    cell=lambda size: f"{size / 1024:.2f}",
    exact=lambda size: f"{size:,.0f} B",
)
"""Bytes, shown in units of 1,024 bytes."""

MIB: Final = Unit(
    symbol="MiB",
    size=1024**2,
    cell=lambda size: f"{size / 1024**2:.1f}",
    exact=lambda size: f"{size:,.0f} B",
)
"""Bytes, shown in units of 1,024 x 1,024 bytes."""

MICROSECONDS: Final = Unit(
    symbol="µs",
    size=1,
    cell=_microseconds,
    exact=lambda time_us: f"{time_us:,.1f} µs",
)

PER_HOUR: Final = Unit(
    symbol="an hour",
    size=1,
    cell=lambda rate: f"{rate:.1f}" if rate < 100 else f"{rate:,.0f}",  # noqa: PLR2004
    exact=lambda rate: f"{rate:,.1f} an hour",
)

MILLISECONDS: Final = Unit(symbol="ms", size=1, cell="{:,.0f}".format, exact="{:,.0f} ms".format)

COUNT: Final = Unit(symbol="", size=1, cell="{:,.0f}".format, exact="{:,.0f}".format)
