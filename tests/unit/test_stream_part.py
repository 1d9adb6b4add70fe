"""What a record says of a stream, and that a user who listens to it counts the same."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.decisions import THRESHOLDS
from harness.errors import DatasetError
from harness.measure.run import Run
from harness.measure.speech import Speech
from harness.measure.stream import stream_part
from harness.record import store
from harness.report import render
from harness.stream.evaluation import Found, Listened, judged
from harness.stream.material import SLOT_S, Clips
from tests.unit.models import Clips as Recordings
from tests.unit.models import loud, loudness_model, make_package, make_run, ready, silent
from tests.unit.recordings import riff_bytes
from tests.unit.records import record

ROOT = Path(__file__).parents[2]
TRIGGERED = "from harness import Trigger\n" + ready("good", "trigger=Trigger(mean_of=2)")
RECORDED = {
    **{
        f"{word}/{i}.wav": clip for word, clip in (("go", loud()), ("stop", silent())) for i in "12"
    },
    "bird/1.wav": loud() // 2,
    "_unknown_/1.wav": loud() // 3,
    "_music/1.wav": loud() // 4,
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    models = {"good": loudness_model(offset=4)}
    registry = make_package(tmp_path, monkeypatch, {"good": TRIGGERED}, models, name="heard")
    (tmp_path / "candidates").symlink_to(tmp_path / "heard")  # where the command looks
    return make_run(registry, tmp_path / "machine", RECORDED)


@pytest.fixture
def listened(run: Run) -> Listened:
    subject = run.subject("good")
    subject.prepare()
    assert subject.error is None
    assert subject.scored.listened is not None
    return subject.scored.listened


def test_a_row_says_how_often_a_spotter_is_wrong_in_an_hour(listened: Listened) -> None:
    part = stream_part(listened)

    seconds = listened.scene.background_s
    assert part["hours"] == pytest.approx(sum(seconds.values()) / 3_600, abs=1e-4)
    assert part["kinds"].keys() == seconds.keys() == {"other words", "noise", "tones"}
    count = sum(kind["count"] for kind in part["kinds"].values())
    assert part["false_accepts"]["count"] == count > 0
    assert part["false_accepts"]["per_hour"] == pytest.approx(count / part["hours"], rel=0.01)
    assert part["false_accepts"]["low"] < count / part["hours"] < part["false_accepts"]["high"]
    assert part["missed"]["total"] == 4
    assert part["digest"] == listened.scene.digest
    assert 0 < part["realtime_share"] < 1


def test_a_row_says_which_trigger_listened(listened: Listened) -> None:
    part = stream_part(listened)

    trigger = {name: part[name] for name in ("threshold", "hop_ms", "mean_of", "refractory_ms")}
    assert trigger == {"threshold": 0.95, "hop_ms": 100, "mean_of": 2, "refractory_ms": 1_000}


def test_the_curve_holds_the_point_at_the_threshold(listened: Listened) -> None:
    part = stream_part(listened)

    curve = part["curve"]
    at = curve["threshold"].index(0.95)
    assert curve["threshold"] == list(THRESHOLDS)
    assert curve["false_accepts"][at] == part["false_accepts"]["count"]
    assert curve["missed"][at] == part["missed"]["count"]


@pytest.mark.parametrize("samples", [16_000, 32_000])
def test_a_stream_without_a_keyword_is_in_a_record_that_can_be_read_and_shown(
    run: Run, tmp_path: Path, samples: int
) -> None:
    noise = np.resize(loud(), samples).astype("<i2").tobytes()
    (tmp_path / "rain.wav").write_bytes(riff_bytes(noise, sample_bytes=2))
    run.speech = Speech(Recordings(RECORDED), recordings=[tmp_path / "rain.wav"])
    subject = run.subject("good")
    subject.prepare()
    subject.take_window(subject.timed)

    measured = subject.row()

    assert measured["error"] is None
    stream = measured["stream"]
    assert stream is not None
    assert stream["missed"]["total"] == 0
    assert stream["hours"] == pytest.approx(samples / 16_000 / 3_600, rel=1e-4)
    store.write(record(measured), tmp_path / "board" / "raw", "rain")
    warnings: list[str] = []
    names = {
        path.name
        for path in render(tmp_path, {"good": measured["model_sha256"] or ""}, warn=warnings.append)
    }
    page = (tmp_path / "board" / "report.md").read_text()
    assert warnings == []
    assert "| good " in page
    assert set(re.findall(r"\((\S+\.svg)\)", page)) <= names


def test_the_part_is_made_once_for_all_rows_of_a_run(run: Run, listened: Listened) -> None:
    scored = run.subject("good").scored

    assert scored.stream == stream_part(listened)
    assert scored.stream is scored.stream


def test_without_a_detection_there_is_no_delay(listened: Listened) -> None:
    listened.means[:] = 0.5

    assert stream_part(listened)["delay_ms"] == {"p50": None, "p95": None}


def test_folders_of_noise_are_no_other_words(run: Run) -> None:
    speech = run.speech

    assert speech.stream(("go", "stop")) is speech.stream(("go", "stop"))
    assert speech.stream(("go", "stop")).scene.background_s["other words"] == pytest.approx(3)


def test_sentences_that_cannot_be_had_are_left_out_and_the_reason_is_told() -> None:
    def gone(_task: tuple[str, ...]) -> Clips:
        message = "eSpeak NG is not there"
        raise DatasetError(message)

    speech = Speech(Recordings(RECORDED), None, gone)

    assert "sentences" not in speech.stream(("go", "stop")).scene.background_s
    assert speech.no_sentences == "eSpeak NG is not there"


def test_sentences_are_asked_for_without_the_words_of_the_task() -> None:
    asked = []

    def sentences(task: tuple[str, ...]) -> Clips:
        asked.append(task)
        return np.ones((20, SLOT_S * 16_000), np.int16)

    speech = Speech(Recordings(RECORDED), None, sentences)

    assert {"sentences", "babble"} <= speech.stream(("go", "stop")).scene.background_s.keys()
    assert asked == [("go", "stop")]


def test_who_listens_to_the_same_audio_counts_the_same(listened: Listened, tmp_path: Path) -> None:
    scene = listened.scene
    samples = np.concatenate(list(scene.blocks()))
    (tmp_path / "stream.wav").write_bytes(riff_bytes(samples.tobytes(), sample_bytes=2))

    command = [sys.executable, "-m", "harness.stream", "good", "--file", "stream.wav", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )

    detections: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    ends = np.array([round(16_000 * one["time_s"]) for one in detections], np.intp)
    outcome = judged(scene, Found(ends, tuple(one["word"] for one in detections)))
    assert outcome == listened.outcome
    assert outcome.accepted > 0
    assert outcome.missed < outcome.keywords
