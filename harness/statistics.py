"""Statistics of counts and times; each names its source, or its test has a hand-worked case."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Z_95: Final = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""

ALPHA: Final = 0.05
"""A difference with a p-value below this is taken to be more than chance."""


class Proportion(NamedTuple):
    """
    A share, *hits* of *total*, with its 95 % Wilson interval.

    Attributes:
        hits: Number of cases that count.
        total: Number of all cases.
        low: Lower end of the interval, a share from 0 to 1.
        high: Upper end of the interval, a share from 0 to 1.

    """

    hits: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Hits divided by total."""
        return self.hits / self.total


def proportion(hits: int, total: int) -> Proportion:
    """
    Return *hits* of *total* with its 95 % interval.

    Source: Wilson 1927, "Probable inference, the law of succession, and
    statistical inference", JASA 22, 209-212.
    """
    if total == 0:
        return Proportion(0, 0, 0.0, 1.0)
    share, z2 = hits / total, Z_95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    reach = Z_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return Proportion(hits, total, max(0.0, centre - reach), min(1.0, centre + reach))


def count(hits: npt.NDArray[np.bool_]) -> Proportion:
    """Return how many of *hits* are true."""
    return proportion(int(hits.sum()), len(hits))


class Rate(NamedTuple):
    """
    Events per unit of time, with the exact 95 % interval of the rate they come at.

    Attributes:
        per_unit: Events divided by the time watched.
        low: Lower end of the interval.
        high: Upper end of the interval.

    """

    per_unit: float
    low: float
    high: float


def rate(events: int, watched: float) -> Rate:
    """
    Return the rate of *events* in the time *watched*, in any unit of time above 0.

    Source: Garwood 1936, "Fiducial limits for the Poisson distribution", Biometrika 28,
    437-442, by way of the gamma distribution.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  (only measuring needs SciPy)

    low = float(gammaincinv(events, 0.025)) if events else 0.0
    high = float(gammaincinv(events + 1, 0.975))
    return Rate(events / watched, low / watched, high / watched)


class Paired(NamedTuple):
    """
    How two candidates, or one candidate before and after, differ on the same clips.

    Attributes:
        lost: Number of clips that the first has right and the second wrong.
        won: Number of clips that the second has right and the first wrong.

    """

    lost: int
    won: int

    @property
    def p_value(self) -> float:
        """
        Two-sided p-value: how likely so uneven a split is if a clip is as easily lost as won.

        Source: the exact conditional test in Fagerland, Lydersen and Laake 2013, "The
        McNemar test for binary matched-pairs data", BMC Medical Research Methodology 13:91.
        """
        clips = self.lost + self.won
        tail = sum(math.comb(clips, k) for k in range(min(self) + 1))
        return min(1.0, 2 * tail / (1 << clips))

    @property
    def beyond_chance(self) -> bool:
        """Whether the p-value is below ALPHA; it takes at least six clips, all lost or all won."""
        return self.p_value < ALPHA


def percentile(values: npt.ArrayLike, percent: float) -> float:
    """Return a percentile, interpolated linearly between the two nearest values."""
    return float(np.percentile(np.asarray(values, float), percent))


def spread(values: npt.ArrayLike) -> float:
    """Return the interquartile range of *values*, divided by their median."""
    low, middle, high = np.percentile(np.asarray(values, float), [25, 50, 75])
    return float((high - low) / middle)


class Between(NamedTuple):
    """The 95 % interval of a share, taken over groups that differ among themselves."""

    groups: int
    low: float
    high: float


def between_groups(hits: npt.NDArray[np.bool_], groups: Sequence[str]) -> Between | None:
    """
    Return the interval of the share of *hits* over *groups*, such as speakers.

    Clips of one speaker resemble each other, so an interval over clips is too narrow. None
    for fewer than two groups.
    Source: Student's t interval of the mean of the groups' shares, cut off at 0 and 1.
    """
    names = sorted(set(groups))
    if len(names) < 2:  # noqa: PLR2004  (one group does not vary)
        return None
    from scipy.special import stdtrit  # noqa: PLC0415  (only measuring needs SciPy)

    of = np.array(groups)
    shares = np.array([hits[of == name].mean() for name in names])
    error = shares.std(ddof=1) / math.sqrt(len(names))
    reach = float(stdtrit(len(names) - 1, 0.975) * error)
    middle = float(shares.mean())
    return Between(len(names), max(0.0, middle - reach), min(1.0, middle + reach))
