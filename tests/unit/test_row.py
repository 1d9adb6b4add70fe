import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.datasets import DIGITS
from harness.datasets.noise import KINDS, SILENCE, noise_clips
from harness.files import sha256
from harness.measure.row import Attempt
from harness.measure.run import Run
from harness.measure.subject import Subject
from harness.measure.timing import Stages, Window
from harness.record.schema import Fact, Measurement
from harness.spotter.size import zipped_bytes
from tests.unit.models import (
    FEATURES,
    GO_STOP_CLIPS,
    Clips,
    loud,
    loudness_model,
    make_package,
    make_run,
    ready,
)

MODULES = {
    "tiny": ready("tiny", "misses={'clips': ('accuracy',)}"),
    "three": ready("three", "labels=('stop', 'go', 'yes'), task=('go', 'stop')"),
    "broken": "1 / 0",
}
BEFORE: dict[str, Fact] = {"throttled": "0x0", "load_1min": 0.1}
AFTER: dict[str, Fact] = {"throttled": "0x50000", "load_1min": 0.2}

MODELS = {"tiny": loudness_model(), "three": loudness_model(3)}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    registry = make_package(tmp_path, monkeypatch, MODULES, MODELS)
    return make_run(registry, tmp_path, GO_STOP_CLIPS)


def measured(run: Run, name: str) -> Subject:
    """Return candidate *name* after three windows, of medians 20, 90 and 30 µs."""
    subject = run.subject(name)
    subject.prepare()
    for total_us in ([10.0, 20, 1_000], [80.0, 90, 100], [25.0, 30, 35]):
        total = np.array(total_us)
        stages = Stages(total / 10, total - 1)
        window = Window(total_us=total, stages=stages, before=BEFORE, after=AFTER)
        subject.windows.append(window)
    return subject


@pytest.fixture
def tiny(run: Run) -> Measurement:
    return measured(run, "tiny").row()


def test_a_measurement_names_its_model(tiny: Measurement) -> None:
    assert tiny["candidate"] == "tiny"
    assert tiny["model_sha256"] == sha256(MODELS["tiny"])
    assert tiny["labels"] == ["go", "stop"]
    assert tiny["error"] is None


def test_accuracy_is_a_count_with_its_interval_and_confusion(tiny: Measurement) -> None:
    # Wilson's interval at 3 of 4, by its formula.
    z2 = 1.959964**2
    centre, reach = 0.75 + z2 / 8, math.sqrt(z2 * (0.75 * 0.25 / 4 + z2 / 64))

    assert tiny["accuracy"] == {
        "correct": 3,
        "total": 4,
        "low": round((centre - reach) / (1 + z2 / 4), 4),
        "high": round((centre + reach) / (1 + z2 / 4), 4),
        "confusion": [[1, 1], [0, 2]],
    }


def test_confusion_has_a_row_a_word_and_a_column_a_label(run: Run) -> None:
    # The model's label 0, which it hears in noise, is "stop" here.
    accuracy = measured(run, "three").row()["accuracy"]

    assert accuracy is not None
    assert accuracy["confusion"] == [[1, 1, 0], [0, 2, 0]]
    assert accuracy["correct"] == 1


def test_scores_are_kept_under_the_names_of_their_clips(tiny: Measurement) -> None:
    scores = tiny["scores"]

    assert scores is not None
    assert list(scores) == ["go/1.wav", "go/2.wav", "stop/1.wav", "stop/2.wav"]
    # Silence: logits log(1e-6) + 10 and 0.
    odds = math.exp(math.log(1e-6) + 10)
    assert scores["stop/1.wav"] == pytest.approx([odds / (1 + odds), 1 / (1 + odds)], abs=1e-5)


def test_the_operating_rule_is_recorded_with_its_threshold(tiny: Measurement) -> None:
    rule = tiny["operating_rule"]

    assert rule is not None
    assert rule["threshold"] == 0.95
    assert (rule["detected"]["count"], rule["detected"]["total"]) == (3, 4)


def test_false_accepts_are_counted_for_words_and_for_noise(tiny: Measurement) -> None:
    rule = tiny["operating_rule"]

    assert rule is not None
    accepted = rule["false_accepts"]
    # The model is sure of whatever it hears: of loud clips as "go", of all others as "stop".
    assert accepted["words"] is None
    assert accepted["unheard"] is None
    assert accepted["digits"] == {"people": None, "synthetic": None}
    assert 300 < accepted["noise"]["count"] <= accepted["noise"]["total"] == len(noise_clips())


def test_false_accepts_on_digits_have_an_interval_over_speakers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The model takes loud clips for "go" and all others for "stop", and is always sure.
    said = {f"{word}/{name}_1.wav": loud() for word in DIGITS for name in ("ann", "bob", "eve")}
    registry = make_package(tmp_path, monkeypatch, MODULES, MODELS)
    run = make_run(registry, tmp_path, GO_STOP_CLIPS, digits={"people": Clips(said)})

    rule = measured(run, "tiny").row()["operating_rule"]

    assert rule is not None
    people = rule["false_accepts"]["digits"]["people"]
    assert (people["count"], people["total"], people["digest"]) == (30, 30, "sha256:0")
    assert people["speakers"] == {"total": 3, "low": 1.0, "high": 1.0}
    assert rule["curve"]["digits"]["people"][0] == 30


def test_noise_is_counted_by_kind_too(tiny: Measurement) -> None:
    rule = tiny["operating_rule"]

    assert rule is not None
    kinds, noise = rule["noise_kinds"], rule["false_accepts"]["noise"]
    assert list(kinds) == [*KINDS, SILENCE]
    assert kinds[SILENCE] == {"count": 1, "total": 1}  # classified as "stop"
    assert sum(kind["count"] for kind in kinds.values()) == noise["count"]
    assert sum(kind["total"] for kind in kinds.values()) == noise["total"]


def test_the_curve_counts_the_clips_above_each_threshold(tiny: Measurement) -> None:
    rule = tiny["operating_rule"]

    assert rule is not None
    curve = rule["curve"]
    at = curve["threshold"].index(0.95)
    assert curve["detected"][at] == rule["detected"]["count"]
    assert curve["noise"][at] == rule["false_accepts"]["noise"]["count"]
    assert (curve["words"], curve["digits"]) == (None, {"people": None, "synthetic": None})
    for kind in ("detected", "noise"):
        assert len(curve[kind]) == len(curve["threshold"])
        assert curve[kind] == sorted(curve[kind], reverse=True)


def test_size_and_anatomy_are_those_of_the_file(tiny: Measurement) -> None:
    assert tiny["size"] == {
        "raw_bytes": len(MODELS["tiny"]),
        "zipped_bytes": zipped_bytes(MODELS["tiny"]),
    }
    # One weight a feature for each of two labels, half of them zero, and two biases.
    weights = 2 * math.prod(FEATURES)
    assert (tiny["parameters"], tiny["macs"]) == (weights + 2, weights)
    assert tiny["sparsity"] == {
        "nominal": 0.0,
        "overall": 0.5,
        "layers": {"0 FULLY_CONNECTED": 0.5},
    }
    assert tiny["operators"] == ["FULLY_CONNECTED", "SOFTMAX"]
    assert tiny["delegated_operators"] == 2
    assert isinstance(tiny["added_peak_bytes"], int)
    assert tiny["added_peak_bytes"] > 0


def test_latency_is_the_median_window_and_the_tail_of_all_calls(tiny: Measurement) -> None:
    latency = tiny["latency_us"]

    assert latency is not None
    total = latency["total"]
    # All calls: 10 20 25 30 35 80 90 100 1000; p90 lies 0.2 beyond the eighth.
    assert total["p50"] == 30
    assert total["p90"] == 100 + 0.2 * 900
    assert total["p95"] == 100 + 0.6 * 900
    assert total["p99"] == 100 + 0.92 * 900
    assert (total["max"], total["calls"]) == (1_000, 9)
    assert (latency["frontend"]["p50"], latency["inference"]["p50"]) == (3, 29)
    assert latency["init"] > 0
    assert latency["first_call"] > 0


def test_the_histogram_hides_no_call(tiny: Measurement) -> None:
    latency = tiny["latency_us"]

    assert latency is not None
    edges, counts = latency["histogram"]["edges"], latency["histogram"]["counts"]
    assert len(edges) == len(counts) + 1
    assert (edges[0], edges[-1]) == (10, 1_000)
    assert (counts[0], counts[-1], sum(counts)) == (1, 1, 9)


def test_a_histogram_of_equal_times_can_be_drawn(run: Run) -> None:
    subject = run.subject("tiny")
    subject.prepare()
    equal = np.full(3, 50.0)
    subject.windows.append(Window(total_us=equal, stages=Stages(equal, equal)))

    latency = subject.row()["latency_us"]

    assert latency is not None
    assert latency["histogram"]["edges"][0] < latency["histogram"]["edges"][-1]
    assert sum(latency["histogram"]["counts"]) == 3


def test_every_window_keeps_its_median_its_length_and_the_state_of_the_board(
    tiny: Measurement,
) -> None:
    board = {"before": BEFORE, "after": AFTER}

    assert tiny["windows"] == [
        {"p50_us": us, "calls": 3, "seconds": seconds, "board": board}
        for us, seconds in ((20, 0.00103), (90, 0.00027), (30, 0.00009))
    ]


def test_what_several_seeds_came_to_is_recorded(run: Run) -> None:
    subject = measured(run, "tiny")
    assert subject.row()["seeds"] is None

    came = {"detected": 180, "correct": 200, "total": 206, "zipped_bytes": 2_000}
    subject._scored = replace(subject.scored, seeds={"4": {**came, "more": 1}})

    assert subject.row()["seeds"] == {"4": came}


def test_attempts_are_recorded_with_their_medians_and_reasons(
    run: Run,
) -> None:
    subject = measured(run, "tiny")
    assert subject.row()["attempts"] == []

    subject.attempts.append(Attempt(("too hot",), subject.windows[:2]))

    attempts = subject.row()["attempts"]
    assert attempts == [{"reasons": ["too hot"], "p50s_us": [20, 90]}]


def test_the_verdict_stands_with_its_limits_and_reasons(tiny: Measurement) -> None:
    assert tiny["verdict"] == "miss"
    assert tiny["violations"] == ["accuracy 75.00% is not over 97.00%"]
    assert tiny["expected_misses"] == ["accuracy"]
    # Quartiles of 20, 30 and 90: 25 and 60.
    assert tiny["warnings"] == ["windows spread by 117% of their median"]
    assert tiny["budget"] == {
        "min_accuracy": 0.97,
        "max_zipped_bytes": 25_600,
        "max_latency_us": 8_000,
        "min_detection": None,
        "max_false_accepts_on_digits": None,
        "max_false_accepts_on_synthetic_digits": None,
        "max_false_accepts_per_hour": None,
        "max_missed_words": None,
        "max_false_accepts_on_unheard_words": None,
        "max_false_accepts_on_heard_words": None,
        "max_false_accepts_on_noise": None,
    }


def test_an_error_row_has_nulls_and_the_error(run: Run) -> None:
    subject = run.subject("broken")
    subject.prepare()

    row = subject.row()

    values = {name: value for name, value in row.items() if value not in (None, [])}
    assert values == {"candidate": "broken", "verdict": "error", "error": subject.error}


def test_rows_have_the_same_fields_and_are_json(run: Run, tiny: Measurement) -> None:
    subject = run.subject("broken")
    subject.prepare()
    error = subject.row()

    assert list(error) == list(tiny)
    assert json.loads(json.dumps(tiny, allow_nan=False)) == tiny
