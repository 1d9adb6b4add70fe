"""What a front-end is, and the checks of one that a candidate brings along."""

import dataclasses
from typing import Any, Final, NoReturn, Protocol

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, Clip
from harness.errors import AudioError, CandidateError, SpotbenchError

Features = npt.NDArray[np.float32]

INT16_SCALE: Final = 32_768
"""What a full-scale sample is divided by to become 1, as ``tf.audio.decode_wav`` does."""

_INT16: Final = np.dtype(np.int16)
_OURS: Final = "LogMel(...), Mfcc(...) or Waveform(...)"
_MEND: Final = "mend its __call__"


class Frontend(Protocol):
    """
    Clip to features: a frozen dataclass with a shape and a ``__call__``.

    Training, int8 calibration, accuracy, timing and the microphone all call the
    same object, so a feature cannot differ between them.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the features of one clip."""
        ...

    def __call__(self, clip: Clip, /) -> Features:
        """Features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        ...


def require_frontend(value: Any) -> None:
    """Raise CandidateError unless *value* has all that a front-end must have."""
    kind = type(value).__name__
    if isinstance(value, type):
        refuse(f"{value.__name__} is a class", f"an instance of it, {value.__name__}(...)")
    if not callable(value):
        refuse(f"{kind} has no __call__", f"{_OURS}, or give its class a __call__(self, clip)")
    if not hasattr(value, "shape"):
        refuse(f"{kind} has no shape", f"{_OURS}, or give its class the shape of its features")
    if not _is_shape(value.shape):
        refuse(f"{kind} has the shape {value.shape!r}", "a tuple of whole numbers, each at least 1")
    parameters = getattr(value, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        refuse(f"{kind} is no frozen dataclass", "@dataclass(frozen=True) on its class")


def _is_shape(shape: Any) -> bool:
    if not isinstance(shape, tuple) or not shape:
        return False
    return all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in shape)


def require_working(frontend: Frontend, clip: Clip | None = None) -> None:
    """
    Call a copy of *frontend*, which also imports what its first call needs.

    Args:
        frontend: Front-end to try out.
        clip: First clip it is going to see; None for silence.

    Raises:
        CandidateError: If it raises, or returns anything but features.

    """
    copy = dataclasses.replace(frontend)  # type: ignore[type-var]
    if clip is None:
        checked(copy, np.zeros(CLIP_SAMPLES, np.int16), "a silent clip")
    else:
        checked(copy, clip, "the first clip")


def features_of(frontend: Frontend, clips: npt.NDArray[np.int16]) -> Features:
    """
    Features of many clips, each result checked: float32 ``(clips, *shape)``.

    Raises:
        CandidateError: If the front-end raises, or returns anything but features.

    """
    features = np.empty((len(clips), *frontend.shape), np.float32)
    for index, clip in enumerate(clips):
        features[index] = checked(frontend, clip, f"clip {index}")
    return features


def checked(frontend: Frontend, clip: Clip, which: str) -> Features:
    """Features of one clip, called *which* in errors; raises CandidateError if they are none."""
    kind = type(frontend).__name__
    try:
        features = frontend(clip)
    except SpotbenchError:
        raise
    except Exception as error:
        msg = f"the front-end {kind} raised {type(error).__name__}: {error} for {which}; {_MEND}"
        raise CandidateError(msg) from error
    if fault := _fault(features, frontend.shape):
        found, wanted = fault
        msg = f"the front-end {kind} returned {found} for {which}, {wanted}"
        raise CandidateError(msg)
    return features


def _fault(features: Any, shape: tuple[int, ...]) -> tuple[str, str] | None:
    """Return what was returned instead of features, and the cure; None if nothing was."""
    wanted = f"not float32 of shape {shape}"
    if not isinstance(features, np.ndarray):
        return type(features).__name__, f"{wanted}; return a NumPy array"
    if features.dtype != np.float32 or features.shape != shape:
        found = f"{features.dtype} of shape {features.shape}"
        return found, f"{wanted}; {_MEND} or its shape"
    if not (finite := np.isfinite(features)).all():
        found = f"{np.count_nonzero(~finite):,} values that are not finite"
        return found, "not numbers only; guard its divisions and logarithms against zero"
    return None


def require_clip(clip: Clip) -> None:
    """Raise AudioError unless *clip* is int16 ``(16000,)``."""
    if clip.shape != (CLIP_SAMPLES,) or clip.dtype != _INT16:
        found = f"{clip.dtype} of shape {clip.shape}"
        msg = f"a clip is {found}, not int16 of shape ({CLIP_SAMPLES},); read it with decode_wav"
        raise AudioError(msg)


def refuse(fault: str, wanted: str) -> NoReturn:
    """Raise CandidateError for a front-end through which no clip could pass."""
    msg = f"impossible front-end: {fault}; use {wanted}"
    raise CandidateError(msg)
