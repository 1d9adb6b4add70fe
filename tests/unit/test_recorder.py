import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from harness.audio import Clip
from harness.errors import NoRecordingsError, ResultsError
from harness.measure.recorder import Recorder
from harness.measure.revision import revision
from harness.measure.timing import Stages, Window
from harness.record import store
from tests.unit.models import (
    GO_STOP_CLIPS,
    loud,
    loudness_model,
    make_package,
    make_run,
    ready,
    silent,
)

NO_YES = (
    "labels=('no', 'yes'), "
    "budget=Budget(min_accuracy=0.5, max_zipped_bytes=99_999, max_latency_us=9_999)"
)
MODULES = {
    "tiny": ready("tiny"),
    "other": "from harness import Budget\n" + ready("tiny", NO_YES),
    "broken": "1 / 0",
}
NO_YES_CLIPS = {"no/1.wav": loud(), "yes/1.wav": silent()}
TIMES = np.array([50.0, 50])
WINDOW = Window(total_us=TIMES, stages=Stages(TIMES, TIMES))


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return the files of a Pi."""
    model = tmp_path / "machine" / "proc" / "device-tree" / "model"
    model.parent.mkdir(parents=True)
    model.write_text("Raspberry Pi 4\0")
    return tmp_path / "machine"


@pytest.fixture
def recorder(tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return make_recorder(tmp_path, machine, monkeypatch, {**GO_STOP_CLIPS, **NO_YES_CLIPS})


def make_recorder(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch, clips: Mapping[str, Clip]
) -> Recorder:
    registry = make_package(tmp_path, monkeypatch, MODULES, {"tiny": loudness_model()})
    return Recorder(make_run(registry, machine, clips), tmp_path, tmp_path / "results")


def measure(recorder: Recorder, *names: str) -> None:
    for name in names:
        subject = recorder.run.subject(name)
        subject.prepare()
        subject.windows.append(WINDOW)


def test_a_record_names_run_board_and_data_set(recorder: Recorder) -> None:
    measure(recorder, "tiny")

    (record,) = recorder.records()

    assert record["format"] == 1
    assert list(record["run"]) == ["started", "commit", "dirty", "profile", "empty_call_us"]
    assert record["run"]["profile"] == "instant"
    assert record["board"]["name"] == "raspberry-pi-4"
    assert record["dataset"] == {
        "name": "clips",
        "split": "test",
        "labels": ["go", "stop"],
        "clips": 4,
        "digest": "sha256:0",
        "note": None,
        "digits": {},
        "no_sentences": None,
        "left_out": {"no": 1, "yes": 1},
    }
    assert [row["candidate"] for row in record["measurements"]] == ["tiny"]


def test_each_task_has_a_record_of_its_own(recorder: Recorder, tmp_path: Path) -> None:
    measure(recorder, "tiny", "other")

    records = recorder.records()
    raw = recorder.save(records, tmp_path / "results")

    assert [record["dataset"]["labels"] for record in records] == [["go", "stop"], ["no", "yes"]]
    assert [store.read(path) for path in raw] == records
    assert [path.stem.split("-", 2)[-1] for path in raw] == ["commit-go-stop", "commit-no-yes"]


def test_words_of_any_length_and_script_make_names_for_files(
    recorder: Recorder, tmp_path: Path
) -> None:
    measure(recorder, "tiny", "other")
    for words in (["\u5411\u524d", "\u505c"], ["x" * 64] * 12):
        records = recorder.records()
        records[0]["dataset"]["labels"] = words
        first, _ = recorder.save(records, tmp_path / "results")
        assert len(first.name) < 200
        assert first.name.isascii()


def test_what_is_known_before_measuring_is_in_the_record(recorder: Recorder) -> None:
    known = recorder.circumstances
    measure(recorder, "tiny")

    (record,) = recorder.records()

    assert known["board"] == record["board"]
    assert known["run"].items() <= record["run"].items()
    assert known["dataset"].items() <= record["dataset"].items()


def test_files_lie_in_the_folder_of_the_board(recorder: Recorder, tmp_path: Path) -> None:
    measure(recorder, "tiny")
    results = tmp_path / "results"

    (raw,) = recorder.save(recorder.records(), tmp_path / "results")
    started = recorder.records()[0]["run"]["started"].replace("-", "").replace(":", "")
    assert raw == results / "raspberry-pi-4" / "raw" / f"{started}-no-commit-go-stop.json"


def test_two_runs_of_one_second_keep_both_records(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        recorder = make_recorder(folder, machine, monkeypatch, GO_STOP_CLIPS)
        monkeypatch.setitem(recorder._info, "started", "2026-11-24T22:00:00Z")
        measure(recorder, "tiny")
        paths += recorder.save(recorder.records(), tmp_path / "results")

    assert len({*paths}) == 2
    assert [len(store.read(path)["measurements"]) for path in paths] == [1, 1]


def kept(tmp_path: Path) -> dict[str, list[int]]:
    """Return for each record on disk how many windows each of its rows has."""
    return {
        path.stem.partition("-no-commit")[2]: [
            len(row["windows"] or ()) for row in store.read(path)["measurements"]
        ]
        for path in (tmp_path / "results").glob("*/raw/*.json")
    }


def test_rows_are_kept_as_they_grow(recorder: Recorder, tmp_path: Path) -> None:
    grown = []
    for name in ("tiny", "other", "tiny", "broken"):
        measure(recorder, name)
        recorder.keep(recorder.run.subject(name), tmp_path / "results")
        grown.append(kept(tmp_path))

    assert grown == [
        {"-go-stop": [1]},
        {"-go-stop": [1], "-no-yes": [1]},
        {"-go-stop": [2], "-no-yes": [1]},
        {"-go-stop": [2, 0], "-no-yes": [1]},
    ]


def test_what_was_kept_is_the_record(recorder: Recorder, tmp_path: Path) -> None:
    measure(recorder, "tiny")
    recorder.keep(recorder.run.subject("tiny"), tmp_path / "results")

    (path,) = tmp_path.glob("results/*/raw/*.json")
    assert [store.read(path)] == recorder.records()


def test_what_is_saved_takes_the_place_of_what_was_kept(recorder: Recorder, tmp_path: Path) -> None:
    for name in ("tiny", "other", "tiny"):
        measure(recorder, name)
        recorder.keep(recorder.run.subject(name), tmp_path / "results")
    lines = [len(path.read_text().splitlines()) for path in tmp_path.glob("results/*/raw/*go*")]
    recorder.empty_call_us = 0.5

    paths = recorder.save(recorder.records(), tmp_path / "results")

    assert lines == [1]
    assert kept(tmp_path) == {"-go-stop": [2], "-no-yes": [1]}
    assert [store.read(path) for path in paths] == recorder.records()
    assert all(len(path.read_text().splitlines()) > 100 for path in paths)


def test_what_was_kept_stays_if_the_records_cannot_be_saved(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        message = "cannot write it: no room"
        raise ResultsError(message)

    measure(recorder, "tiny")
    recorder.keep(recorder.run.subject("tiny"), tmp_path / "results")
    monkeypatch.setattr("harness.measure.recorder.write_bytes", full)

    with pytest.raises(ResultsError, match=r"^cannot write it"):
        recorder.save(recorder.records(), tmp_path / "results")

    assert kept(tmp_path) == {"-go-stop": [1]}


def test_without_room_a_row_is_left_to_the_end_of_the_run(
    recorder: Recorder, tmp_path: Path
) -> None:
    (tmp_path / "results").write_text("a file where the folder should be")
    measure(recorder, "tiny")

    recorder.keep(recorder.run.subject("tiny"), tmp_path / "results")

    with pytest.raises(ResultsError, match=r"^cannot write "):
        recorder.save(recorder.records(), tmp_path / "results")


def test_nothing_is_kept_of_a_candidate_without_a_window_or_a_task(
    recorder: Recorder, tmp_path: Path
) -> None:
    for name in ("broken", "tiny"):
        recorder.run.subject(name).prepare()
        recorder.keep(recorder.run.subject(name), tmp_path / "results")

    assert kept(tmp_path) == {}


def test_a_run_has_a_number_greater_than_that_of_any_before(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = {**GO_STOP_CLIPS, **NO_YES_CLIPS}
    results, numbers = tmp_path / "results", []
    for _ in range(2):
        recorder = make_recorder(tmp_path, machine, monkeypatch, clips)
        measure(recorder, "tiny", "other")
        paths = recorder.save(recorder.records(), results)
        numbers.append([store.read(path)["run"]["number"] for path in paths])
        (paths[0].parent / "broken.json").write_text('{"run": {"number": "many"}}')
        (paths[0].parent / "cut.json").write_text('{"run": {"number": 9')

    assert numbers == [[1, 1], [2, 2]]


def test_a_candidate_without_a_window_is_not_recorded(recorder: Recorder) -> None:
    recorder.run.subject("tiny").prepare()

    assert recorder.records() == []
    assert recorder.finished == []


def test_a_broken_candidate_is_recorded_with_its_error(recorder: Recorder) -> None:
    recorder.run.subject("broken").prepare()
    measure(recorder, "tiny")

    (record,) = recorder.records()

    verdicts = {row["candidate"]: row["verdict"] for row in record["measurements"]}
    assert verdicts == {"broken": "error", "tiny": "fail"}


def test_the_error_of_a_broken_module_is_in_the_first_record_only(
    recorder: Recorder,
) -> None:
    recorder.run.subject("broken").prepare()
    measure(recorder, "other", "tiny")

    rows = [[row["candidate"] for row in record["measurements"]] for record in recorder.records()]

    assert rows == [["broken", "other"], ["tiny"]]


def test_a_broken_module_alone_leaves_no_record(recorder: Recorder, tmp_path: Path) -> None:
    recorder.run.subject("broken").prepare()

    assert recorder.records() == []
    assert recorder.save([], tmp_path / "results") == []
    assert not (tmp_path / "results").exists()


def test_a_candidate_without_recordings_is_not_recorded(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = make_recorder(tmp_path, machine, monkeypatch, NO_YES_CLIPS)
    recorder.run.subject("tiny").prepare()
    measure(recorder, "other")

    (record,) = recorder.records()

    recorder.require_any()
    assert [row["candidate"] for row in record["measurements"]] == ["other"]


def test_recordings_for_no_candidate_at_all_are_an_error(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = make_recorder(tmp_path, machine, monkeypatch, {"bird/1.wav": silent()})
    for name in ("tiny", "other"):
        recorder.run.subject(name).prepare()

    with pytest.raises(NoRecordingsError, match=r"^no clips of go or stop$"):
        recorder.require_any()


def test_a_run_without_candidates_lacks_no_recordings(recorder: Recorder) -> None:
    recorder.require_any()


def test_what_timing_itself_costs_is_recorded_if_it_was_measured(recorder: Recorder) -> None:
    measure(recorder, "tiny")
    unmeasured = recorder.records()[0]["run"]["empty_call_us"]

    recorder.empty_call_us = 0.123456

    assert unmeasured is None
    assert recorder.records()[0]["run"]["empty_call_us"] == 0.123


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    (tmp_path / "code.py").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message", "first")
    return tmp_path


def test_the_revision_is_the_commit(repository: Path) -> None:
    found = revision(repository, repository / "results")

    assert len(found["commit"]) == 40
    assert found["dirty"] is False


def test_results_do_not_make_a_revision_dirty(repository: Path) -> None:
    (repository / "results").mkdir()
    (repository / "results" / "README.md").write_text("")

    assert revision(repository, repository / "results")["dirty"] is False


@pytest.mark.parametrize(("place", "expected"), [("mine", False), ("elsewhere", True)])
def test_results_in_another_folder_do_not_make_a_revision_dirty(
    repository: Path,
    place: str,
    expected: bool,  # noqa: FBT001
) -> None:
    (repository / place).mkdir()
    (repository / place / "README.md").write_text("")

    assert revision(repository, repository / "mine")["dirty"] is expected
    assert revision(repository, repository.parent)["dirty"] is True


@pytest.mark.parametrize("name", ["code.py", "new.py"])
def test_any_other_edit_makes_a_revision_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("edited")

    assert revision(repository, repository / "results")["dirty"] is True


def test_without_a_repository_there_is_no_revision(tmp_path: Path) -> None:
    assert revision(tmp_path, tmp_path / "results") == {"commit": None, "dirty": None}


def test_without_git_there_is_no_revision(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository))

    assert revision(repository, repository / "results") == {"commit": None, "dirty": None}
