import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.candidate.registry import Registry
from harness.datasets import DIGITS
from harness.datasets.noise import noise_clips
from harness.decisions import triggers
from harness.errors import AudioError, CandidateError
from harness.measure.run import Run
from harness.measure.subject import Subject
from harness.measure.timing import MIN_CALLS, PROFILES, Times
from harness.record.schema import Fact
from harness.spotter.model import Model
from tests.unit.models import (
    FEATURES,
    GO_STOP_CLIPS,
    Clips,
    dense_model,
    loud,
    loudness_model,
    make_package,
    make_run,
    misnamed,
    nan_model,
    ready,
    silent,
)

FOUR_LABELS = "labels=('go', 'stop', 'no', 'yes'), task=('go', 'stop')"

NO_YES = (
    "labels=('no', 'yes'), "
    "budget=Budget(min_accuracy=0.5, max_zipped_bytes=99_999, max_latency_us=9_999)"
)

RAISING = """
from harness import LogMel


class Raising(LogMel):
    def __call__(self, clip):
        raise KeyError("mel")


"""
MODULES = {
    "good": ready("loudness"),
    "elsewhere": "from harness import Budget\n" + ready("loudness", NO_YES),
    "four": ready("loudness_4", FOUR_LABELS),
    "trained_on_birds": ready("loudness").replace(
        "sha256=SHA256", "sha256=SHA256, heard=('bird',)"
    ),
    "trained_on_digits": ready("loudness").replace(
        "sha256=SHA256", "sha256=SHA256, heard=('one',)"
    ),
    "broken": "1 / 0",
    "absent": ready("nowhere"),
    "untrained": "from harness import Candidate\nCANDIDATE = Candidate(network=print)",
    "foreign": ready("foreign"),
    "truncated": ready("truncated"),
    "lacking": ready("custom"),
    "narrow": ready("narrow"),
    "mislabelled": ready("loudness_4"),
    "diverged": ready("nan"),
    "misnamed": ready("misnamed"),
    "raising": RAISING + ready("loudness", "frontend=Raising()"),
    "elsewhere_labelled": ready("loudness_3", "labels=('up', 'go', 'stop'), task=('go', 'stop')"),
    "wary": "from harness import GO_STOP_BUDGET\n"
    + ready("loudness", "budget=GO_STOP_BUDGET.tighten(max_false_accepts_on_unheard_words=0.03)"),
}

MODELS = {
    "loudness": loudness_model(),
    "loudness_3": loudness_model(3),
    "loudness_4": loudness_model(4),
    "foreign": b"<!DOCTYPE html>",
    "truncated": loudness_model()[:500],
    "custom": dense_model(np.ones((2, math.prod(FEATURES))), np.zeros(2), custom="TimeWarp"),
    "narrow": dense_model(np.ones((2, 6)), np.zeros(2), features=(2, 3)),
    "nan": nan_model(),
    "misnamed": misnamed(loudness_model(), 1),
}


FREE: dict[str, Fact] = {"throttled": "0x50000"}
HELD_BACK: dict[str, Fact] = {"throttled": "0x50005"}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    return make_package(tmp_path, monkeypatch, MODULES, MODELS)


@pytest.fixture
def run(registry: Registry, tmp_path: Path) -> Run:
    return make_run(registry, tmp_path, GO_STOP_CLIPS)


def times(*us: float) -> Times:
    return np.array(us)


def instantly(_calls: int) -> Times:
    return times(100)


def prepared(run: Run) -> Subject:
    """Return the good candidate, ready to be timed."""
    subject = run.subject("good")
    subject.prepare()
    return subject


def judged(subject: Subject) -> tuple[str, tuple[str, ...]]:
    """Return the verdict on a candidate, with its reasons."""
    row = subject.row()
    return row["verdict"], tuple(row["violations"])


def triggered(subject: Subject, kind: str) -> tuple[int, int]:
    """Return how many clips of a *kind* trigger the operating rule, and how many there are."""
    certainties = subject.scored.certainties.get(kind, np.zeros(0, np.float32))
    return int(triggers(certainties).sum()), len(certainties)


def measured(run: Run) -> Subject:
    """Return the good candidate with all its windows."""
    subject = prepared(run)
    subject.take_window(instantly)
    subject.take_window(instantly)
    return subject


@pytest.mark.parametrize("name", ["good", "four"])
def test_a_candidate_is_scored_on_every_clip_of_its_task(run: Run, name: str) -> None:
    subject = run.subject(name)

    subject.prepare()

    assert subject.error is None
    assert subject.words == ("go", "stop")
    assert subject.scored.dataset.keys == ("go/1.wav", "go/2.wav", "stop/1.wav", "stop/2.wav")
    assert subject.scored.scores.argmax(axis=1).tolist() == [0, 1, 1, 1]
    assert (subject.scored.accuracy.hits, subject.scored.accuracy.total) == (3, 4)
    assert triggered(subject, "detected") == (3, 4)


def test_a_candidate_is_prepared_once(run: Run) -> None:
    subject = run.subject("good")
    subject.prepare()
    scored = subject.scored

    subject.prepare()

    assert subject.scored is scored
    assert run.subject("good") is subject


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken", "ZeroDivisionError"),
        ("absent", "nowhere.tflite does not exist"),
        ("untrained", "untrained was never trained; run: tox run -e train -- untrained"),
        ("foreign", "foreign.tflite is not a .tflite file"),
        ("truncated", "truncated.tflite is damaged"),
        ("lacking", "TimeWarp"),
        ("narrow", f"(1, 2, 3, 1), but the front-end gives {FEATURES}"),
        ("mislabelled", "4 outputs for the labels ('go', 'stop')"),
        ("diverged", "the model returns scores that are not finite for 4 of 4 clips"),
        ("misnamed", "misnamed.tflite is damaged (LiteRT cannot describe it: UnicodeDecodeError"),
        ("raising", "the front-end Raising raised KeyError: 'mel' for the first clip"),
        ("unknown", "unknown candidate 'unknown'; known candidates: absent, broken"),
    ],
)
def test_a_bad_candidate_is_an_error_row_and_stops_no_other(
    run: Run, name: str, reason: str
) -> None:
    bad, good = run.subject(name), run.subject("good")

    bad.prepare()
    good.prepare()

    assert bad.error is not None
    assert reason in bad.error
    assert bad.finished
    assert (bad.row()["verdict"], bad.row()["error"]) == ("error", bad.error)
    assert good.scored.accuracy.hits == 3
    with pytest.raises(CandidateError, match="^" + bad.error[:10]):
        _ = bad.scored


@pytest.mark.parametrize("name", ["foreign", "truncated", "lacking", "diverged", "raising"])
def test_nothing_is_loaded_here_that_a_child_process_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def load(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("harness.measure.scoring.make_spotter", load)
    subject = run.subject(name)

    subject.prepare()

    assert subject.error is not None


def test_a_model_that_fails_on_a_clip_is_an_error_of_the_model(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object) -> None:
        message = "gather index out of bounds"
        raise RuntimeError(message)

    monkeypatch.setattr(Model, "__call__", give_up)
    subject = prepared(run)

    assert subject.error == (
        "good.tflite failed on a clip: gather index out of bounds; convert it again"
    )


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (property(lambda _: 1 / 0), "ZeroDivisionError: division by zero"),
        (math.nan, "ValueError: Out of range float values are not JSON compliant"),
    ],
    ids=["raises", "is no JSON"],
)
def test_a_row_that_cannot_be_made_is_an_error(
    run: Run, monkeypatch: pytest.MonkeyPatch, value: object, fault: str
) -> None:
    subject = measured(run)
    monkeypatch.setattr("harness.measure.scoring.Scored.zipped_bytes", value)

    row = subject.row()

    assert row["verdict"] == "error"
    name, text = fault.split(": ")
    assert (row["error"] or "").startswith(f"{name} when its row was made: {text}")


def test_what_nobody_foresaw_is_an_error_of_the_candidate(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TypeError("unhashable")

    subject = run.subject("good")
    with monkeypatch.context() as patched:
        patched.setattr("harness.measure.scoring.read_model", fail)
        subject.prepare()

    expected = "TypeError when it was prepared: unhashable; fix the candidate, or report this fault"
    assert subject.row()["error"] == expected


@pytest.mark.parametrize("fault", [KeyError, SystemExit])
def test_a_candidate_that_raises_while_it_is_timed_is_an_error_row(
    run: Run, fault: type[BaseException]
) -> None:
    def fail(_calls: int) -> Times:
        raise fault(7)

    subject = prepared(run)
    subject.take_window(fail)

    name = fault.__name__
    expected = f"{name} when it was timed: 7; fix the candidate, or report this fault"
    assert (subject.row()["verdict"], subject.row()["error"]) == ("error", expected)


def test_clips_are_timed_in_turn_over_and_over(run: Run) -> None:
    subject = run.subject("good")
    subject.prepare()

    calls = [subject.next_clip() for _ in range(5)]

    clips = [clip.any() for (clip,), _ in calls]
    assert clips == [True, False, False, False, True]


def test_a_candidate_is_not_finished_before_its_first_window(run: Run) -> None:
    subject = prepared(run)
    assert not subject.finished

    subject.take_window(instantly)

    assert subject.finished


def test_the_board_is_read_right_before_and_right_after_the_timed_calls(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    subject = prepared(run)

    def read(_machine: object) -> dict[str, Fact]:
        happened.append("reading")
        return {"load_1min": len(happened)}

    def timed(calls: int) -> Times:
        happened.append(f"{calls} timed calls")
        return times(100, 200)

    def call(_spotter: object, _clip: object) -> None:
        happened.append("call")

    monkeypatch.setattr("harness.measure.board.readings", read)
    monkeypatch.setattr("harness.spotter.spotter.Spotter.__call__", call)
    subject.take_window(timed)

    (window,) = subject.windows
    warm_up = ["call"] * MIN_CALLS
    assert happened == [*warm_up, "reading", f"{MIN_CALLS} timed calls", "reading"]
    assert (window.before, window.after) == ({"load_1min": 11}, {"load_1min": 13})
    assert window.total_us.tolist() == [100, 200]
    assert len(window.stages.frontend_us) == len(window.stages.inference_us) == MIN_CALLS


def test_windows_last_as_long_as_the_profile_says_and_the_first_has_the_longest_warm_up(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    calls: list[int] = []

    def warm_up(_spotter: object, _clips: object, seconds: float) -> float:
        asked.append(seconds)
        return 0.0003

    def timed(number: int) -> Times:
        calls.append(number)
        return times(100)

    monkeypatch.setattr("harness.measure.subject.warm_up", warm_up)
    run.conditions = replace(run.conditions, profile=PROFILES["quick"])
    subject = prepared(run)

    subject.take_window(timed)
    subject.take_window(timed)

    # Windows of at least 0.4 s, and stages of 0.1 s, at 0.3 ms a call.
    assert asked == [0.5, 0.05]
    assert calls == [1_334, 1_334]
    assert len(subject.windows[0].stages.frontend_us) == 334


def test_valid_windows_are_not_measured_again(run: Run) -> None:
    subject = measured(run)
    windows = list(subject.windows)

    subject.take_again()

    assert subject.windows == windows
    assert subject.attempts == []


@pytest.mark.parametrize(
    ("readings", "repeats", "verdict"),
    [
        pytest.param([HELD_BACK] * 1, 1, "fail", id="held back in the first window"),
        pytest.param([FREE, FREE, FREE, HELD_BACK], 1, "fail", id="held back at the end"),
        pytest.param([HELD_BACK] * 6, 2, "fail", id="still held back in the second"),
        pytest.param([HELD_BACK] * 14, 2, "invalid", id="always held back"),
    ],
)
def test_all_windows_are_measured_again_twice_at_most(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    readings: list[dict[str, Fact]],
    repeats: int,
    verdict: str,
) -> None:
    taken = itertools.chain(readings, itertools.repeat(FREE))
    monkeypatch.setattr("harness.measure.board.readings", lambda _machine: next(taken))
    subject = measured(run)

    subject.take_again()

    assert (len(subject.attempts), len(subject.windows)) == (repeats, 2)
    assert subject.windows[0].total_us.size == MIN_CALLS
    assert subject.row()["verdict"] == verdict
    note = f"measured {repeats + 1} times, because the board made earlier times invalid"
    assert note in subject.row()["warnings"]


@pytest.mark.parametrize("fault", [KeyError, SystemExit])
def test_a_candidate_that_raises_while_it_is_timed_again_is_an_error_row(
    run: Run, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    def fail(*_: object) -> Times:
        raise fault(7)

    monkeypatch.setattr("harness.measure.board.readings", lambda _machine: HELD_BACK)
    subject = measured(run)
    monkeypatch.setattr(subject, "timed", fail)

    subject.take_again()

    name = fault.__name__
    expected = f"{name} when it was timed again: 7; fix the candidate, or report this fault"
    assert (subject.row()["verdict"], subject.row()["error"]) == ("error", expected)


def test_a_board_that_was_throttled_once_can_be_measured_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bits of the first attempt stay set until the board is started again.
    once: dict[str, Fact] = {"throttled": "0x50000"}
    taken = itertools.chain([{"throttled": "0x0"}] * 2, itertools.repeat(once))
    monkeypatch.setattr("harness.measure.board.readings", lambda _machine: next(taken))
    run.conditions.facts["throttled"] = "0x0"
    subject = measured(run)
    assert subject.row()["verdict"] == "invalid"

    subject.take_again()

    assert (len(subject.attempts), subject.row()["verdict"]) == (1, "fail")


def test_invalid_windows_are_kept_as_attempts_with_the_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = itertools.chain([HELD_BACK], itertools.repeat(FREE))
    monkeypatch.setattr("harness.measure.board.readings", lambda _machine: next(taken))
    subject = measured(run)
    first = subject.windows

    subject.take_again()

    reason = "the board was throttled during the run: cool it or give it a better power supply"
    assert subject.attempts == [((reason,), first)]
    assert subject.windows is not first


def test_the_first_window_of_a_new_attempt_has_the_longest_warm_up_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def warm_up(_spotter: object, _clips: object, seconds: float) -> float:
        asked.append(seconds)
        return 0.1

    taken = itertools.chain([HELD_BACK], itertools.repeat(FREE))
    monkeypatch.setattr("harness.measure.board.readings", lambda _machine: next(taken))
    monkeypatch.setattr("harness.measure.subject.warm_up", warm_up)
    profile = replace(run.conditions.profile, warmup_s=0.7)
    run.conditions = replace(run.conditions, profile=profile)

    measured(run).take_again()

    assert asked == [0.7, 0.05, 0.7, 0.05]


def test_ctrl_c_during_a_new_attempt_keeps_the_earlier_windows(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> Times:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.measure.board.readings", lambda _machine: HELD_BACK)
    subject = measured(run)
    windows = list(subject.windows)
    monkeypatch.setattr("harness.measure.subject.time_calls", interrupt)

    with pytest.raises(KeyboardInterrupt):
        subject.take_again()

    assert (subject.windows, subject.attempts) == (windows, [])
    assert subject.row()["verdict"] == "invalid"


def test_a_missing_delegate_is_not_measured_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.spotter.model.Model.delegated_operators", 0)
    subject = measured(run)

    subject.take_again()

    assert subject.attempts == []
    reason = "XNNPACK is missing: LiteRT ran on its reference kernels"
    assert judged(subject) == ("invalid", (reason,))


def test_a_candidate_is_judged_by_the_median_of_its_windows(run: Run) -> None:
    subject = prepared(run)
    for median_us in (7_000, 8_000, 90_000):
        window_us = times(1, median_us, 99_999)
        subject.take_window(lambda _calls, window_us=window_us: window_us)  # type: ignore[misc]

    expected = (
        "accuracy 75.00% is not over 97.00%",
        "latency 8,000.0 µs is not under 8,000.0 µs",
    )
    assert judged(subject) == ("fail", expected)


@pytest.mark.parametrize(
    ("certain", "expected"),
    [
        (False, ("pass", ())),
        # Wilson's lower end at 4 of 4: 4 / (4 + 3.8415).
        (True, ("fail", ("accuracy may be 51.01%, which is not over 97.00%",))),
    ],
    ids=["by its share", "by its interval"],
)
def test_a_few_clips_are_enough_without_certain(
    registry: Registry,
    tmp_path: Path,
    certain: bool,  # noqa: FBT001
    expected: tuple[str, tuple[str, ...]],
) -> None:
    clips = {**GO_STOP_CLIPS, "go/2.wav": loud()}
    run = make_run(registry, tmp_path, clips, certain=certain)

    assert judged(measured(run)) == expected


def test_fewer_windows_than_planned_are_warned_of(run: Run) -> None:
    subject = prepared(run)
    subject.take_window(instantly)

    assert subject.row()["warnings"] == ["measured in 1 of 2 windows"]


def test_an_unsteady_governor_is_warned_of(registry: Registry, tmp_path: Path) -> None:
    governor = tmp_path / "sys/devices/system/cpu/cpu3/cpufreq/scaling_governor"
    governor.parent.mkdir(parents=True)
    governor.write_text("ondemand\n")
    run = make_run(registry, tmp_path, GO_STOP_CLIPS)

    assert run.conditions.facts["governor"] == "ondemand"
    assert measured(run).row()["warnings"] == ["the governor is ondemand, not performance"]


def test_a_pi_whose_firmware_is_silent_is_warned_of(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.measure.machine.Machine.run", lambda *_: None)
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_text("Raspberry Pi 4 Model B Rev 1.4\0")
    run = make_run(registry, tmp_path, GO_STOP_CLIPS)

    (warning,) = measured(run).row()["warnings"]
    assert warning.startswith(
        "the firmware did not report whether the board was throttled: install"
    )


def test_a_candidate_without_recordings_is_left_out_of_the_run(run: Run) -> None:
    subject = run.subject("elsewhere")

    subject.prepare()
    subject.prepare()

    assert (subject.absent, subject.error) == ("no clips of no or yes", None)
    assert subject.words == ("no", "yes")
    assert not subject.finished
    assert run.speech.tasks == []
    with pytest.raises(CandidateError, match=r"^no clips of no or yes$"):
        _ = subject.scored


def test_recordings_that_cannot_be_read_end_the_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        message = "go/1.wav is cut short"
        raise AudioError(message)

    monkeypatch.setattr("tests.unit.models.Clips.load", broken)
    with pytest.raises(AudioError, match=r"^go/1\.wav is cut short$"):
        run.subject("good").prepare()


def test_the_task_of_a_candidate_is_not_known_before_its_module_is_read(run: Run) -> None:
    broken, untrained = run.subject("broken"), run.subject("untrained")
    assert untrained.words is None

    broken.prepare()
    untrained.prepare()

    assert [broken.words, untrained.words] == [None, ("go", "stop")]


def test_a_data_set_is_read_once_for_each_task(run: Run) -> None:
    task = run.speech.task
    assert task(("go", "stop")) is task(("go", "stop"))
    assert task(("stop",)).keys == ("stop/1.wav", "stop/2.wav")
    assert run.speech.tasks == [("go", "stop"), ("stop",)]


def test_other_words_are_scored_for_false_accepts(registry: Registry, tmp_path: Path) -> None:
    clips = {**GO_STOP_CLIPS, "bird/1.wav": loud(), "cat/1.wav": silent()}
    subject = prepared(make_run(registry, tmp_path, clips))

    assert subject.scored.outliers["unheard"].groups == ("bird", "cat")
    assert triggered(subject, "unheard") == (2, 2)


def test_words_that_the_training_contained_are_counted_apart(
    registry: Registry, tmp_path: Path
) -> None:
    clips = {**GO_STOP_CLIPS, "bird/1.wav": loud(), "cat/1.wav": silent()}
    subject = make_run(registry, tmp_path, clips).subject("trained_on_birds")
    subject.prepare()

    assert subject.scored.outliers["words"].groups == ("bird",)
    assert subject.scored.outliers["unheard"].groups == ("cat",)


def test_a_mixture_is_unheard_and_other_such_folders_are_noise(
    registry: Registry, tmp_path: Path
) -> None:
    clips = {**GO_STOP_CLIPS, "_unknown_/1.wav": loud(), "_street/1.wav": loud()}
    subject = prepared(make_run(registry, tmp_path, clips))

    assert subject.scored.outliers["unheard"].groups == ("_unknown_",)
    assert subject.scored.outliers["noise"].groups[-1] == "_street"
    assert triggered(subject, "noise")[1] == len(noise_clips()) + 1


def test_a_task_that_is_all_there_is_has_no_other_words(run: Run) -> None:
    assert prepared(run).scored.outliers.keys() == {"noise"}


def test_digits_are_scored_by_who_says_them(registry: Registry, tmp_path: Path) -> None:
    digits = Clips({f"{word}/a_1.wav": loud() for word in DIGITS})
    run = make_run(registry, tmp_path, GO_STOP_CLIPS, digits={"people": digits})

    subject = prepared(run)

    assert triggered(subject, "people") == (10, 10)
    assert subject.scored.outliers["people"].digest == "sha256:0"
    assert "synthetic" not in subject.scored.outliers


def test_a_model_that_heard_digits_is_not_scored_on_them(
    registry: Registry, tmp_path: Path
) -> None:
    digits = {"people": Clips({f"{word}/a_1.wav": loud() for word in DIGITS})}
    run = make_run(registry, tmp_path, GO_STOP_CLIPS, digits=digits)
    subject = run.subject("trained_on_digits")

    subject.prepare()

    assert subject.scored.outliers.keys() == {"noise"}


def test_digits_that_cannot_be_had_are_named_and_end_no_run(
    registry: Registry, tmp_path: Path
) -> None:
    run = make_run(registry, tmp_path, GO_STOP_CLIPS, digits={"people": Clips({})})

    subject = prepared(run)

    assert subject.error is None
    assert run.speech.missing["people"].startswith("no clips of zero or one")


def test_an_answer_outside_the_task_does_not_trigger(registry: Registry, tmp_path: Path) -> None:
    # Label 0, which it hears in loud clips, is "up": no word of its task.
    run = make_run(registry, tmp_path, {**GO_STOP_CLIPS, "bird/1.wav": loud()})
    subject = run.subject("elsewhere_labelled")
    subject.prepare()

    assert triggered(subject, "unheard") == (0, 1)


def test_limits_of_the_operating_rule_are_judged(registry: Registry, tmp_path: Path) -> None:
    run = make_run(registry, tmp_path, {**GO_STOP_CLIPS, "bird/1.wav": loud()})
    subject = run.subject("wary")
    subject.prepare()
    subject.take_window(instantly)
    subject.take_window(instantly)

    verdict, reasons = judged(subject)

    assert verdict == "fail"
    assert reasons[-1] == "false-accept rate on unheard words 100.00% is not under 3.00%"
