"""Runs of the gate in which nothing goes wrong."""

import json
import os
import re
from pathlib import Path

import pytest

from harness.text import markdown
from tests.unit.gates import CLOCKED, CONDITIONS, FEWER, QUICK, START_CLOCK, Project
from tests.unit.models import ready

NO_YES = "from harness import Budget\n" + ready(
    "good",
    "labels=('no', 'yes'), "
    "budget=Budget(min_accuracy=0.5, max_zipped_bytes=99_999, max_latency_us=9_999)",
)

FEW_VOICES = """
from harness.datasets import espeak

stub(espeak, variants=lambda: ("f1", "f2", "m1", "m2", "m3", "m4", "m5"))
"""
"""One of them is of the test split, and says each word 24 times."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {"good": ready("good")})


class Measured:
    """A project after a whole run in which nothing went wrong."""

    def __init__(self, folder: Path) -> None:
        known = ready("deaf", "misses={'speech': ('accuracy',)}")
        candidates = {"good": ready("good"), "known": known, "elsewhere": NO_YES}
        self.project = Project(folder, candidates, stubs="")
        self.benchmark_json = folder / "benchmark.json"
        self.exit_status, self.output = self.project.measure(
            "-v",
            f"--benchmark-json={self.benchmark_json}",
            f"--benchmark-storage={folder / 'saved'}",
            "--benchmark-save=first",
            f"--benchmark-histogram={folder / 'drawn'}",
        )
        self.project.replace(QUICK)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return Measured(tmp_path_factory.mktemp("measured"))


def test_a_candidate_that_beats_every_limit_passes(measured: Measured) -> None:
    row = measured.project.rows()["good"]

    assert (row["verdict"], row["violations"]) == ("pass", [])
    assert (row["accuracy"]["correct"], row["accuracy"]["total"]) == (6, 6)
    assert len(row["windows"]) == 5
    assert measured.exit_status == 0


def test_an_expected_miss_passes_and_is_shown_as_one(measured: Measured) -> None:
    row = measured.project.rows()["known"]

    assert row["verdict"] == "miss"
    assert row["violations"] == ["accuracy 50.00% is not over 97.00%"]
    assert row["expected_misses"] == ["accuracy"]
    assert measured.exit_status == 0


def test_a_candidate_without_recordings_is_skipped(measured: Measured) -> None:
    skipped = [line for line in measured.output.splitlines() if "elsewhere] SKIPPED" in line]

    assert measured.project.rows().keys() == {"good", "known"}
    assert len(skipped) == 5 + 1
    assert "has no WAV file for no or yes: found bird, go, stop" in skipped[-1]


def test_windows_are_interleaved_across_candidates(measured: Measured) -> None:
    lines = [line for line in measured.output.splitlines() if "::test_window[" in line]

    order = [line.split("[")[1].split("]")[0] for line in lines]
    names = ("elsewhere", "good", "known")
    assert order == [f"{window}-{name}" for window in range(1, 6) for name in names]


def test_words_that_are_not_labels_are_left_out_and_named(measured: Measured) -> None:
    dataset = measured.project.record()["dataset"]

    assert dataset["clips"] == 6
    assert dataset["left_out"] == {"bird": 3}
    assert "bird (3)" in measured.project.report()


def test_other_words_and_noise_that_trigger_the_rule_are_counted(measured: Measured) -> None:
    rule = measured.project.rows()["good"]["operating_rule"]

    # "bird" is as loud as "go", and this model tells loud from silent.
    words, noise = (rule["false_accepts"][kind] for kind in ("unheard", "noise"))
    assert (words["count"], words["total"]) == (3, 3)
    assert 0 < noise["count"] <= noise["total"] == 361
    assert "3 of 3" in measured.project.report()


def test_synthetic_voices_stand_in_for_missing_recordings_and_every_output_says_so(
    tmp_path: Path,
) -> None:
    anyway = "misses={'espeak': ('accuracy',)}"
    project = Project(tmp_path, {"good": ready("good", anyway)}, QUICK + FEW_VOICES)

    exit_status, output = project.measure("-k", "1-", dataset=None)

    dataset = project.record()["dataset"]
    assert exit_status == 0
    assert (dataset["name"], dataset["clips"]) == ("espeak", 2 * 24)
    assert dataset["left_out"] == dict.fromkeys(("down", "left", "no", "right", "up", "yes"), 24)
    note = "synthetic voices (eSpeak NG, "
    because = "not people; they stand in, because mini_speech_commands cannot be had: https://"
    assert dataset["note"].startswith(note)
    assert because in dataset["note"]
    assert str(tmp_path) not in dataset["note"]
    assert f"WARNING: {dataset['note']}" in output
    assert f"> [!WARNING]\n> S{markdown(dataset['note'][1:])}." in project.report()
    assert "(synthetic voices, not people)" in (project.results / "README.md").read_text()


def test_a_terminal_shows_in_one_line_what_is_measured(project: Project) -> None:
    ours, theirs = os.openpty()
    with project.start(stdout=theirs) as gate:
        os.close(theirs)
        output = "".join(iter(lambda: _read(ours), ""))
    os.close(ours)

    lines = [line.strip() for line in re.split(r"[\r\n]+", output) if " of 7: " in line]
    assert lines == [
        "1 of 7: cost of timing",
        *(f"{window + 1} of 7: window {window} of good" for window in range(1, 6)),
        "7 of 7: verdict on good",
    ]
    assert gate.returncode == 0
    assert "7 passed" in output


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4_096).decode()
    except OSError:  # the other side is closed
        return ""


def test_pytest_benchmark_still_writes_its_own_json(measured: Measured) -> None:
    benchmarks = json.loads(measured.benchmark_json.read_text())["benchmarks"]

    windows = {b["name"]: b for b in benchmarks if b["name"].startswith("test_window")}
    names = [f"test_window[{i}-{name}]" for i in range(1, 6) for name in ("good", "known")]
    assert list(windows) == names
    assert windows["test_window[1-good]"]["extra_info"]["candidate"] == "good"


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Project:
    stubs = FEWER + START_CLOCK
    project = Project(tmp_path_factory.mktemp("clocked"), {"clocked": CLOCKED}, stubs)
    project.measure()
    return project


def test_the_latency_is_front_end_plus_model_and_each_stage_is_timed_alone(
    clocked: Project,
) -> None:
    latency = clocked.rows()["clocked"]["latency_us"]

    assert [latency[name]["p50"] for name in ("total", "frontend", "inference")] == [600, 200, 400]
    assert [latency["total"][name] for name in ("p90", "p95", "p99", "max")] == [600] * 4
    assert latency["first_call"] == 600


def test_calls_are_timed_on_one_core_by_one_thread_without_garbage_collector(
    clocked: Project,
) -> None:
    assert clocked.notes() == {f"pedantic: {CONDITIONS}", f"time_stages: {CONDITIONS}"}
    assert f", cores [{clocked.record()['board']['pinned_to_core']}], " in CONDITIONS


def test_pages_and_pictures_are_written_beside_the_record(measured: Measured) -> None:
    (board,) = measured.project.raw[0].parents[1:2]

    suffixes = {path.suffix for path in board.iterdir() if path.is_file()}
    assert suffixes == {".md", ".svg"}


def test_the_cost_of_timing_is_printed(measured: Measured) -> None:
    cost_us = measured.project.record()["run"]["empty_call_us"]

    assert 0 < cost_us < 1_000
    assert f"every latency includes the cost of timing a call, {cost_us:.2f} µs" in measured.output


def test_a_run_is_compared_with_an_earlier_one(measured: Measured, tmp_path: Path) -> None:
    (earlier,) = measured.project.raw
    record = json.loads(earlier.read_text())
    for row in record["measurements"]:
        row["size"]["zipped_bytes"] //= 2
    smaller = tmp_path / "smaller.json"
    smaller.write_text(json.dumps(record))

    exit_status, output = measured.project.measure(
        "--candidate", "good", "--results", str(tmp_path), "--compare", str(smaller)
    )

    assert exit_status == 1
    assert "REGRESSION: good: size" in output
    assert "- known: not compared, it is not in the new record" in output


def test_records_that_cannot_be_compared_are_refused_before_measuring(
    measured: Measured, tmp_path: Path
) -> None:
    (earlier,) = measured.project.raw
    record = json.loads(earlier.read_text())
    record["board"]["scipy"] = "0.1"
    old = tmp_path / "old.json"
    old.write_text(json.dumps(record))

    exit_status, output = measured.project.measure("--compare", str(old))

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert "the records differ: scipy 0.1 -> " in output
    assert "passed" not in output


def test_pytest_benchmark_draws_its_histograms(measured: Measured) -> None:
    drawn = {path.name for path in measured.project.folder.glob("drawn-*.svg")}

    assert drawn == {f"drawn-window_{window}.svg" for window in range(1, 6)}


def test_pytest_benchmark_compares_with_a_saved_run(measured: Measured) -> None:
    (save,) = (measured.project.folder / "saved").glob("*/0001_first.json")
    record = json.loads(save.read_text())
    record["machine_info"]["cpu"]["hz_actual"] = [1, 0]  # as it reads on a board that idles
    save.write_text(json.dumps(record))

    exit_status, output = measured.project.measure(
        "--candidate=good",
        "--benchmark-compare",
        f"--benchmark-storage={measured.project.folder / 'saved'}",
        f"--results={measured.project.folder / 'again'}",
    )

    assert exit_status == 0
    assert "0001_first" in output
