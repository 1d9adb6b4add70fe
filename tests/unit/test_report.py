"""
The pages are pure functions of the records: worked records in, expected pages out.

The expected pages stand in golden/. They are checked by eye, number by number,
whenever they change.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import report
from harness.candidate.registry import Registry
from harness.errors import ResultsError
from harness.record import store
from harness.record.metrics import not_certain
from harness.record.schema import Measurement, Record
from harness.report import pictures as pictures_of
from harness.report import render, require_renderable, summary
from harness.report.table import in_order, notes, terminal_table
from tests.unit.records import EXACT, FRESH, NOTE, SEED, record, row, share, times

HEADINGS = [
    *("accuracy", "95 % interval", "zipped", "latency", "detected"),
    *("on digits", "on unheard words", "on heard words", "on noise"),
    *("front-end", "inference", "p99"),
]
ROOT = Path(__file__).parents[2]
PICTURES = pictures_of.pictures
GOLDEN = Path(__file__).with_name("golden")

MODELS = {"small": "sha-small", "exact": "sha-exact", "seed": "sha-seed", "fresh": ""}
"""The models that candidates have now."""


@pytest.fixture(autouse=True)
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing: pictures have tests of their own, and take a second each."""

    def draw(measurements: Sequence[Measurement], labels: Sequence[str]) -> dict[str, str]:
        return {"stages": f"{[row['candidate'] for row in measurements]} {labels}"}

    monkeypatch.setattr(pictures_of, "pictures", draw)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def keep(results: Path, *records: Record, board: str = "raspberry-pi-4") -> None:
    for number, kept in enumerate(records):
        store.write(kept, results / board / "raw", f"{number}")


def page(results: Path, board: str = "raspberry-pi-4") -> str:
    """Render, and return the page of *board*."""
    render(results, MODELS)
    return (results / board / "report.md").read_text(encoding="utf-8")


def tables(text: str) -> list[list[str]]:
    """Return the candidates in the main table of each section of a page, in their order."""
    mains = [section.partition("<details>")[0] for section in text.split("\n## ")[1:]]
    rows = [[line for line in main.splitlines() if line.startswith("| ")] for main in mains]
    return [[line.split("|")[2].strip() for line in lines[1:]] for lines in rows]


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("## ")]


def test_the_page_of_a_board_is_as_expected(results: Path) -> None:
    keep(
        results,
        record(row("small"), EXACT, SEED, FRESH),
        record(
            row("small", verdict="invalid", violations=["the board was throttled"]),
            started="2026-01-03T00:00:00Z",
            name="my_voice",
            left_out={"marvin": 7, "sheila": 3},
        ),
    )

    assert page(results) == (GOLDEN / "report.md").read_text(encoding="utf-8")


def test_the_index_is_as_expected(results: Path) -> None:
    other = record(row("seed", verdict="fail"), name="espeak", note=NOTE)
    keep(results, record(row("small"), EXACT, SEED))
    keep(results, other, board="amd-epyc-2-cores")

    pages = render(results, MODELS)

    index = (results / "README.md").read_text(encoding="utf-8")
    expected = (GOLDEN / "index.md").read_text(encoding="utf-8")
    assert index == expected
    assert [page for page in pages if page.suffix == ".md"] == [
        results / "README.md",
        results / "amd-epyc-2-cores" / "report.md",
        results / "raspberry-pi-4" / "report.md",
    ]


def test_rendering_twice_gives_the_same_bytes(results: Path) -> None:
    keep(results, record(row("small"), EXACT, SEED, FRESH))
    first = {path: path.read_bytes() for path in render(results, MODELS)}

    second = {path: path.read_bytes() for path in render(results, MODELS)}

    assert first == second


def test_a_narrowed_later_run_adds_rows_and_removes_none(results: Path) -> None:
    keep(results, record(row("small"), SEED))
    assert tables(page(results)) == [["small", "seed"]]

    keep(results, record(EXACT, started="2026-01-03T00:00:00Z"))

    assert tables(page(results)) == [["exact", "small", "seed"]]


def test_all_records_of_a_board_are_read_the_oldest_first(results: Path) -> None:
    days = ("2026-02-01", "2026-01-01", "2026-03-01")
    keep(results, *(record(started=day) for day in days))

    kept = report._records(results / "raspberry-pi-4")
    assert [record["run"]["started"] for record in kept] == sorted(days)


def test_rows_scored_on_other_digits_share_no_table(results: Path) -> None:
    ours, theirs = ({"people": {"digest": digest}} for digest in ("sha256:1", "sha256:2"))
    keep(results, record(row("small"), digits=ours), record(EXACT, digits=theirs))

    assert sorted(tables(page(results))) == [["exact"], ["small"]]
    assert len(list((results / "raspberry-pi-4").glob("*-stages.svg"))) == 2


def test_digits_that_could_not_be_had_are_named_with_the_reason(results: Path) -> None:
    digits = {"people": {"missing": "no network"}, "synthetic": {"digest": "sha256:1"}}
    kept = record(row("small"), digits=digits, note=None)
    kept["run"]["empty_call_us"] = None
    keep(results, kept)

    assert "- no people's digits: no network\n" in page(results)
    assert "- no people's digits: no network" in summary.table(kept, None)


def test_synthetic_digits_stand_in_where_no_row_has_peoples() -> None:
    accepted = row("")["operating_rule"]["false_accepts"]  # type: ignore[index]
    digits = {"people": None, "synthetic": accepted["digits"]["synthetic"]}
    rule = row("")["operating_rule"] | {"false_accepts": {**accepted, "digits": digits}}  # type: ignore[operator]
    alone = row("alone", operating_rule=rule)

    assert " on synthetic digits " in terminal_table([alone])
    assert " on synthetic digits " not in terminal_table([alone, row("small")])


def test_the_newest_row_of_a_candidate_is_shown(results: Path) -> None:
    newer = row("small", parameters=7_777)
    keep(
        results,
        record(newer, started="2026-02-01T00:00:00Z"),
        record(row("small"), started="2026-01-01T00:00:00Z"),
    )

    text = page(results)

    assert tables(text) == [["small"]]
    assert "7,777" in text
    assert "3,456" not in text


def test_an_interrupted_run_does_not_replace_a_whole_row(results: Path) -> None:
    windows = row("")["windows"]
    assert windows
    whole = row("small", windows=windows * 5, parameters=7_777)
    keep(
        results,
        record(whole),
        record(row("small", windows=windows), started="2026-01-03T00:00:00Z"),
    )

    assert "7,777" in page(results)


def test_a_row_of_another_model_is_not_shown(results: Path) -> None:
    outdated = row("small", model_sha256="sha-of-last-week", parameters=7_777)
    other = row("seed", model_sha256="sha-of-last-week")
    keep(results, record(row("small")), record(outdated, other, started="2027-01-01T00:00:00Z"))

    text = page(results)

    assert tables(text) == [["small"]]
    assert "7,777" not in text


def test_a_row_of_no_candidate_is_not_shown(results: Path) -> None:
    keep(results, record(row("small"), row("deleted_since")))

    assert tables(page(results)) == [["small"]]


def test_a_board_without_a_row_to_show_has_no_page(results: Path) -> None:
    keep(results, record(row("deleted_since")))

    assert render(results, MODELS) == [results / "README.md"]


def test_each_data_set_has_pictures_of_its_rows(results: Path) -> None:
    keep(results, record(row("small"), EXACT), record(SEED, name="my_voice"))

    render(results, MODELS)

    board = results / "raspberry-pi-4"
    assert {path.name: path.read_text() for path in board.glob("*.svg")} == {
        "go-stop-on-mini-speech-commands-f01eb793-stages.svg": "['small', 'exact'] ['go', 'stop']",
        "go-stop-on-my-voice-f01eb793-stages.svg": "['seed'] ['go', 'stop']",
    }


def test_every_picture_of_a_page_lies_beside_it_and_is_shown(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures_of, "pictures", PICTURES)
    keep(results, record(row("small")))

    shown = re.findall(r"\]\((\S+\.svg)\)", page(results))

    drawn = [path.name for path in (results / "raspberry-pi-4").glob("*.svg")]
    assert sorted(shown) == sorted(drawn)


def test_the_note_of_a_data_set_heads_its_section(results: Path) -> None:
    keep(results, record(row("small")), record(EXACT, name="espeak", note=NOTE))

    first, second = page(results).split("\n## ")[1:]

    assert "[!WARNING]" not in first
    assert second.startswith("go/stop on espeak\n\n> [!WARNING]\n> Synthetic voices, not people.\n")


def test_people_come_before_synthetic_voices(results: Path) -> None:
    keep(results, record(row("small"), name="a_voice", note=NOTE), record(EXACT))

    assert headings(page(results)) == [
        "## go/stop on mini_speech_commands",
        "## go/stop on a_voice",
    ]


def test_the_note_is_that_of_the_newest_run(results: Path) -> None:
    keep(
        results,
        record(row("small"), started="2026-02-01T00:00:00Z", note="they stand in"),
        record(EXACT, started="2026-01-01T00:00:00Z", note=NOTE),
    )

    assert "> They stand in.\n" in page(results)


def test_a_candidate_on_people_and_on_voices_has_a_line_with_both(results: Path) -> None:
    voices = record(row("small", accuracy=EXACT["accuracy"]), row("seed"), name="espeak", note=NOTE)
    keep(results, record(row("small"), EXACT), voices)

    section = page(results).split("\n## ")[-1]

    assert section.startswith("go/stop: people and synthetic voices\n")
    (line,) = [line for line in section.splitlines() if line.startswith("| ") and "small" in line]
    cells = [cell.strip(" *") for cell in line.split("|")[2:-1]]
    assert cells == ["small", "99.0 %", "100.0 %", "96.0 %", "1.0 %", "0.0 %", "10.00", "100.0"]


def test_limits_of_the_operating_rule_are_named_where_they_are_set(results: Path) -> None:
    budget = row("small")["budget"] | {"min_detection": 0.9, "max_false_accepts_on_digits": 0.03}  # type: ignore[operator]
    keep(results, record(row("small", budget=budget)))

    limits = page(results).partition("all strict: ")[2].partition("\n")[0]

    assert limits.endswith(", detection over 90 %, false-accept rate on people's digits under 3 %.")


def test_a_row_from_before_false_accepts_were_counted_shows_none(results: Path) -> None:
    old = row("small", operating_rule={"threshold": 0.95, "detected": share(96, 100)})
    keep(results, record(old))

    (line,) = [line for line in page(results).splitlines() if "| small " in line][:1]

    assert [cell.strip() for cell in line.split("|")[-4:-1]] == ["**96.0 %**", "-", "-"]


def test_kinds_of_noise_that_trigger_the_rule_are_named(results: Path) -> None:
    hums = {"hum of 50 Hz": {"count": 17, "total": 60}, "clicks": {"count": 0, "total": 60}}
    rule = row("")["operating_rule"] | {"noise_kinds": hums}  # type: ignore[operator]
    keep(results, record(row("small", operating_rule=rule)))

    assert "| hum of 50 Hz 17 of 60 |" in page(results)


def test_pictures_of_a_data_set_that_is_gone_are_removed(results: Path) -> None:
    keep(results, record(row("small")), record(SEED, name="my_voice"))
    render(results, MODELS)
    mine = results / "raspberry-pi-4" / "mine.svg"
    mine.write_text("not one of ours")
    (results / "raspberry-pi-4" / "raw" / "1.json").unlink()

    render(results, MODELS)

    left = sorted(path.name for path in mine.parent.glob("*.svg"))
    assert left == ["go-stop-on-mini-speech-commands-f01eb793-stages.svg", "mine.svg"]


def test_the_page_of_a_board_without_rows_is_removed(results: Path) -> None:
    keep(results, record(row("small")))
    render(results, MODELS)

    assert render(results, {}) == [results / "README.md"]
    assert [path.name for path in (results / "raspberry-pi-4").iterdir()] == ["raw"]


def test_a_folder_that_is_no_board_is_left_alone(results: Path) -> None:
    holiday = results / "holiday" / "cat-on-mat.svg"
    holiday.parent.mkdir(parents=True)
    holiday.write_text("a cat")

    render(results, MODELS)

    assert holiday.read_text() == "a cat"


@pytest.mark.parametrize("check", [require_renderable, lambda results: render(results, MODELS)])
def test_a_readme_of_another_kind_is_never_written_over(
    results: Path, check: Callable[[Path], object]
) -> None:
    keep(results, record(row("small")))
    readme = results / "README.md"
    readme.write_text("# My notes")

    with pytest.raises(
        ResultsError, match=r"README\.md is not an index of results and would be lost;"
    ):
        check(results)

    assert readme.read_text() == "# My notes"


def test_a_record_that_cannot_be_rendered_is_reported_before_measuring(results: Path) -> None:
    require_renderable(results)
    keep(results, {**record(row("small")), "format": 7})

    with pytest.raises(ResultsError, match=r"0\.json has format 7, not 1; read it with"):
        require_renderable(results)


@pytest.mark.parametrize("check", [require_renderable, lambda results: render(results, MODELS)])
@pytest.mark.parametrize(
    ("change", "missing"),
    [
        pytest.param({"latency_us": None}, "latency_us.total", id="null"),
        pytest.param({"operating_rule": {"threshold": 0.95}}, "rule.detected", id="a part"),
        pytest.param({"windows": [{"board": {}}]}, r"windows\[0\].p50_us", id="an old window"),
    ],
)
def test_a_record_that_cannot_be_shown_is_refused_by_its_name(
    results: Path, check: Callable[[Path], object], change: dict[str, Any], missing: str
) -> None:
    keep(results, record(row("small", **change)))

    with pytest.raises(ResultsError, match=rf"0\.json lacks .*{missing}.*; remove it or restore"):
        check(results)


@pytest.mark.parametrize("verdict", ["invalid", "fail", "miss"])
def test_only_rows_that_pass_are_marked_as_best(verdict: str) -> None:
    fast = row("fast", verdict=verdict, latency_us=row("")["latency_us"] | {"total": times(1, 2)})  # type: ignore[operator]

    lines = {line.split()[1]: line for line in terminal_table([row("small"), fast]).splitlines()}

    assert "*" not in lines["fast"]
    assert " *100.0 " in lines["small"]


def test_an_error_row_shows_its_error(results: Path) -> None:
    keep(results, record(row("small"), FRESH))

    text = page(results)

    assert tables(text) == [["small", "fresh"]]
    assert "- fresh: error: fresh was never trained; run: tox run -e train -- fresh\n" in text


def test_a_page_of_errors_only_is_a_page(results: Path) -> None:
    keep(results, record(FRESH))

    text = page(results)

    assert tables(text) == [["fresh"]]
    assert "all strict: ." not in text


def test_two_states_of_a_data_set_never_share_a_table(results: Path) -> None:
    keep(results, record(row("small")), record(EXACT, digest="sha256:2"))

    assert tables(page(results)) == [["small"], ["exact"]]


def test_two_states_of_a_data_set_can_be_told_apart(results: Path) -> None:
    keep(results, record(row("small")), record(EXACT, digest="sha256:2"))

    first, second = headings(page(results))

    assert first != second


def test_two_tasks_never_share_a_table(results: Path) -> None:
    keep(results, record(row("small")), record(EXACT, labels=["go", "no"]))

    assert headings(page(results)) == [
        "## go/no on mini_speech_commands",
        "## go/stop on mini_speech_commands",
    ]


def test_a_limit_is_shown_as_it_is(results: Path) -> None:
    budget = {"min_accuracy": 0.985, "max_zipped_bytes": 9_984, "max_latency_us": 2_500}
    keep(results, record(row("small", budget=budget)))

    limits = page(results).partition("all strict: ")[2].partition("\n")[0]

    assert limits.startswith("accuracy over 98.5")
    assert limits.endswith(", zipped size under 9.75 KiB, latency under 2,500 µs.")


def test_a_record_of_an_unknown_format_is_refused_by_its_name(results: Path) -> None:
    keep(results, {**record(row("small")), "format": 7})

    with pytest.raises(ResultsError, match=r"0\.json has format 7, not 1; read it with"):
        render(results, MODELS)


def test_rows_are_sorted_by_verdict_then_accuracy_then_size() -> None:
    rows = [
        FRESH,
        row("failed", verdict="fail"),
        row("doubtful", verdict="invalid"),
        SEED,
        row("bigger", size={"raw_bytes": 1, "zipped_bytes": 10_241}),
        row("a_twin"),
        row("small"),
        EXACT,
    ]

    names = [measurement["candidate"] for measurement in in_order(rows)]

    passed = ["exact", "a_twin", "small", "bigger"]
    assert names == [*passed, "seed", "doubtful", "failed", "fresh"]


def test_the_terminal_stars_the_best_of_each_column() -> None:
    lines = terminal_table([row("small"), EXACT, FRESH]).splitlines()

    rest = "*96.0 % *1.0 % - *2.0 % *0.0 % *60.0 *40.0"
    exact = f"pass? exact *100.0 % 96.3-100.0 20.00 1,235 {rest} 2,000"
    small = f"pass? small 99.0 % 94.5-99.8 *10.00 *100.0 {rest} *180.5"
    assert [" ".join(line.split()) for line in lines[2:4]] == [exact, small]
    assert lines[4].split() == ["error", "fresh", *"-" * 12]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        pytest.param(None, HEADINGS, id="no terminal"),
        pytest.param(220, HEADINGS, id="wide"),
        pytest.param(120, HEADINGS[:-6], id="as wide as a page"),
        pytest.param(80, ["accuracy", "95 % interval", "zipped", "latency"], id="a small window"),
        pytest.param(20, ["accuracy", "zipped", "latency"], id="no room at all"),
    ],
)
def test_a_terminal_gets_the_columns_it_has_room_for(
    width: int | None, expected: Sequence[str]
) -> None:
    headings, *_, last = terminal_table([row("tc_cnn_64"), EXACT], width).splitlines()

    shown = re.split(r" {2,}", headings)[2:]
    assert [heading.removesuffix(" µs").removesuffix(" KiB") for heading in shown] == expected
    assert width is None or len(headings) <= max(width, 62)
    gone = [heading for heading in HEADINGS if heading not in expected]
    assert last.startswith("- no room for these columns, see the report: ") is bool(gone)
    assert all(heading in last for heading in gone)


def test_notes_list_errors_violations_and_warnings() -> None:
    failed = row("small", verdict="fail", violations=["slow", "big"], warnings=["spread"])

    doubt, *lines = notes([failed, EXACT, row("quiet"), FRESH])

    assert doubt == "?: not certain, because a limit lies within the 95 % interval"
    assert lines == [
        "exact: warning: windows spread by 30% of their median",
        "small: fail: slow; big; spread",
        "fresh: error: fresh was never trained; run: tox run -e train -- fresh",
    ]


def test_a_warning_of_every_measured_row_is_shown_once() -> None:
    hot, slow = row("hot", warnings=["shared", "own"]), row("slow", warnings=["shared"])

    assert notes([hot, slow, FRESH])[1:] == [
        "every row: warning: shared",
        "hot: warning: own",
        "fresh: error: fresh was never trained; run: tox run -e train -- fresh",
    ]


def test_warnings_that_differ_in_a_number_are_shown_once_with_its_range() -> None:
    busy = "other processes kept {} cores busy"
    spread = "a window was disturbed: {}-{} µs"
    rows = [
        row("one", warnings=[busy.format("0.9"), spread.format(1, 2)]),
        row("two", warnings=[busy.format("1.1"), spread.format(3, 4)]),
        row("three", warnings=[busy.format("0.7"), spread.format(5, 6)]),
    ]

    doubt, shared, *own = notes(rows)

    assert doubt.startswith("?: ")
    assert shared == "every row: warning: other processes kept 0.7-1.1 cores busy"
    assert sorted(own) == [
        "one: warning: a window was disturbed: 1-2 µs",
        "three: warning: a window was disturbed: 5-6 µs",
        "two: warning: a window was disturbed: 3-4 µs",
    ]


def test_a_warning_of_the_only_row_is_its_own() -> None:
    assert notes([row("hot", warnings=["own"])])[1:] == ["hot: warning: own"]


def test_if_every_verdict_is_certain_no_note_explains_doubt() -> None:
    certain = row("sure", accuracy={"correct": 100, "total": 100, "low": 0.98, "high": 1.0})

    assert notes([certain]) == []


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        pytest.param(0.96, 0.98, True, id="around the limit"),
        pytest.param(0.97, 0.98, True, id="from the limit"),
        pytest.param(0.96, 0.97, True, id="to the limit"),
        pytest.param(0.971, 0.98, False, id="above"),
        pytest.param(0.95, 0.969, False, id="below"),
    ],
)
def test_a_verdict_is_not_certain_if_the_limit_lies_in_the_interval(
    low: float,
    high: float,
    expected: bool,  # noqa: FBT001
) -> None:
    accuracy = {"correct": 97, "total": 100, "low": low, "high": high}

    assert not_certain(row("small", accuracy=accuracy)) is expected


def test_an_error_is_certain() -> None:
    assert not not_certain(FRESH)


def call(results: Path) -> subprocess.CompletedProcess[str]:
    """Run ``python -m harness.report`` on *results*."""
    return subprocess.run(
        [sys.executable, "-m", "harness.report", str(results)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_pages_are_rendered_again_from_the_command_line(results: Path) -> None:
    name = Registry().names()[0]
    keep(results, record({**FRESH, "candidate": name}))

    done = call(results)

    report = results / "raspberry-pi-4" / "report.md"
    assert (done.stdout.split(), done.returncode) == ([str(results / "README.md"), str(report)], 0)
    assert tables(report.read_text(encoding="utf-8")) == [[name]]


def test_the_command_line_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = call(tmp_path / "resluts")

    assert done.returncode == 1
    assert "resluts is not a folder; name one that holds <board>/raw/*.json\n" in done.stderr
    assert not (tmp_path / "resluts").exists()


def test_ctrl_c_prints_one_line(results: Path) -> None:
    raw = results / "raspberry-pi-4" / "raw"
    raw.mkdir(parents=True)
    os.mkfifo(raw / "endless.json")
    # A shell may have had Ctrl-C ignored, which a process inherits.
    code = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('harness.report', run_name='__main__')"
    )
    command = [sys.executable, "-c", code, str(results)]

    with (
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as report,
        (raw / "endless.json").open("w"),  # which waits until it is being read
    ):
        report.send_signal(signal.SIGINT)
        _, output = report.communicate(timeout=60)

    assert output == f"interrupted: {results} may hold older pages; run again\n"
    assert report.returncode == 128 + signal.SIGINT


def test_the_command_line_names_the_record_it_cannot_read(results: Path) -> None:
    keep(results, {**record(row("small")), "format": 7})

    done = call(results)

    assert done.returncode == 1
    assert "has format 7, not 1; read it with the version that wrote it\n" in done.stderr
    assert "Traceback" not in done.stderr
