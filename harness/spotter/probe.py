"""
The probe: all that a spotter will do is done in a child process first.

LiteRT refuses most broken files, but not all: an int8 sum without scales ends the process
with a SIGABRT, and an index that is out of bounds is read. A front-end may do either. So a
spotter is made here only if a child has made it of the same file and called it on every clip.
"""

import contextlib
import math
import resource
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import scipy.fft  # noqa: F401  (once in the helper process, and not in each of its children)

from harness import children
from harness.audio import Clip
from harness.candidate.candidate import Candidate
from harness.candidate.registry import Registry
from harness.children import Child
from harness.decisions import Scores
from harness.errors import CandidateError, ModelError, SpotbenchError
from harness.frontends.frontend import require_working
from harness.sharing import Clips, received, shared
from harness.spotter.loading import make_spotter
from harness.spotter.model import call_once
from harness.spotter.spotter import Spotter
from harness.text import duration

SCORING_S: Final = 600.0
"""Longest time that scoring all clips may be expected to take, in seconds."""

_MARGIN: Final = 10
"""How many times as long as expected it may take: a board may throttle, or be busy."""

_IMPORTED: Final = "when imported"
_LOADED: Final = "when loaded and called once"
_HEARD: Final = "when its front-end was called"
_CALLED: Final = "when called on the first clip"
_SCORED: Final = "when it scored the test clips"

_CURES: Final = {
    _LOADED: "convert it again or remove it",
    _HEARD: "fix the front-end's __call__",
    _CALLED: "convert it again or remove it",
    _SCORED: "convert it again, or fix the front-end's __call__",
}


class Probed(NamedTuple):
    """
    What a spotter did in a child process, where it did no harm.

    Attributes:
        added_peak_bytes: How far loading and one call raised the peak resident memory
            of a process that had imported LiteRT, in bytes. Some 7 MiB of it are
            LiteRT's own code, which is read in for every model.
        scores: Scores of the clips, one array for each that was given.

    """

    added_peak_bytes: int
    scores: tuple[Scores, ...]


Origin = str | Candidate
"""Package that a child process imports a candidate from, or the candidate itself."""


class Probe:
    """
    A spotter that is made and scores *clips* in a child process, from now on.

    Args:
        origin: Where the candidate comes from.
        name: Name of the candidate.
        data: Contents of its ``.tflite`` file.
        clips: Clips to score, at least one in each array.

    """

    def __init__(self, origin: Origin, name: str, data: bytes, clips: Sequence[Clips]) -> None:
        shares = [shared(part) for part in clips]
        descriptors = [descriptor for _, descriptor in shares]
        self._name = name
        self._begun = children.begin(_probed, origin, name, data, SCORING_S, share=descriptors)

    def wait(self) -> None:
        """Wait until the child process is done."""
        self._begun.wait()

    def result(self) -> Probed:
        """
        Return what the spotter did.

        Raises:
            CandidateError: If the front-end raises, or returns anything but features.
            ModelError: If the model is damaged, does not fit or cannot be run, or if the process
                died, gave no answer, needed too much memory, or would take longer than
                ``SCORING_S``.

        """
        name = self._name
        try:
            return self._begun.result()
        except (CandidateError, ModelError):
            raise
        except SpotbenchError as error:  # an error of data sets, say, would end the whole run
            msg = f"{name} raised {type(error).__name__}: {error}; fix the front-end's __call__"
            raise CandidateError(msg) from error
        except children.ChildError as error:
            what = f"{name}.tflite" if error.step == _LOADED else name
            msg = f"{what} {error}; {error.cure or _CURES.get(error.step, 'fix the module')}"
            raise ModelError(msg) from error


def _probed(child: Child, origin: Origin, name: str, data: bytes, limit_s: float) -> Probed:
    child.begin(_LOADED)
    added_peak_bytes = _added_peak_bytes(data)  # before anything else takes memory
    child.begin(_IMPORTED)
    candidate = Registry(origin).load(name) if isinstance(origin, str) else origin
    clips = [received(descriptor) for descriptor in child.descriptors]
    child.begin(_LOADED)
    spotter = make_spotter(candidate, name, data)
    _ = spotter.model.macs  # which loads the model once more
    child.begin(_HEARD)
    require_working(candidate.frontend, clips[0][0])
    call_s, calls = _quicker_of_two_s(child, spotter, clips[0][0]), sum(map(len, clips))
    if call_s * calls > limit_s:
        msg = (
            f"{name} is too slow: at {call_s:.2g} s a call, {calls:,} clips would take "
            f"{duration(call_s * calls)}, and the limit is {duration(limit_s)}; make it smaller "
            "or measure on fewer clips"
        )
        raise ModelError(msg)
    child.begin(_SCORED, _MARGIN * call_s * calls)
    return Probed(added_peak_bytes, tuple(spotter.score(part) for part in clips))


def _quicker_of_two_s(child: Child, spotter: Spotter, clip: Clip) -> float:
    """Return the time of a call, in seconds; the very first may be slow for reasons of its own."""
    took_s = math.inf
    for _ in range(2):
        child.begin(_CALLED)
        start = time.perf_counter()
        spotter(clip)
        took_s = min(took_s, time.perf_counter() - start)
    return took_s


def _added_peak_bytes(data: bytes) -> int:
    before_bytes = _peak_bytes()
    with contextlib.suppress(ModelError, RuntimeError, ValueError):
        call_once(data)  # whatever is refused here is refused below, with the reason
    return _peak_bytes() - before_bytes


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
