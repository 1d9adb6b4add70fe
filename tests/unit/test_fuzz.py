"""The fuzzer: the same cases every time, every planted fault found, and no case lost to a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Never

import pytest

from harness import children, report
from harness.datasets.dataset import Recording
from harness.datasets.fetching.archive import Archive
from harness.errors import ModelError
from harness.files import sha256
from harness.measure.row import error_row
from harness.measure.subject import Subject
from tests.fuzz import __main__ as command
from tests.fuzz import judging
from tests.fuzz.case import Case, Kind, Made, Way
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.judging import FINDING, REFUSED, RIGHT, Outcome, judge, require_helpful
from tests.fuzz.kinds import archives, models, records, wavs
from tests.fuzz.kinds.archives import ARCHIVES
from tests.fuzz.kinds.models import MODELS
from tests.fuzz.kinds.records import RECORDS
from tests.fuzz.kinds.wavs import WAVS
from tests.unit.models import loud
from tests.unit.recordings import wav_bytes

KINDS = pytest.mark.parametrize("kind", command.KINDS.values(), ids=lambda kind: kind.name)
ROOT = Path(__file__).parents[2]
MIB = 1 << 20


def make(generator: Random) -> Made:
    return Made(0, "case.bin", generator.randbytes(8))


def accept(_made: Made, _folder: Path, _: Random) -> None:
    pass


def refuse(made: Made, _folder: Path, _: Random) -> Never:
    message = f"{made.name} has 8 bytes; write more"
    raise ModelError(message)


def mumble(_made: Made, _folder: Path, _: Random) -> Never:
    message = "something went wrong"
    raise ModelError(message)


def stumble(_made: Made, _folder: Path, _: Random) -> Never:
    message = "raw"
    raise ValueError(message)


def leave(_made: Made, _folder: Path, _: Random) -> Never:
    raise SystemExit


def abort(_made: Made, _folder: Path, _: Random) -> Never:
    os.abort()


def vanish(_made: Made, _folder: Path, _: Random) -> Never:
    os._exit(0)


def loop(_made: Made, _folder: Path, _: Random) -> Never:
    while True:
        pass


def eat(_made: Made, _folder: Path, _: Random) -> None:
    eaten = bytearray(400 * MIB)
    time.sleep(5)
    del eaten


def kind_of(way: Way) -> Kind:
    return Kind("toy", make, (way,))


@KINDS
def test_a_case_is_the_same_every_time(kind: Kind) -> None:
    first, again = ([Case(kind, 5, number).made() for number in range(5)] for _ in range(2))

    assert first == again
    assert len({made.data for made in first}) == 5


def digests() -> dict[str, str]:
    return {name: sha256(Case(kind, 5, 3).made().data) for name, kind in command.KINDS.items()}


def test_a_case_is_the_same_in_every_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.unit import test_fuzz; print(test_fuzz.digests())"],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{digests()}\n"


def test_another_seed_or_number_is_another_case() -> None:
    cases = [Case(WAVS, seed, number).made() for seed in (1, 2) for number in (1, 2)]

    assert len({made.data for made in cases}) == 4


@pytest.mark.parametrize(
    ("way", "found"),
    [
        (accept, Outcome(RIGHT, "")),
        (refuse, Outcome(REFUSED, "case.bin has 8 bytes; write more")),
        (abort, Outcome(FINDING, "the case crashed its process (SIGABRT) in abort")),
        (vanish, Outcome(FINDING, "the case ended its process (status 0) in vanish")),
    ],
)
def test_a_case_ends_as_it_should(tmp_path: Path, way: Way, found: Outcome) -> None:
    assert judge(Case(kind_of(way), 0, 0), tmp_path) == found


@pytest.mark.parametrize(
    ("way", "last"),
    [
        (stumble, "ValueError: raw"),
        (leave, "SystemExit"),
        (mumble, "AssertionError: the error names neither the file, the candidate nor a value"),
    ],
)
def test_what_is_raised_is_found_with_its_traceback(tmp_path: Path, way: Way, last: str) -> None:
    verdict, text = judge(Case(kind_of(way), 0, 0), tmp_path)

    assert verdict == FINDING
    assert text.startswith("Traceback (most recent call last):")
    assert text.strip().endswith(last)


def test_an_endless_loop_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(judging, "MORE_S", 0)

    found = judge(Case(kind_of(loop), 0, 0), tmp_path)

    assert found == Outcome(FINDING, "the case gave no answer within 0.5 s in loop")


def test_a_case_that_eats_memory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MEMORY_BYTES", 300 * MIB)

    found = judge(Case(kind_of(eat), 0, 0), tmp_path)

    assert found == Outcome(FINDING, "the case needed more than 300 MiB in eat")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (" ", "is empty"),
        ("case.wav is bad; " + "x" * 1_000, "has 1,017 characters"),
        ("case.wav is \x1b[2J; fix it", "cannot be printed"),
        ("it is bad; fix it", "names neither the file, the candidate nor a value"),
        ("case.wav is bad", "names no cure"),
    ],
)
def test_an_error_that_helps_nobody_is_a_finding(text: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        require_helpful(text, "case.wav")


def test_an_error_with_fault_value_and_cure_is_none() -> None:
    require_helpful("case.wav has 3 channels, expected 1; convert it", "case.wav")


def half(made: Made, folder: Path, generator: Random) -> None:
    """Refuse what begins with a small byte, and stumble over one value."""
    if made.data[0] < 128:
        refuse(made, folder, generator)
    if made.data[0] > 230:
        stumble(made, folder, generator)


def test_a_run_counts_and_keeps_what_it_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fuzzer = Fuzzer([kind_of(half)], 3, tmp_path)

    fuzzer.run(most_s=60, most_cases=40)

    firsts = [Case(kind_of(half), 3, number).made().data[0] for number in range(40)]
    wrong = [number for number, first in enumerate(firsts) if first > 230]
    refused = sum(first < 128 for first in firsts)
    assert fuzzer.findings == len(wrong) > 0
    assert fuzzer.table().splitlines()[-1].split() == [
        "toy",
        "40",
        str(40 - refused - len(wrong)),
        str(refused),
        str(len(wrong)),
    ]
    kept = {f"toy-3-{number}" for number in wrong}
    assert {path.name for path in (tmp_path / "findings").iterdir()} == kept
    place = tmp_path / "findings" / f"toy-3-{wrong[0]}"
    assert (place / "case.bin").read_bytes() == Case(kind_of(half), 3, wrong[0]).made().data
    assert "ValueError: raw" in (place / "finding.txt").read_text()
    assert capsys.readouterr().out.count("ValueError: raw\n") == len(wrong)


def test_kinds_take_turns_by_the_time_that_they_take(tmp_path: Path) -> None:
    quick, slow = Kind("quick", make, (accept,)), Kind("slow", make, (doze,))
    fuzzer = Fuzzer([quick, slow], 0, tmp_path)

    fuzzer.run(most_s=1.5, most_cases=10_000)

    counts = {row.split()[0]: int(row.split()[1]) for row in fuzzer.table().splitlines()[2:]}
    assert 1 <= counts["slow"] <= 4
    assert counts["quick"] > 2 * counts["slow"]


def doze(_made: Made, _folder: Path, _: Random) -> None:
    time.sleep(0.3)


KILLED = """
from pathlib import Path
from tests.fuzz.fuzzer import Fuzzer
from tests.unit.test_fuzz import half, kind_of
Fuzzer([kind_of(half)], 3, Path({folder!r})).run(most_s=60, most_cases=10_000)
"""


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    state = tmp_path / "seed-3.json"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(folder=str(tmp_path))], cwd=ROOT
    )
    while not state.exists() or sum(json.loads(state.read_bytes())["toy"].values()) < 10:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = sum(json.loads(state.read_bytes())["toy"].values())

    fuzzer = Fuzzer([kind_of(half)], 3, tmp_path)
    fuzzer.run(most_s=60, most_cases=done + 10)

    whole = Fuzzer([kind_of(half)], 3, tmp_path / "whole")
    whole.run(most_s=60, most_cases=done + 10)
    assert fuzzer.table() == whole.table()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_command_runs_a_case_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.KINDS, "toy", kind_of(half))
    options = ["--seed", "3", "--kinds", "toy", "--folder", str(tmp_path)]

    assert command.main([*options, "--cases", "40"]) == 1
    (first, *_) = (tmp_path / "findings").iterdir()
    number = first.name.rpartition("-")[2]
    capsys.readouterr()

    assert command.main([*options, "--again", "toy", number]) == 1
    assert "ValueError: raw" in capsys.readouterr().out


class Nought(Random):
    """Draws the least of everything, such as the number of a case that goes the real way."""

    def randrange(self, *_: object) -> int:
        return 0


def test_a_model_also_goes_the_way_through_a_helper_process_of_the_product(tmp_path: Path) -> None:
    base = models.BASES[0]
    folders = [tmp_path / name for name in ("good", "bad")]
    for folder in folders:
        folder.mkdir()

    models.measured(Made(0, "", base.data), folders[0], Nought())
    with pytest.raises(ModelError, match="is damaged"):
        models.measured(Made(0, "", base.data[:999]), folders[1], Nought())


@pytest.mark.parametrize("kind", [WAVS, RECORDS, ARCHIVES, MODELS], ids=lambda kind: kind.name)
def test_some_cases_are_right_and_some_refused(tmp_path: Path, kind: Kind) -> None:
    outcomes = set()
    for number in range(30):
        (tmp_path / str(number)).mkdir()
        outcomes.add(judge(Case(kind, 0, number), tmp_path / str(number)).verdict)
        if len(outcomes) == 2:
            break

    assert outcomes == {RIGHT, REFUSED}


def test_a_clip_that_is_not_in_its_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wavs, "decode_wav", lambda *_: loud())
    made = Made(0, "case.wav", wav_bytes(range(100)))

    with pytest.raises(AssertionError, match=r"^32000 of 244 bytes$"):
        wavs.as_clip(made, tmp_path, Nought())


def test_a_record_that_costs_another_its_row_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(folder: Path, *_: object, **__: object) -> None:
        (folder / "board" / "report.md").write_text("| before | raw/case.json")

    monkeypatch.setattr(report, "render", render)

    with pytest.raises(AssertionError, match=r"^the page lacks \['after'\]$"):
        records.on_a_page(Made(0, "case.json", b"{}"), tmp_path, Nought())


@pytest.mark.parametrize(
    ("place", "fault"),
    [("published/3.wav", r"wrote \{.*'3\.wav'"), ("published/cache/case/go/3.wav", "as published")],
)
def test_a_file_that_was_not_published_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, fault: str
) -> None:
    def unpack(*_: object) -> list[Recording]:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"")
        return []

    monkeypatch.setattr(Archive, "read", unpack)

    with pytest.raises(AssertionError, match=fault):
        archives.published(Made(0, "case.zip", b""), tmp_path, Nought())


def test_a_row_that_cannot_be_made_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Subject, "row", lambda _: error_row("case", "not JSON"))

    with pytest.raises(AssertionError, match=r"^not JSON$"):
        models.measured(Made(0, "case.tflite", models.BASES[0].data), tmp_path, Nought())
