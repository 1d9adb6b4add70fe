"""What a front-end is, and the checks of one that a candidate defines."""

import dataclasses
from typing import Any, Final, NamedTuple, NoReturn, Protocol

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, Clip
from harness.errors import AudioError, CandidateError, SpotbenchError

Features = npt.NDArray[np.float32]
"""The features of one clip, of the front-end's shape; or of many, ``(clips, *shape)``."""

INT16_SCALE: Final = 32_768
"""Divisor that turns a full-scale sample into 1, as in ``tf.audio.decode_wav``."""

_INT16: Final = np.dtype(np.int16)
_OURS: Final = "LogMel(...), Mfcc(...) or Waveform(...)"
_FIX: Final = "fix its __call__"


class Framing(NamedTuple):
    """
    The frames of one second that features are computed from, each on its own.

    Attributes:
        frames: Number of frames.
        frame_length: Samples in a frame, at 16 kHz.
        hop_length: Samples between the starts of two frames, at 16 kHz.

    """

    frames: int
    frame_length: int
    hop_length: int


class Frontend(Protocol):
    """
    Turns a clip into features: a frozen dataclass with a shape and a ``__call__``.

    Training, int8 calibration, accuracy, timing and the microphone all call the
    same object, so no feature can differ between them.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the features of one clip."""
        ...

    def __call__(self, clip: Clip, /) -> Features:
        """Return the features of one clip: int16 ``(16000,)`` in, float32 ``shape`` out."""
        ...


def require_frontend(value: Any) -> None:
    """Raise CandidateError unless *value* is a front-end."""
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
        refuse(f"{kind} is not a frozen dataclass", "@dataclass(frozen=True) on its class")


def _is_shape(shape: Any) -> bool:
    if not isinstance(shape, tuple) or not shape:
        return False
    return all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in shape)


def require_working(frontend: Frontend, clip: Clip | None = None) -> None:
    """
    Check *frontend* by calling a copy of it, which also imports what a first call needs.

    Args:
        frontend: Front-end to check.
        clip: The first clip that it is going to be called on; None for silence.

    Raises:
        CandidateError: If it raises, or does not return features.

    """
    copy = dataclasses.replace(frontend)  # type: ignore[type-var]
    if clip is None:
        checked(copy, np.zeros(CLIP_SAMPLES, np.int16), "a silent clip")
    else:
        checked(copy, clip, "the first clip")


def features_of(frontend: Frontend, clips: npt.NDArray[np.int16]) -> Features:
    """
    Return the features of many clips, each checked: float32 ``(clips, *shape)``.

    Raises:
        CandidateError: If the front-end raises, or does not return features.

    """
    features = np.empty((len(clips), *frontend.shape), np.float32)
    for index, clip in enumerate(clips):
        features[index] = checked(frontend, clip, f"clip {index}")
    return features


def checked(frontend: Frontend, clip: Clip, which: str) -> Features:
    """
    Return the features of one clip, checked.

    Args:
        frontend: Front-end to call.
        clip: One clip.
        which: What errors call the clip.

    Raises:
        CandidateError: If the front-end raises, or does not return features.

    """
    kind = type(frontend).__name__
    try:
        features = frontend(clip)
    except SpotbenchError:
        raise
    except Exception as error:
        msg = f"the front-end {kind} raised {type(error).__name__}: {error} for {which}; {_FIX}"
        raise CandidateError(msg) from error
    if fault := _fault(features, frontend.shape):
        found, wanted = fault
        msg = f"the front-end {kind} returned {found} for {which}, {wanted}"
        raise CandidateError(msg)
    return features


def _fault(features: Any, shape: tuple[int, ...]) -> tuple[str, str] | None:
    """Return what *features* are instead of features, and the cure; None if they are right."""
    wanted = f"not float32 of shape {shape}"
    if not isinstance(features, np.ndarray):
        return type(features).__name__, f"{wanted}; return a NumPy array"
    if features.dtype != np.float32 or features.shape != shape:
        found = f"{features.dtype} of shape {features.shape}"
        return found, f"{wanted}; {_FIX} or its shape"
    if not (finite := np.isfinite(features)).all():
        found = f"{np.count_nonzero(~finite):,} values that are not finite"
        return found, "expected finite numbers; guard its divisions and logarithms against zero"
    return None


def require_clip(clip: Clip) -> None:
    """Raise AudioError unless *clip* is int16 ``(16000,)``."""
    if clip.shape != (CLIP_SAMPLES,) or clip.dtype != _INT16:
        found = f"{clip.dtype} of shape {clip.shape}"
        msg = f"a clip is {found}, not int16 of shape ({CLIP_SAMPLES},); read it with decode_wav"
        raise AudioError(msg)


def refuse(fault: str, wanted: str) -> NoReturn:
    """Raise CandidateError for a front-end that cannot work."""
    msg = f"impossible front-end: {fault}; use {wanted}"
    raise CandidateError(msg)
