"""Features of the last second of a stream, computed anew for new frames alone."""

from collections.abc import Callable
from typing import Final

from harness.audio import Clip
from harness.frontends.frontend import Features, Frontend, checked
from harness.frontends.log_mel import LogMel
from harness.frontends.mfcc import Mfcc

ROLLING: Final = (LogMel, Mfcc)
"""Front-ends whose frames are independent; a candidate's subclass of one may not be."""

FeaturesOf = Callable[[Clip], Features]


def stream_features(frontend: Frontend, hop_samples: int) -> FeaturesOf:
    """
    Return what computes the features of one second after another, each a hop further on.

    A stream of its own needs one of its own. Every front-end is served; the work of one that
    computes independent frames, of which a whole number fits a hop, is that of the new frames.
    """
    if type(frontend) in ROLLING:
        framewise: LogMel | Mfcc = frontend  # type: ignore[assignment]
        framing = framewise.framing
        if framing is not None and not hop_samples % framing.hop_length:
            new = hop_samples // framing.hop_length
            if new < framing.frames:
                return RollingFeatures(framewise, new)
    return lambda clip: checked(frontend, clip, "a second of the stream")


class RollingFeatures:
    """
    The rows of the frames of the last second, of which each call computes the new ones.

    Args:
        frontend: Front-end with independent frames.
        new: Frames in a hop.

    """

    def __init__(self, frontend: LogMel | Mfcc, new: int) -> None:
        if frontend.framing is None:
            raise AssertionError  # see stream_features
        frames, length, hop_length = frontend.framing
        first, last = frames - new, frames - 1
        self._frontend = frontend
        self._new = new
        self._latest = slice(first * hop_length, last * hop_length + length)
        self._rows: Features | None = None

    def __call__(self, clip: Clip) -> Features:
        """Return the features of *clip*, a hop after that of the last call."""
        if self._rows is None:
            self._rows = self._frontend.rows(clip)
        else:
            self._rows[: -self._new] = self._rows[self._new :]
            self._rows[-self._new :] = self._frontend.rows(clip[self._latest])
        return self._frontend.of_rows(self._rows, clip)
