"""The gate from outside: whole runs of ``pytest harness`` in a copy of the project."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.models import loud, loudness_model, ready, silent, unscaled_sum
from tests.unit.recordings import wav_bytes

ROOT = Path(__file__).parents[2]

STUBS = """
from dataclasses import replace
from harness.measure import board
from harness.measure import timing

timing.PROFILES["quick"] = replace(
    timing.PROFILES["quick"], window_s=0.01, stages_s=0.01, warmup_s=0.01
)
ANSWERS = {"get_throttled": "throttled=0x0", "measure_clock": "frequency(48)=1500398464"}
board.Machine.run = lambda _machine, *command: ANSWERS.get(command[1])
"""
"""At the end of conftest.py: windows are short, and the board is one whose clock stays as it is."""

THROTTLED = 'ANSWERS["get_throttled"] = "throttled=0x50005"\n'
INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"

SLEEPY = """
import time
from pathlib import Path
from harness import LogMel


class Sleepy(LogMel):
    def __call__(self, clip):
        Path("asleep").touch()
        time.sleep({seconds})
        return super().__call__(clip)


""" + ready("good", "frontend=Sleepy()")
"""A candidate with a front-end that takes its time."""

CLOCKED = """
import gc
import os
import time
import traceback
from pathlib import Path

from harness import LogMel
from harness.spotter.model import Model

now_us = 0


def perf_counter():
    return now_us / 1e6


def taking(took_us, function):
    def work(*given):
        global now_us
        now_us += took_us
        return function(*given)

    return work


class Noting(LogMel):
    def __call__(self, clip):
        callers = {frame.f_code.co_name for frame, _ in traceback.walk_stack(None)}
        for caller in callers & {"pedantic", "time_calls", "time_stages"}:
            collector = "on" if gc.isenabled() else "off"
            cores = sorted(os.sched_getaffinity(0))
            threads = len(os.listdir("/proc/self/task"))
            with Path("notes").open("a") as notes:
                notes.write(f"{caller}: collector {collector}, cores {cores}, threads {threads}\\n")
        return super().__call__(clip)


time.perf_counter = perf_counter
Model.__call__ = taking(400, Model.__call__)
Noting.__call__ = taking(200, Noting.__call__)
""" + ready("good", "frontend=Noting()")
"""
A candidate on a clock that only it moves on: 200 microseconds a front-end, 400 a model.

It also notes from within each timed call who times it, and under which conditions.
"""

START_CLOCK = "import candidates.clocked\n"
CONDITIONS = f"collector off, cores [{max(os.sched_getaffinity(0))}], threads 1"

NO_YES = "from harness import Budget\n" + ready(
    "good",
    "labels=('no', 'yes'), "
    "budget=Budget(min_accuracy=0.5, max_zipped_bytes=99_999, max_latency_us=9_999)",
)
TRAINED = """
from harness import Candidate


def network(keras, input_shape, labels):
    return keras.Model(input_shape, labels)


CANDIDATE = Candidate(network=network)
"""


class Project:
    """A copy of the project with tiny candidates and recordings: loud ones and silent ones."""

    def __init__(self, folder: Path, candidates: Mapping[str, str], stubs: str = "") -> None:
        self.folder = folder
        self.results = folder / "out"
        shutil.copytree(ROOT / "harness", folder / "harness")
        shutil.copy(ROOT / "pyproject.toml", folder)
        conftest = (ROOT / "conftest.py").read_text(encoding="utf-8")
        (folder / "conftest.py").write_text(conftest + STUBS + stubs, encoding="utf-8")
        self.models = folder / "candidates" / "models"
        self.models.mkdir(parents=True)
        (folder / "candidates" / "__init__.py").touch()
        (self.models / "good.tflite").write_bytes(loudness_model())
        (self.models / "deaf.tflite").write_bytes(loudness_model(offset=20))
        for name, source in candidates.items():
            (folder / "candidates" / f"{name}.py").write_text(source)
        for word, clip in (("go", loud()), ("stop", silent()), ("bird", loud())):
            (folder / "speech" / word).mkdir(parents=True)
            for i in range(3):
                (folder / "speech" / word / f"{i}.wav").write_bytes(wav_bytes(clip))

    def start(
        self, *words: str, stdout: int = subprocess.PIPE, dataset: str | None = "speech"
    ) -> subprocess.Popen[str]:
        """Begin to run the gate: on the recordings, or on what it takes by itself."""
        command = [sys.executable, "-m", "pytest", "harness"]
        options = ["--results", str(self.results)]
        options += ["--dataset", dataset, *words] if dataset else words
        environ = {
            "OPENBLAS_NUM_THREADS": "",  # as in a shell, though conftest.py has set it here
            "PYTHONPATH": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "300",
            "KWS_DATA": "",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "https_proxy": "http://127.0.0.1:1",  # nothing listens there
        }
        return subprocess.Popen(
            [*command, *options],
            cwd=self.folder,
            env={name: value for name, value in {**os.environ, **environ}.items() if value},
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def measure(self, *words: str) -> tuple[int, str]:
        """Run the gate on the recordings; returns its exit status and all it said."""
        with self.start(*words) as gate:
            said, _ = gate.communicate(timeout=600)
            return gate.returncode, said

    @property
    def raw(self) -> list[Path]:
        """The records."""
        return list(self.results.glob("*/raw/*.json"))

    def record(self) -> dict[str, Any]:
        """Return the only record."""
        (path,) = self.raw
        record: dict[str, Any] = json.loads(path.read_text())
        return record

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the measurements of the only record, by candidate."""
        return {row["candidate"]: row for row in self.record()["measurements"]}

    def notes(self) -> set[str]:
        """Return the lines a candidate noted, each once."""
        return set((self.folder / "notes").read_text().splitlines())

    def report(self) -> str:
        """Return the page of the board."""
        (path,) = self.results.glob("*/report.md")
        return path.read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {"good": ready("good")})


class Measured:
    """A project after a run in which nothing went wrong."""

    def __init__(self, folder: Path) -> None:
        known = ready("deaf", "misses={'speech': ('accuracy',)}")
        candidates = {"good": ready("good"), "known": known, "elsewhere": NO_YES}
        self.project = Project(folder, candidates)
        self.benchmark_json = folder / "benchmark.json"
        options = ["-v", "--benchmark-json", str(self.benchmark_json)]
        self.exit_status, self.said = self.project.measure(*options)


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
    skipped = [line for line in measured.said.splitlines() if "elsewhere] SKIPPED" in line]

    assert measured.project.rows().keys() == {"good", "known"}
    assert len(skipped) == 5 + 1
    assert "has no WAV file for no or yes: found bird, go, stop" in skipped[-1]


def test_windows_are_interleaved_across_candidates(measured: Measured) -> None:
    lines = [line for line in measured.said.splitlines() if "test_window[" in line]

    order = [line.split("[")[1].split("]")[0] for line in lines]
    names = ("elsewhere", "good", "known")
    assert order == [f"{window}-{name}" for window in range(1, 6) for name in names]


def test_words_that_are_no_label_are_left_out_and_named(measured: Measured) -> None:
    dataset = measured.project.record()["dataset"]

    assert dataset["clips"] == 6
    assert dataset["left_out"] == {"bird": 3}
    assert "bird (3)" in measured.project.report()


def test_other_words_and_noise_that_are_acted_on_are_counted(measured: Measured) -> None:
    rule = measured.project.rows()["good"]["operating_rule"]

    # "bird" is as loud as "go", and this model tells loud from silent.
    words, noise = (rule["false_accepts"][kind] for kind in ("words", "noise"))
    assert (words["count"], words["total"]) == (3, 3)
    assert 0 < noise["count"] <= noise["total"] == 361
    assert "3 of 3" in measured.project.report()


def test_where_no_recordings_can_be_had_synthetic_voices_stand_in_and_all_say_so(
    tmp_path: Path,
) -> None:
    anyway = "misses={'espeak': ('accuracy',)}"
    project = Project(tmp_path, {"good": ready("good", anyway)})

    with project.start("-k", "1-", dataset=None) as gate:
        said, _ = gate.communicate(timeout=600)

    dataset = project.record()["dataset"]
    assert gate.returncode == 0
    assert (dataset["name"], dataset["clips"]) == ("espeak", 864)
    assert dataset["left_out"] == dict.fromkeys(("down", "left", "no", "right", "up", "yes"), 432)
    note = "synthetic voices (eSpeak NG, "
    because = "not people; they stand in, because mini_speech_commands cannot be had: https://"
    assert dataset["note"].startswith(note)
    assert because in dataset["note"]
    assert str(tmp_path) not in dataset["note"]
    assert f"WARNING: {dataset['note']}" in said
    assert f"> [!WARNING]\n> S{dataset['note'][1:]}." in project.report()
    assert "(synthetic voices, not people)" in (project.results / "README.md").read_text()


def test_on_a_terminal_one_line_says_what_is_measured(project: Project) -> None:
    ours, theirs = os.openpty()
    with project.start(stdout=theirs) as gate:
        os.close(theirs)
        said = "".join(iter(lambda: _read(ours), ""))
    os.close(ours)

    told = [line.strip() for line in re.split(r"[\r\n]+", said) if " of 7: " in line]
    assert told == [
        "1 of 7: cost of timing",
        *(f"{window + 1} of 7: window {window} of good" for window in range(1, 6)),
        "7 of 7: verdict on good",
    ]
    assert gate.returncode == 0
    assert "7 passed" in said


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
    project = Project(tmp_path_factory.mktemp("clocked"), {"clocked": CLOCKED}, START_CLOCK)
    project.measure()
    return project


def test_the_headline_is_front_end_and_model_and_the_stages_are_one_each(clocked: Project) -> None:
    latency = clocked.rows()["clocked"]["latency_us"]

    assert [latency[name]["p50"] for name in ("total", "frontend", "inference")] == [600, 200, 400]
    assert [latency["total"][name] for name in ("p90", "p95", "p99", "max")] == [600] * 4
    assert latency["first_call"] == 600


def test_calls_are_timed_on_one_core_by_one_thread_without_garbage_collector(
    clocked: Project,
) -> None:
    assert clocked.notes() == {f"pedantic: {CONDITIONS}", f"time_stages: {CONDITIONS}"}
    assert f", cores [{clocked.record()['board']['pinned_to_core']}], " in CONDITIONS


def test_what_timing_itself_costs_is_told(measured: Measured) -> None:
    cost_us = measured.project.record()["run"]["empty_call_us"]

    assert 0 < cost_us < 1_000
    assert f"timing itself costs {cost_us:.2f} µs a call" in measured.said


def test_one_bad_candidate_never_stops_the_others(tmp_path: Path) -> None:
    candidates = {
        "good": ready("good"),
        "broken": "CANDIDATE = 3\n",
        "misspelt": "import no_such_module\n",
        "leaving": "raise SystemExit(0)\n",
        "untrained": TRAINED,
        "stale": TRAINED,
        "cut_off": ready("cut_off"),
        "aborting": ready("aborting"),
    }
    project = Project(tmp_path, candidates)
    model = (project.models / "good.tflite").read_bytes()
    (project.models / "stale.tflite").write_bytes(model)
    card = {"format": 1, "specification": "of last week", "model_sha256": "0"}
    (project.models / "stale.json").write_text(json.dumps(card))
    (project.models / "cut_off.tflite").write_bytes(model[:5_000])
    (project.models / "aborting.tflite").write_bytes(unscaled_sum())

    exit_status, _ = project.measure()

    rows = project.rows()
    errors = {name: row["error"] for name, row in rows.items()}
    assert exit_status == 1
    assert errors.pop("good") is None
    assert rows["good"]["latency_us"]["total"]["calls"] >= 50
    assert "must define CANDIDATE = Candidate(...), found int" in errors.pop("broken")
    assert "cannot be imported: ModuleNotFoundError" in errors.pop("misspelt")
    assert "cannot be imported: SystemExit: 0; mend the module" in errors.pop("leaving")
    assert "never trained; run: tox run -e train -- untrained" in errors.pop("untrained")
    assert "edited since it was trained; run: tox run -e train -- stale" in errors.pop("stale")
    assert "cut_off.tflite is damaged (5,000 bytes" in errors.pop("cut_off")
    assert "aborting.tflite killed its interpreter (SIGABRT)" in errors.pop("aborting")
    assert errors == {}


def test_failing_candidates_have_rows_that_tell_why(tmp_path: Path) -> None:
    beaten = ready("good", "misses={'speech': ('accuracy',)}")
    project = Project(tmp_path, {"slow": SLEEPY.format(seconds=0.009), "beaten": beaten})

    exit_status, _ = project.measure()

    slow, beaten_row = project.rows()["slow"], project.rows()["beaten"]
    assert exit_status == 1
    assert (slow["verdict"], beaten_row["verdict"]) == ("fail", "fail")
    (reason,) = slow["violations"]
    assert reason.startswith("latency ")
    assert reason.endswith(" µs is not under 8,000.0 µs")
    assert slow["latency_us"]["frontend"]["p50"] > 9_000 > slow["latency_us"]["inference"]["p50"]
    assert beaten_row["violations"] == ["accuracy beats its limit; remove it from misses"]
    assert f"- slow: fail: {reason}" in project.report()


def test_a_few_clips_are_not_enough_to_be_certain(project: Project) -> None:
    exit_status, said = project.measure("--certain")

    # Wilson's lower end at 6 of 6: 6 / (6 + 3.8415).
    reason = "accuracy may be 60.97%, which is not over 97.00%"
    assert exit_status == 1
    assert project.rows()["good"]["violations"] == [reason]
    assert f"good: {reason}" in said


def test_a_run_is_compared_with_an_earlier_one(measured: Measured, tmp_path: Path) -> None:
    (earlier,) = measured.project.raw
    record = json.loads(earlier.read_text())
    for row in record["measurements"]:
        row["size"]["zipped_bytes"] //= 2
    smaller = tmp_path / "smaller.json"
    smaller.write_text(json.dumps(record))

    exit_status, said = measured.project.measure(
        "--candidate", "good", "--results", str(tmp_path), "--compare", str(smaller)
    )

    assert exit_status == 1
    assert "REGRESSION: good: zipped bytes" in said
    assert "- known: not compared, it is not in the new record" in said


def test_records_that_cannot_be_compared_are_refused_before_measuring(
    measured: Measured, tmp_path: Path
) -> None:
    (earlier,) = measured.project.raw
    record = json.loads(earlier.read_text())
    record["board"]["scipy"] = "0.1"
    old = tmp_path / "old.json"
    old.write_text(json.dumps(record))

    exit_status, said = measured.project.measure("--compare", str(old))

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert "the records differ: scipy 0.1 -> " in said
    assert "passed" not in said


def test_a_record_that_cannot_be_read_is_named_before_measuring(project: Project) -> None:
    old = project.results / "some-board" / "raw" / "old.json"
    old.parent.mkdir(parents=True)
    old.write_text('{"format": 1, "run"')

    exit_status, said = project.measure()

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert f"{old} is no readable record" in said
    assert "passed" not in said


def test_what_was_measured_is_kept_where_pages_cannot_be_rendered(tmp_path: Path) -> None:
    spoil = 'Path("out/README.md").write_text("# Mine")\n'
    spoiler = SLEEPY.format(seconds=0).replace('Path("asleep").touch()', spoil.strip())
    project = Project(tmp_path, {"good": spoiler})

    exit_status, said = project.measure("-k", "1-")

    assert exit_status == pytest.ExitCode.TESTS_FAILED
    assert f"wrote {project.raw[0]}" in said
    assert "FAILED: " in said
    assert "README.md is no index of results and would be lost; choose another folder" in said


@pytest.mark.parametrize("options", [["-k", "window"], ["--benchmark-only"]])
def test_a_limit_that_is_missed_fails_even_where_verdicts_are_left_out(
    project: Project, options: list[str]
) -> None:
    exit_status, said = project.measure("--certain", *options)

    assert "accuracy may be 60.97%" in said
    assert exit_status == pytest.ExitCode.TESTS_FAILED


def test_options_of_pytest_benchmark_work(project: Project) -> None:
    saved = ["--benchmark-storage", str(project.folder / "saved")]
    histogram = ["--benchmark-histogram", str(project.folder / "drawn")]

    first, _ = project.measure(*saved, "--benchmark-save", "first", *histogram)
    (save,) = (project.folder / "saved").glob("*/*_first.json")
    record = json.loads(save.read_text())
    record["machine_info"]["cpu"]["hz_actual"] = [1, 0]  # as it reads on a board that idles
    save.write_text(json.dumps(record))
    second, said = project.measure(*saved, "--benchmark-compare")

    assert (first, second) == (0, 0)
    assert len(list(project.folder.glob("drawn-window_*.svg"))) == 5
    assert "0001_first" in said


@pytest.mark.parametrize(
    ("options", "expected"), [((), 0), (("--strict-board",), 1)], ids=["shown", "strict"]
)
def test_a_throttled_board_makes_rows_invalid_after_three_attempts(
    tmp_path: Path, options: tuple[str, ...], expected: int
) -> None:
    project = Project(tmp_path, {"clocked": CLOCKED}, START_CLOCK + THROTTLED)

    exit_status, said = project.measure("-rs", *options)

    row = project.rows()["clocked"]
    reason = "the board was throttled during the run: cool it, or give it a better power supply"
    assert exit_status == expected
    assert (row["verdict"], row["violations"]) == ("invalid", [reason])
    assert "measured 3 times, the board being held back before" in row["warnings"]
    assert len(row["windows"]) == 5
    assert row["attempts"] == [{"reasons": [reason], "p50s_us": [600] * 5}] * 2
    assert f"clocked: {reason}" in said
    assert row["latency_us"]["total"]["p50"] == 600
    assert f"time_calls: {CONDITIONS}" in project.notes()


def test_a_folder_without_recordings_for_any_candidate_fails(project: Project) -> None:
    (project.folder / "speech").rename(project.folder / "sounds")
    shutil.copytree(project.folder / "sounds" / "bird", project.folder / "speech" / "bird")

    exit_status, said = project.measure()

    assert exit_status == pytest.ExitCode.TESTS_FAILED
    assert "folder speech has no WAV file for go or stop: found bird; lay it out as" in said
    assert project.raw == []


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path) -> None:
    # The second candidate takes seconds, so that the signal comes before its first window ends.
    candidates = {"good": ready("good"), "sleepy": SLEEPY.format(seconds=0.2)}
    project = Project(tmp_path, candidates, INTERRUPTIBLE)

    with project.start("-v") as gate:
        assert gate.stdout is not None
        seen = any("test_window[1-good] PASSED" in line for line in gate.stdout)
        # An interrupted import would leave its file open, which pytest then takes for the fault.
        while gate.poll() is None and not (project.folder / "asleep").exists():
            time.sleep(0.01)
        gate.send_signal(signal.SIGINT)
        said, _ = gate.communicate(timeout=600)

    assert seen
    assert gate.returncode == pytest.ExitCode.INTERRUPTED
    assert [len(row["windows"]) for row in project.rows().values()] == [1]
    assert "measured in 1 of 5 windows" in project.rows()["good"]["warnings"]
    assert f"wrote {project.raw[0]}" in said


def test_a_run_cut_short_keeps_what_was_measured(project: Project) -> None:
    project.measure("-k", "1-")

    row = project.rows()["good"]
    assert len(row["windows"]) == 1
    assert "measured in 1 of 5 windows" in row["warnings"]


def test_an_unknown_candidate_is_refused_with_the_known_ones(project: Project) -> None:
    exit_status, said = project.measure("--candidate", "typo")

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert "unknown candidate 'typo'; known candidates: good" in said


def test_an_unknown_data_set_is_refused_with_the_known_ones(project: Project) -> None:
    exit_status, said = project.measure("--dataset", "typo")

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert "unknown data set 'typo'" in said
    assert "mini_speech_commands" in said


def test_an_unwritable_results_folder_is_refused_before_measuring(project: Project) -> None:
    project.results.write_text("a file where the folder should be")

    exit_status, said = project.measure()

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert f"cannot write {project.results}" in said
    assert "passed" not in said


def test_other_words_that_cannot_be_read_are_named_and_end_the_run(project: Project) -> None:
    (project.folder / "candidates" / "broken.py").write_text("CANDIDATE = 3\n")
    (project.folder / "speech" / "bird" / "1.wav").write_bytes(b"RIFF")

    exit_status, said = project.measure()

    assert exit_status != 0
    assert "FAILED: bird/1.wav is no PCM WAV file" in said
    assert "Traceback" not in said


def test_a_broken_recording_ends_the_run_and_is_named(project: Project) -> None:
    (project.folder / "speech" / "go" / "1.wav").write_bytes(b"RIFF")

    exit_status, said = project.measure()

    assert exit_status != 0
    assert "nothing can be measured: go/1.wav is no PCM WAV file" in said
    assert project.raw == []


@pytest.mark.parametrize(
    "options",
    [["--benchmark-disable"], ["-k", "test_verdict"]],
    ids=["benchmarks disabled", "verdicts only"],
)
def test_without_a_measured_window_there_is_no_verdict_and_no_record(
    project: Project, options: list[str]
) -> None:
    exit_status, said = project.measure(*options)

    assert exit_status == 0
    assert "skipped" in said
    assert project.raw == []
