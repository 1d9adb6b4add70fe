"""How one field may vary: choices, ranges, and shares of another field."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from candidates._search.text import written
from harness.errors import SearchError

Label = str | int | float | bool | None
"""What a study keeps of a value: the value itself if it is plain, else its text."""

_PLAIN: Final = (str, int, float, bool, type(None))
_DIGITS: Final = 3
"""Significant digits of a real number that is drawn, or shown."""


class Variation(Protocol):
    """How one field may vary."""

    @property
    def labels(self) -> Sequence[Label] | None:
        """The labels of all values in their order; None if there are too many to count."""
        ...

    def drawn(self, rng: np.random.Generator) -> Label:
        """Return the label of a value drawn at random."""
        ...

    def value(self, label: Label) -> Any:
        """Return the value that *label* stands for."""
        ...


@dataclass(frozen=True, init=False)
class Choices:
    """
    One of some values, as in ``Choices(16, 24, 32)``; a value may be anything.

    Raises:
        SearchError: If there is no value, or two are alike.

    """

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)
        labels = self.labels
        if not labels or len(set(map(repr, labels))) < len(labels):
            msg = f"impossible choices: {', '.join(map(str, labels))}; name different values"
            raise SearchError(msg)

    @property
    def labels(self) -> Sequence[Label]:
        """The labels of all values, in their order."""
        return [value if isinstance(value, _PLAIN) else written(value) for value in self.values]

    def drawn(self, rng: np.random.Generator) -> Label:
        """Return the label of a value drawn at random."""
        return self.labels[int(rng.integers(len(self.values)))]

    def value(self, label: Label) -> Any:
        """Return the value that *label* stands for."""
        return self.values[self.labels.index(label)]


def shown(label: Label) -> str:
    """Return what a trial chose as tables and pictures show it."""
    return f"{label:.{_DIGITS}g}" if isinstance(label, float) else str(label)


def evenly(low: float, high: float, count: int) -> Choices:
    """Return *count* choices at even distances, *low* and *high* among them."""
    _require_range("evenly", low, high, fits=count > 1)
    values = np.linspace(low, high, count).tolist()
    return Choices(*(int(value) if value.is_integer() else value for value in values))


@dataclass(frozen=True)
class Whole:
    """
    A whole number from *low* to *high*, both included.

    Attributes:
        low: Least number.
        high: Greatest number.
        log: Whether small numbers are tried as often as numbers twice as large.

    Raises:
        SearchError: If the range is empty or reversed, or logarithmic from below 1.

    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        _require_range(written(self), self.low, self.high, fits=whole and _positive(self))

    @property
    def labels(self) -> Sequence[Label]:
        """The numbers."""
        return range(self.low, self.high + 1)

    def drawn(self, rng: np.random.Generator) -> Label:
        """Return a number drawn at random."""
        if not self.log:
            return int(rng.integers(self.low, self.high, endpoint=True))
        drawn = math.exp(rng.uniform(math.log(self.low - 0.5), math.log(self.high + 0.5)))
        return min(max(round(drawn), self.low), self.high)

    def value(self, label: Label) -> Any:
        """Return the number."""
        return label


@dataclass(frozen=True)
class Real:
    """
    A real number from *low* to *high*, used with three significant digits.

    Attributes:
        low: Least number.
        high: Greatest number.
        log: Whether small numbers are tried as often as numbers ten times as large.

    Raises:
        SearchError: If the range is empty or reversed, or logarithmic from 0 or below.

    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        finite = math.isfinite(self.low) and math.isfinite(self.high)
        _require_range(written(self), self.low, self.high, fits=finite and _positive(self))

    @property
    def labels(self) -> None:
        """None: there are too many."""
        return

    def drawn(self, rng: np.random.Generator) -> Label:
        """Return a number drawn at random."""
        if self.log:
            return math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return float(rng.uniform(self.low, self.high))

    def value(self, label: Label) -> Any:
        """Return the number, rounded, and within the range all the same."""
        rounded = float(f"{float(label or 0):.{_DIGITS}g}")
        return min(max(rounded, self.low), self.high)


@dataclass(frozen=True)
class Share:
    """
    A share of another field: the value is *by* times the field at *of*.

    Attributes:
        of: Path of that field, as varied or as it is.
        by: How the share varies.

    """

    of: str
    by: Choices | Whole | Real

    @property
    def labels(self) -> Sequence[Label] | None:
        """The labels of all shares."""
        return self.by.labels

    def drawn(self, rng: np.random.Generator) -> Label:
        """Return the label of a share drawn at random."""
        return self.by.drawn(rng)

    def value(self, label: Label) -> Any:
        """Return the share."""
        return self.by.value(label)

    def times(self, share: Any, whole: Any) -> Any:
        """Return *share* of *whole*, as a whole number where it is one."""
        product = float(f"{share * whole:.6g}")
        return int(product) if product.is_integer() else product


def _require_range(what: str, low: float, high: float, *, fits: bool) -> None:
    if not low < high or not fits:
        wanted = "a least and a greater number, above 0 if logarithmic"
        msg = f"impossible range: {what} from {low} to {high}; use {wanted}"
        raise SearchError(msg)


def _positive(span: Whole | Real) -> bool:
    return span.low > 0 or not span.log
