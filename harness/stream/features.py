"""Features of the last second of a stream, computed anew for new frames alone."""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from harness.audio import Clip
from harness.frontends.frontend import Features, Framing, Frontend, checked
from harness.frontends.log_mel import LogMel
from harness.frontends.mfcc import Mfcc

_FRAMEWISE: Final = (LogMel, Mfcc)
"""Front-ends that may compute frames one by one; a candidate's subclass of one may not."""

FeaturesOf = Callable[[Clip], Features]


class Framewise(Protocol):
    """A front-end whose features follow from rows, each of which follows from one frame."""

    def rows(self, samples: Clip) -> Features:
        """Return a row of each whole frame of *samples*."""
        ...

    def of_rows(self, rows: Features) -> Features:
        """Return the features of a second with these *rows*."""
        ...


class Rolling(NamedTuple):
    """
    How the rows of one second follow from those of the second a hop before.

    Attributes:
        frontend: Front-end.
        framing: How it frames a second.
        new: Frames in a hop.

    """

    frontend: Framewise
    framing: Framing
    new: int

    def new_rows(self, clip: Clip) -> Features:
        """Return the rows of the frames in *clip* that were not in the second before."""
        frames, length, hop_length = self.framing
        start, end = (frames - self.new) * hop_length, (frames - 1) * hop_length + length
        return self.frontend.rows(clip[start:end])


def rolling(frontend: Frontend, hop_samples: int) -> Rolling | None:
    """Return how rows follow from earlier ones; None unless a hop is a whole number of frames."""
    if type(frontend) not in _FRAMEWISE:
        return None
    framewise: LogMel | Mfcc = frontend  # type: ignore[assignment]  # one of _FRAMEWISE
    framing = framewise.framing
    if framing is None or hop_samples % framing.hop_length:
        return None
    new = hop_samples // framing.hop_length
    return Rolling(framewise, framing, new) if new < framing.frames else None


def stream_features(frontend: Frontend, hop_samples: int) -> FeaturesOf:
    """
    Return what computes the features of one second after another, each a hop further on.

    A stream of its own needs one of its own. Every front-end is served; one whose frames can be
    computed one by one computes the new ones alone.
    """
    how = rolling(frontend, hop_samples)
    if how is None:
        return lambda clip: checked(frontend, clip, "a second of the stream")
    return RollingFeatures(how)


class RollingFeatures:
    """The features of the last second, from rows of which each call computes the new ones."""

    def __init__(self, how: Rolling) -> None:
        self._how = how
        self._rows: Features | None = None

    def __call__(self, clip: Clip) -> Features:
        """Return the features of *clip*, a hop after that of the last call."""
        frontend, _, new = self._how
        if self._rows is None:
            self._rows = frontend.rows(clip)
        else:
            self._rows[:-new] = self._rows[new:]
            self._rows[-new:] = self._how.new_rows(clip)
        return frontend.of_rows(self._rows)
