"""What the gate refuses, what it fails, and what it says of either."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.gates import (
    CLOCKED,
    CONDITIONS,
    FEWER,
    IMPATIENT,
    QUICK,
    SLEEPY,
    START_CLOCK,
    THROTTLED,
    Project,
)
from tests.unit.models import ready, unscaled_sum, weightless

TRAINED = """
from harness import Candidate


def network(keras, input_shape, labels):
    return keras.Model(input_shape, labels)


CANDIDATE = Candidate(network=network)
"""

ODD = """
import os
import signal
import traceback
from harness import LogMel


class Odd(LogMel):
    def __call__(self, clip):
        if {odd}:
            {fault}
        return super().__call__(clip)


""" + ready("good", "frontend=Odd()")
"""A front-end that does something odd now and then."""

FATAL = ODD.format(odd="not clip.any()", fault="os.kill(os.getpid(), signal.SIGKILL)")
"""It kills its process, but not on the first clip."""

TIRED = ODD.format(
    odd="any(frame.f_code.co_name == 'pedantic' for frame, _ in traceback.walk_stack(None))",
    fault="raise KeyError('tired')",
)
"""It raises when it is timed, and only then."""

TIRED_AGAIN = ODD.format(
    odd="any(frame.f_code.co_name == 'take_again' for frame, _ in traceback.walk_stack(None))",
    fault="raise KeyError('tired')",
)
"""It raises when it is timed again because the board was throttled, and only then."""

STOPPING = {
    "endless": "while True: pass\n",
    "exiting": "import os\nos._exit(0)\n",
    "good": ready("good"),
}
"""Two of them stop the process that imports them."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {"good": ready("good")})


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
        "weightless": ready("weightless"),
        "fatal": FATAL,
        "tired": TIRED,
    }
    project = Project(tmp_path, candidates)
    model = (project.models / "good.tflite").read_bytes()
    (project.models / "stale.tflite").write_bytes(model)
    card = {"format": 1, "specification": "of last week", "model_sha256": "0"}
    (project.models / "stale.json").write_text(json.dumps(card))
    (project.models / "cut_off.tflite").write_bytes(model[:5_000])
    (project.models / "aborting.tflite").write_bytes(unscaled_sum())

    (project.models / "weightless.tflite").write_bytes(weightless())

    exit_status, _ = project.measure()

    rows = project.rows()
    errors = {name: row["error"] for name, row in rows.items()}
    assert exit_status == 1
    assert errors.pop("good") is None
    assert rows["good"]["latency_us"]["total"]["calls"] >= 50
    assert "must define CANDIDATE = Candidate(...), found int" in errors.pop("broken")
    assert "cannot be imported: ModuleNotFoundError" in errors.pop("misspelt")
    assert "cannot be imported: SystemExit: 0; fix the module" in errors.pop("leaving")
    assert "never trained; run: tox run -e train -- untrained" in errors.pop("untrained")
    assert "edited since it was trained; run: tox run -e train -- stale" in errors.pop("stale")
    assert "cut_off.tflite is damaged (5,000 bytes" in errors.pop("cut_off")
    assert "aborting.tflite crashed its process (SIGABRT)" in errors.pop("aborting")
    assert "weightless.tflite " in errors.pop("weightless")
    assert "fatal crashed its process (SIGKILL) when it scored" in errors.pop("fatal")
    assert "KeyError when it was timed: 'tired'; fix the candidate" in errors.pop("tired")
    assert errors == {}


def test_a_module_that_stops_its_process_fails_its_own_row(tmp_path: Path) -> None:
    project = Project(tmp_path, STOPPING, QUICK + IMPATIENT)

    exit_status, _ = project.measure()

    rows = project.rows()
    assert exit_status == 1
    assert rows["good"]["verdict"] == "pass"
    place, cure = "when imported", "fix the module"
    errors = [rows[name]["error"] for name in ("endless", "exiting")]
    assert errors == [
        f"candidates/endless.py gave no answer within 5 s {place}; {cure}",
        f"candidates/exiting.py ended its process (status 0) {place}; {cure}",
    ]


def test_a_module_that_was_not_asked_for_stops_neither_run_nor_report(tmp_path: Path) -> None:
    project = Project(tmp_path, STOPPING, QUICK + IMPATIENT)

    exit_status, output = project.measure("--candidate", "good")

    assert exit_status == 0
    assert project.rows().keys() == {"good"}
    assert "pass?   | good " in project.report()
    assert "endless" not in output


def test_failing_candidates_have_rows_with_the_reason(tmp_path: Path) -> None:
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
    assert beaten_row["violations"] == [
        "accuracy beats its limit, though a miss is expected; remove it from misses"
    ]
    assert f"- slow: fail: {reason}" in project.report()


def test_a_metric_that_a_data_set_does_not_judge_is_shown_as_not_judged(tmp_path: Path) -> None:
    elsewhere = ready("deaf", "misses={'mini_speech_commands': ('accuracy',)}")
    project = Project(tmp_path, {"good": ready("good"), "deaf": elsewhere})

    exit_status, output = project.measure()

    row = project.rows()["deaf"]
    assert exit_status == 0
    assert (row["verdict"], row["not_judged"]) == ("pass", ["accuracy"])
    assert " 50.0 % (not judged) " in output
    assert "| 50.0 % (not judged) |" in project.report().replace("  ", " ").replace("  ", " ")


def test_the_reason_of_a_fail_is_not_cut_off_on_a_narrow_terminal(tmp_path: Path) -> None:
    project = Project(tmp_path, {"deaf": ready("deaf")})
    project.columns = 60

    exit_status, output = project.measure()

    reason = "deaf: accuracy 50.00% is not over 97.00%"
    assert exit_status == 1
    assert f"\n{reason}\n" in output
    assert "short test summary" not in output
    assert "Failed: " not in output


def test_a_few_clips_are_not_enough_with_certain(project: Project) -> None:
    exit_status, output = project.measure("--certain")

    # Wilson's lower end at 6 of 6: 6 / (6 + 3.8415).
    reason = "accuracy may be 60.97%, which is not over 97.00%"
    assert exit_status == 1
    assert project.rows()["good"]["violations"] == [reason]
    assert f"good: {reason}" in output


def test_a_record_that_cannot_be_read_is_named_and_costs_no_other(project: Project) -> None:
    old = project.results / "some-board" / "raw" / "old.json"
    old.parent.mkdir(parents=True)
    old.write_text('{"format": 1, "run"')

    exit_status, output = project.measure()

    assert exit_status == 0
    assert f"WARNING: not shown: {old} is not a readable record" in output
    assert "raw/old.json is not a readable record" in (
        project.results / "some-board" / "report.md"
    ).read_text(encoding="utf-8")
    assert len(project.raw) == 2


@pytest.mark.parametrize(
    ("options", "expected"), [((), 0), (("--strict-board",), 1)], ids=["shown", "strict"]
)
def test_a_throttled_board_makes_rows_invalid_after_three_attempts(
    tmp_path: Path, options: tuple[str, ...], expected: int
) -> None:
    project = Project(tmp_path, {"clocked": CLOCKED}, FEWER + START_CLOCK + THROTTLED)

    exit_status, output = project.measure("-rs", *options)

    row = project.rows()["clocked"]
    reason = "the board was throttled during the run: cool it or give it a better power supply"
    assert exit_status == expected
    assert (row["verdict"], row["violations"]) == ("invalid", [reason])
    assert "measured 3 times, because the board made earlier times invalid" in row["warnings"]
    assert len(row["windows"]) == 5
    assert row["attempts"] == [{"reasons": [reason], "p50s_us": [600] * 5}] * 2
    assert f"clocked: {reason}" in output
    assert row["latency_us"]["total"]["p50"] == 600
    assert f"time_calls: {CONDITIONS}" in project.notes()


def test_a_candidate_that_raises_when_it_is_timed_again_costs_its_own_row(tmp_path: Path) -> None:
    candidates = {"good": ready("good"), "tired": TIRED_AGAIN}
    project = Project(tmp_path, candidates, QUICK + THROTTLED)

    exit_status, output = project.measure("-rs")

    rows = project.rows()
    assert exit_status == 1
    assert rows["good"]["verdict"] == "invalid"
    assert rows["tired"]["verdict"] == "error"
    assert rows["tired"]["error"].startswith("KeyError when it was timed again: 'tired'; fix the")
    assert "Traceback" not in output


def test_a_folder_without_recordings_for_any_candidate_fails(project: Project) -> None:
    (project.folder / "speech").rename(project.folder / "sounds")
    shutil.copytree(project.folder / "sounds" / "bird", project.folder / "speech" / "bird")

    exit_status, output = project.measure()

    assert exit_status == pytest.ExitCode.TESTS_FAILED
    assert "folder speech has no WAV file for go or stop: found bird; lay it out as" in output
    assert project.raw == []


def test_an_unknown_candidate_is_refused_with_the_known_ones(project: Project) -> None:
    exit_status, output = project.measure("--candidate", "typo")

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert "unknown candidate 'typo'; known candidates: good" in output


def test_an_unknown_data_set_is_refused_with_the_known_ones(project: Project) -> None:
    exit_status, output = project.measure("--dataset", "typo")

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert "unknown data set 'typo'" in output
    assert "mini_speech_commands" in output


def test_an_unwritable_results_folder_is_refused_before_measuring(project: Project) -> None:
    project.results.write_text("a file where the folder should be")

    exit_status, output = project.measure()

    assert exit_status == pytest.ExitCode.USAGE_ERROR
    assert f"cannot write {project.results}" in output
    assert "passed" not in output


def test_other_words_that_cannot_be_read_are_named_and_end_the_run(project: Project) -> None:
    (project.folder / "candidates" / "broken.py").write_text("CANDIDATE = 3\n")
    (project.folder / "speech" / "bird" / "1.wav").write_bytes(b"RIFF")

    exit_status, output = project.measure()

    assert exit_status != 0
    assert "FAILED: bird/1.wav is not a PCM WAV file" in output
    assert "Traceback" not in output


def test_a_broken_recording_ends_the_run_and_is_named(project: Project) -> None:
    (project.folder / "speech" / "go" / "1.wav").write_bytes(b"RIFF")

    exit_status, output = project.measure()

    assert exit_status != 0
    assert "nothing can be measured: go/1.wav is not a PCM WAV file" in output
    assert project.raw == []


def test_four_runs_at_once_into_one_folder_keep_four_records(tmp_path: Path) -> None:
    names = [f"good_{number}" for number in range(4)]
    project = Project(tmp_path, {name: ready("good") for name in names})

    runs = [project.start("--candidate", name) for name in names]
    outputs = [run.communicate(timeout=600)[0] for run in runs]

    assert [run.returncode for run in runs] == [0] * 4
    assert len(project.raw) == 4
    assert all(f"| {name} " in project.report() for name in names)
    assert not any("FAILED" in output or ".writ" in output for output in outputs)
    assert [path for path in project.results.rglob(".*") if path.is_file()] == []


MACHINE = """
from harness.measure import board

board._FACTS = {{**board._FACTS, "machine": lambda _machine: "{}"}}
"""


def test_a_first_run_on_another_machine_of_a_kind_changes_no_committed_file(
    project: Project,
) -> None:
    project.into, project.results = (), project.folder / "results"
    project.replace(QUICK + MACHINE.format("aaaaaaaa"))
    assert project.measure()[0] == 0
    (published,) = project.results.glob("*/report.md")
    git(project.folder, "init")
    git(project.folder, "add", "results")
    git(project.folder, "commit", "--message", "Publish")

    project.replace(QUICK + MACHINE.format("bbbbbbbb"))
    exit_status, output = project.measure()

    name = f"{published.parent.name}-bbbbbbbb"
    assert exit_status == 0
    assert git(project.folder, "status", "--porcelain", "results") == f"?? results/{name}/\n"
    assert f"README.md does not list {name}; add --publish to list it" in output

    project.measure("--publish")

    changed = git(project.folder, "diff", "--name-only", "--", "results").splitlines()
    assert changed == ["results/README.md"]
    assert "\n## [" + name in (project.results / "README.md").read_text()


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
