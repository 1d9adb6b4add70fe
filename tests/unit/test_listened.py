"""What a stream comes to: false accepts by background, words missed, delay, and the same words."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from harness import LogMel, Trigger, Waveform
from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import Features
from harness.spotter.spotter import Spotter
from harness.stream.detector import Detector
from harness.stream.evaluation import Found, Listened, judged, listen
from harness.stream.playback import Playback
from harness.stream.scene import Keyword, Scene, Stretch
from tests.unit.test_scene import make

GO_STOP = ("go", "stop")


class Fickle:
    """A model whose scores follow from its features: any change of them changes the scores."""

    def __call__(self, features: Features) -> Scores:
        odds = 1 / (1 + np.exp(-6 * np.sin(50 * features.mean())))
        return np.array([odds, 1 - odds], np.float32)


class Broken:
    def __call__(self, _features: Features) -> Scores:
        return np.array([np.nan, 0], np.float32)


def spotter(frontend: object = None, model: object = None) -> Spotter:
    return Spotter(
        frontend or LogMel(),  # type: ignore[arg-type]
        model or Fickle(),  # type: ignore[arg-type]
        labels=GO_STOP,
        task=GO_STOP,
    )


class Script(Scene):
    """A scene of two backgrounds of ten seconds and two keywords, without any sound."""

    def __init__(self) -> None:
        self.backgrounds = [Stretch("noise", 0, 160_000), Stretch("tones", 160_000, 320_000)]
        self.keywords = [Keyword("go", 340_000, 348_000), Keyword("stop", 388_000, 396_000)]
        self.digest = "sha256:script"


def found(*detections: tuple[int, str]) -> Found:
    ends = np.array([end for end, _ in detections], np.intp)
    return Found(ends, tuple(word for _, word in detections))


def test_a_false_accept_belongs_to_the_background_in_the_middle_of_its_second() -> None:
    outcome = judged(Script(), found((160_000, "go"), (167_999, "go"), (168_000, "stop")))

    assert outcome.false_accepts == {"noise": 2, "tones": 1}
    assert outcome.accepted == 3


@pytest.mark.parametrize(
    ("end", "word", "delay_s"),
    [
        (339_999, "go", None),
        (340_000, "go", -0.5),
        (348_000, "go", 0.0),
        (364_000, "go", 1.0),
        (364_001, "go", None),
        (350_000, "stop", None),
    ],
)
def test_a_word_is_hit_from_its_start_until_a_second_after_its_end(
    end: int, word: str, delay_s: float | None
) -> None:
    outcome = judged(Script(), found((end, word)))

    assert outcome.delays_s == (() if delay_s is None else (delay_s,))
    assert outcome.missed == (2 if delay_s is None else 1)
    assert outcome.accepted == 0


def test_of_two_detections_of_a_word_the_first_counts() -> None:
    outcome = judged(Script(), found((345_000, "stop"), (346_000, "go"), (350_000, "go")))

    assert outcome.delays_s == (-0.125,)


def test_nothing_detected_is_nothing_accepted_and_everything_missed() -> None:
    outcome = judged(Script(), found())

    assert (outcome.accepted, outcome.missed, outcome.keywords) == (0, 2, 2)


TRIGGERS = [
    Trigger(threshold=0.9),
    Trigger(threshold=0.9, mean_of=3, refractory_ms=300),
    Trigger(threshold=0.6, hop_ms=250, mean_of=2),
]


@pytest.mark.parametrize("frontend", [LogMel(), Waveform()], ids=["rolling", "whole"])
@pytest.mark.parametrize("trigger", TRIGGERS, ids=str)
def test_what_is_counted_is_what_a_detector_detects(frontend: object, trigger: Trigger) -> None:
    playback = Playback(Scene(make()))
    detector = Detector(spotter(frontend), trigger)

    listened = listen(playback, spotter(frontend), trigger)

    live = [one for block in playback.scene.blocks() for one in detector.feed(block)]
    counted = listened.found(trigger.threshold)
    assert len(live) > 10
    assert [round(16_000 * one.time_s) for one in live] == counted.ends.tolist()
    assert tuple(one.word for one in live) == counted.words


def test_a_front_end_is_computed_once_for_all_spotters(monkeypatch: pytest.MonkeyPatch) -> None:
    playback = Playback(Scene(make()))
    first = playback.scores(spotter(), 1_600)
    monkeypatch.setattr(LogMel, "mel_spectrum", None)

    np.testing.assert_array_equal(playback.scores(spotter(), 1_600), first)


def test_a_score_that_is_no_number_is_refused() -> None:
    playback = Playback(Scene(make(keywords=2)))

    with pytest.raises(ModelError, match=r"not finite in a stream; train it again with a lower"):
        playback.scores(spotter(model=Broken()), 16_000)


def test_a_higher_threshold_never_brings_a_detection_of_more_seconds() -> None:
    listened = listen(Playback(Scene(make())), spotter(), Trigger(refractory_ms=0))

    able = [set(listened.found(threshold).ends.tolist()) for threshold in (0.5, 0.9, 0.99)]

    assert able[0] > able[1] > able[2]


def test_the_share_of_a_core_is_that_of_a_median_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0, 10_000, 0.001))
    monkeypatch.setattr("harness.stream.evaluation.time.perf_counter", lambda: next(clock))

    listened = listen(Playback(Scene(make())), spotter(), Trigger(hop_ms=200))

    # Each feed takes a millisecond of this clock, for 200 of sound.
    assert listened.realtime_share == pytest.approx(0.005)


def test_a_label_outside_the_task_is_never_found() -> None:
    means = np.array([[0.99, 0.01], [0.02, 0.98]], np.float32)
    listened = Listened(
        scene=Script(),
        trigger=Trigger(refractory_ms=0),
        labels=GO_STOP,
        task=("stop",),
        scores=means,
        realtime_share=0.0,
    )

    assert listened.found(0.9).words == ("stop",)
    assert listened.found(0.9).ends.tolist() == [17_600]


def test_nothing_is_timed_while_this_process_has_other_work_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = []
    clock = time.perf_counter

    @contextmanager
    def other_work() -> Iterator[None]:
        events.append("begun")
        yield
        events.append("ended")

    def timed() -> float:
        events.append("timed")
        return clock()

    monkeypatch.setattr("harness.stream.evaluation.time.perf_counter", timed)

    listen(Playback(Scene(make(keywords=2))), spotter(), Trigger(hop_ms=200), other_work())

    assert events[:2] == ["begun", "ended"]
    assert set(events[2:]) == {"timed"}
