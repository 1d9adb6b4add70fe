"""Deciding on continuous audio: when, on what, and what for."""

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from harness import LogMel, Trigger
from harness.decisions import Scores
from harness.frontends.frontend import Features
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter
from harness.stream.detector import Detection, Detector, load_detector, mean_scores
from tests.unit.models import FEATURES, loud, loudness_model, make_package, ready

GO_STOP = ("go", "stop")


class Scripted:
    """A model that returns one prepared row of scores after another, then none that triggers."""

    def __init__(self, *tops: float) -> None:
        self._tops = itertools.chain(tops, itertools.repeat(0.5))

    def __call__(self, _features: Features) -> Scores:
        top = next(self._tops)
        return np.array([top, 1 - top], np.float32)


def detector(
    *tops: float, trigger: Trigger | None = None, task: tuple[str, ...] = GO_STOP
) -> Detector:
    spotter = Spotter(LogMel(), Scripted(*tops), labels=GO_STOP, task=task)  # type: ignore[arg-type]
    return Detector(spotter, trigger or Trigger())


def loudness_spotter() -> Spotter:
    model = Model(loudness_model(), "m", features_shape=FEATURES, labels=GO_STOP)
    return Spotter(LogMel(), model, labels=GO_STOP, task=GO_STOP)


def rounded(found: list[Detection]) -> list[tuple[float, str, float]]:
    return [(time_s, word, round(score, 6)) for time_s, word, score in found]


def silence(seconds: float) -> npt.NDArray[np.int16]:
    return np.zeros(round(16_000 * seconds), np.int16)


def test_the_first_decision_is_on_the_first_whole_second() -> None:
    listening = detector(0.99)

    assert listening.feed(silence(0.99)) == []
    ((time_s, word, score),) = listening.feed(silence(0.01))
    assert (time_s, word) == (1.0, "go")
    assert score == pytest.approx(0.99)


def test_a_decision_is_made_at_each_hop() -> None:
    found = detector(0.5, 0.5, 0.01).feed(silence(2))

    assert rounded(found) == [(1.2, "stop", 0.99)]


@pytest.mark.parametrize("block", [1, 512, 1_601, 40_000])
def test_how_audio_is_cut_into_blocks_changes_nothing(block: int) -> None:
    spotter = loudness_spotter()
    listening = Detector(spotter, Trigger(refractory_ms=500))
    audio = silence(2.5)
    audio[16_000:32_000] = loud()
    whole = Detector(spotter, listening.trigger).feed(audio)

    parts = [audio[start : start + block] for start in range(0, audio.size, block)]

    assert [found for part in parts for found in listening.feed(part)] == whole
    assert {word for _, word, _ in whole} == {*GO_STOP}
    assert listening.seconds == 2.5


def test_scores_are_those_of_the_spotter_on_the_same_second() -> None:
    spotter = loudness_spotter()
    audio = np.random.default_rng(0).integers(-500, 500, 40_000).astype(np.int16)
    trigger = Trigger(threshold=0.0, refractory_ms=0)

    found = Detector(spotter, trigger).feed(audio)

    ends = [round(16_000 * time_s) for time_s, *_ in found]
    assert ends == list(range(16_000, 40_001, 1_600))
    alone = [float(spotter(audio[end - 16_000 : end]).max()) for end in ends]
    np.testing.assert_allclose([score for *_, score in found], alone, rtol=1e-6)


def test_nothing_is_detected_at_the_threshold_itself() -> None:
    assert detector(0.5, trigger=Trigger(threshold=0.5)).feed(silence(1)) == []


def test_there_is_no_other_detection_in_the_refractory_time() -> None:
    found = detector(*[0.99] * 12, trigger=Trigger(refractory_ms=500)).feed(silence(2.1))

    assert [time_s for time_s, *_ in found] == [1.0, 1.5, 2.0]


def test_a_mean_needs_as_many_decisions_as_it_is_of() -> None:
    found = detector(*[0.99] * 4, trigger=Trigger(mean_of=3)).feed(silence(1.4))

    assert rounded(found) == [(1.2, "go", 0.99)]


def test_one_high_score_among_low_ones_is_no_detection_of_a_mean() -> None:
    assert detector(0.5, 0.999, 0.5, trigger=Trigger(mean_of=2)).feed(silence(1.5)) == []


def test_a_label_outside_the_task_is_never_detected() -> None:
    found = detector(0.99, 0.01, task=("stop",)).feed(silence(1.1))

    assert rounded(found) == [(1.1, "stop", 0.99)]


def test_a_mean_leaves_its_rows_as_they_are() -> None:
    rows = [np.array([1, 0], np.float32), np.array([0, 1], np.float32)]

    assert mean_scores(rows).tolist() == [0.5, 0.5]
    assert rows[0].tolist() == [1, 0]


def test_a_candidate_is_loaded_with_the_trigger_that_its_module_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "from harness import Trigger\n" + ready("mine", "trigger=Trigger(mean_of=4)")
    make_package(
        tmp_path, monkeypatch, {"mine": source}, {"mine": loudness_model()}, name="triggered"
    )

    assert load_detector("mine", "triggered").trigger == Trigger(mean_of=4)
