"""What a front-end that a candidate brings along must be, and must return."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from harness import LogMel
from harness.audio import Clip
from harness.errors import AudioError, CandidateError
from harness.frontends.frontend import features_of, require_frontend, require_working
from tests.unit.models import loud, silent


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """Mean magnitude of each of four blocks of samples, after *change*."""

    shape: Any = (4,)
    change: Callable[[Any], Any] = lambda features: features

    def __call__(self, clip: Clip, /) -> Any:
        features = np.abs(clip.astype(np.float32)).reshape(4, -1).mean(axis=1)
        return self.change(features)


@dataclass(frozen=True)
class Shapeless:
    def __call__(self, clip: Clip, /) -> Any: ...


@dataclass(frozen=True)
class Uncallable:
    shape: tuple[int, ...] = (4,)


@dataclass
class Thawed:
    shape: tuple[int, ...] = (4,)

    def __call__(self, clip: Clip, /) -> Any: ...


class Plain:
    shape = (4,)

    def __call__(self, clip: Clip, /) -> Any: ...


CLIPS = np.stack([silent(), loud(), silent()])
OURS = "LogMel(...), Mfcc(...) or Waveform(...), or give its class "


def test_features_of_many_clips_are_those_of_each() -> None:
    features = features_of(Blocks(), CLIPS)

    assert (features.shape, features.dtype.name) == ((3, 4), "float32")
    np.testing.assert_array_equal(features, [Blocks()(clip) for clip in CLIPS])


def test_features_of_no_clips_have_their_shape() -> None:
    assert features_of(LogMel(), CLIPS[:0]).shape == (0, 39, 32)


@pytest.mark.parametrize(
    ("value", "fault", "cure"),
    [
        pytest.param("mfcc", "str has no __call__", f"{OURS}a __call__(self, clip)", id="text"),
        pytest.param(
            Uncallable(), "Uncallable has no __call__", f"{OURS}a __call__(self, clip)", id="call"
        ),
        pytest.param(
            Shapeless(), "Shapeless has no shape", f"{OURS}the shape of its features", id="shape"
        ),
        pytest.param(
            lambda clip: clip, "function has no shape", f"{OURS}the shape of its", id="lambda"
        ),
        pytest.param(LogMel, "LogMel is a class", "an instance of it, LogMel(...)", id="class"),
        *(
            pytest.param(
                Blocks(shape=shape),
                f"Blocks has the shape {shape!r}",
                "a tuple of whole numbers, each at least 1",
                id=f"shape {shape!r}",
            )
            for shape in (4, [4], (), (4, 0), (4, -1), (4.0,), (True,), (None, 4), "4")
        ),
        pytest.param(
            Thawed(), "Thawed is not a frozen dataclass", "@dataclass(frozen=True)", id="thawed"
        ),
        pytest.param(
            Plain(), "Plain is not a frozen dataclass", "@dataclass(frozen=True)", id="plain"
        ),
    ],
)
def test_an_object_that_is_not_a_front_end_is_refused(value: Any, fault: str, cure: str) -> None:
    expected = f"impossible front-end: {fault}; use {cure}"

    with pytest.raises(CandidateError, match=f"^{re.escape(expected)}"):
        require_frontend(value)


def test_a_front_end_of_a_candidate_is_accepted() -> None:
    require_frontend(Blocks())


NOT = "for {which}, not float32 of shape (4,);"
WRONG = {
    "another dtype": (
        lambda features: features.astype(np.float64),
        f"returned float64 of shape (4,) {NOT} fix its __call__ or its shape",
    ),
    "another shape": (
        lambda features: features[1:],
        f"returned float32 of shape (3,) {NOT} fix its __call__ or its shape",
    ),
    "no array": (
        lambda features: features.tolist(),
        f"returned list {NOT} return a NumPy array",
    ),
    "nothing": (
        lambda _: None,
        f"returned NoneType {NOT} return a NumPy array",
    ),
    "NaN": (
        lambda features: np.where([True, False, True, False], np.float32(np.nan), features),
        "returned 2 values that are not finite for {which}, expected finite numbers; guard its",
    ),
    "an error": (
        lambda features: features["mel"],
        "raised IndexError: only integers",
    ),
}


@pytest.mark.parametrize(("change", "fault"), WRONG.values(), ids=WRONG)
class TestWhatIsNotItsFeatures:
    def test_wrong_features_are_refused_with_the_number_of_the_clip(
        self, change: Callable[[Any], Any], fault: str
    ) -> None:
        def only_if_loud(features: Any) -> Any:
            return change(features) if features.any() else features

        expected = re.escape(f"the front-end Blocks {fault}".format(which="clip 1"))
        with pytest.raises(CandidateError, match=f"^{expected}"):
            features_of(Blocks(change=only_if_loud), CLIPS)

    def test_wrong_features_are_refused_before_the_first_clip(
        self, change: Callable[[Any], Any], fault: str
    ) -> None:
        expected = re.escape(f"the front-end Blocks {fault}".format(which="a silent clip"))
        with pytest.raises(CandidateError, match=f"^{expected}"):
            require_working(Blocks(change=change))


def test_an_error_of_the_front_end_names_the_clip_and_the_cure() -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError("no sample is above zero")

    message = (
        "^the front-end Blocks raised ZeroDivisionError: no sample is above zero for clip 0; "
        "fix its __call__$"
    )
    with pytest.raises(CandidateError, match=message):
        features_of(Blocks(change=broken), CLIPS)


def test_a_wrong_clip_is_not_reported_as_a_fault_of_the_front_end() -> None:
    with pytest.raises(AudioError, match=r"^a clip is int16 of shape \(8000,\), not "):
        features_of(LogMel(), CLIPS[:, :8_000])


def test_a_front_end_can_be_checked_on_its_first_clip() -> None:
    frontend = Blocks(change=lambda features: features if not features.any() else None)

    require_working(frontend)
    with pytest.raises(CandidateError, match=r"^the front-end Blocks returned .* the first clip, "):
        require_working(frontend, loud())


def test_checking_a_front_end_does_not_warm_it_up() -> None:
    frontend = LogMel()

    require_working(frontend)

    assert "_window" not in vars(frontend)
