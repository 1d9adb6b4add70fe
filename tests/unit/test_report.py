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
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import files
from harness.candidate.registry import Registry
from harness.errors import ResultsError
from harness.record import store
from harness.record.metrics import not_certain
from harness.record.order import place_of
from harness.record.schema import Measurement, Record
from harness.report import pictures as pictures_of
from harness.report import render, require_renderable, summary
from harness.report.collect import collect
from harness.report.table import in_order, notes, terminal_table
from harness.text import markdown
from tests.unit.records import EXACT, FRESH, NOTE, SEED, record, row, share, times

HEADINGS = [
    *("accuracy", "95 % interval", "zipped", "latency", "detected"),
    *("on digits", "false accepts / h", "missed"),
    *("on unheard words", "on heard words", "on noise"),
    *("front-end", "inference", "p99"),
]
ROOT = Path(__file__).parents[2]
PICTURES = pictures_of.pictures
GOLDEN = Path(__file__).with_name("golden")

CURE = "remove it or restore it from version control"
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


def test_a_run_that_renders_at_the_same_moment_loses_no_row(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(results, record(row("small")))
    write, rivals = files.write_text, list[threading.Thread]()

    def write_slowly(path: Path, text: str) -> None:
        if not rivals:  # our first page, whose records are read: another run writes its own now
            keep(results, record(EXACT, started="2026-01-03T00:00:00Z"))
            rivals.append(threading.Thread(target=render, args=(results, MODELS)))
            rivals[0].start()
            rivals[0].join(1)
        write(path, text)

    monkeypatch.setattr(files, "write_text", write_slowly)
    render(results, MODELS)
    rivals[0].join()

    text = (results / "raspberry-pi-4" / "report.md").read_text(encoding="utf-8")
    assert tables(text) == [["exact", "small"]]


def test_a_narrowed_later_run_adds_rows_and_removes_none(results: Path) -> None:
    keep(results, record(row("small"), SEED))
    assert tables(page(results)) == [["small", "seed"]]

    keep(results, record(EXACT, started="2026-01-03T00:00:00Z"))

    assert tables(page(results)) == [["exact", "small", "seed"]]


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


def test_of_records_only_the_rows_that_are_shown_are_held(results: Path) -> None:
    days = [f"2026-01-{day:02d}T00:00:00Z" for day in range(1, 10)]
    keep(results, *(record(row("small"), EXACT, started=day) for day in reversed(days)))

    (group,) = collect(results / "raspberry-pi-4", MODELS).groups

    records = [shown.record for shown in group.rows]
    assert {kept["run"]["started"] for kept in records} == {days[-1]}
    assert all(kept["measurements"] == [] for kept in records)


@pytest.mark.parametrize("filler", ["", "x" * 5_000], ids=["at the head", "further down"])
def test_the_place_of_a_run_is_found_wherever_it_stands(results: Path, filler: str) -> None:
    kept = {"filler": filler, **numbered(7, row("small"), started="2026-02-01T00:00:00Z")}
    path = store.write(kept, results, "0")  # type: ignore[arg-type]

    assert place_of(path) == (7, "2026-02-01T00:00:00Z")


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


def numbered(number: int, *rows: Measurement, started: str) -> Record:
    kept = record(*rows, started=started)
    kept["run"]["number"] = number
    return kept


def test_runs_are_in_the_order_of_their_numbers_whatever_their_clocks_say(results: Path) -> None:
    newest, ahead = row("small", parameters=7_777), row("small", parameters=5_555)
    keep(
        results,
        record(row("small"), EXACT, started="2028-01-01T00:00:00Z"),
        numbered(1, ahead, started="2027-01-01T00:00:00Z"),
        numbered(2, newest, started="2026-02-01T00:00:00Z"),
    )
    told: list[str] = []

    render(results, MODELS, warn=told.append)

    line = (
        "clocks disagree: the run that says 2028-01-01T00:00:00Z came before 2 that say an "
        "earlier time, so rows are in the order of the runs"
    )
    text = (results / "raspberry-pi-4" / "report.md").read_text(encoding="utf-8")
    assert "7,777" in text
    assert "5,555" not in text
    assert f"\n- {line}\n" in text
    assert told == [line]
    runs = text.partition("Runs that these rows come from")[2]
    assert runs.index("| 2028-") < runs.index("| 2026-")


def test_clocks_that_agree_are_not_spoken_of(results: Path) -> None:
    keep(
        results,
        record(row("small"), started="2026-01-01T00:00:00Z"),
        numbered(1, row("small"), started="2026-01-02T00:00:00Z"),
        numbered(1, EXACT, started="2026-01-02T00:00:00Z"),
    )

    assert "clocks" not in page(results)


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

    assert [cell.strip() for cell in line.split("|")[-6:-3]] == ["**96.0 %**", "-", "-"]


def test_kinds_of_noise_that_trigger_the_rule_are_named(results: Path) -> None:
    hums = {"hum of 50 Hz": {"count": 17, "total": 60}, "clicks": {"count": 0, "total": 60}}
    rule = row("")["operating_rule"] | {"noise_kinds": hums}  # type: ignore[operator]
    keep(results, record(row("small", operating_rule=rule)))

    assert "| hum of 50 Hz 17 of 60 |" in page(results)


def test_candidates_trained_from_several_seeds_show_how_far_chance_moves_them(
    results: Path,
) -> None:
    came = {
        str(seed): {"detected": right - 20, "correct": right, "total": 200, "zipped_bytes": size}
        for seed, right, size in ((0, 198, 2_048), (1, 190, 2_560), (2, 200, 2_304))
    }
    keep(results, record(row("small", seeds=came), row("other", seeds=None)))

    section = page(results).partition("<summary>Seeds")[2].partition("</details>")[0]
    (line,) = re.findall(r"^\| (?!candidate)(.*) \|$", section, re.MULTILINE)
    assert [cell.strip() for cell in line.split("|")] == [
        *("small", "3", "95.0 % to 100.0 %, mean 98.0 %", "85.0 % to 90.0 %, mean 88.0 %"),
        "2.00 to 2.50, mean 2.25",
    ]


def test_a_page_without_seeds_has_no_section_on_them(results: Path) -> None:
    keep(results, record(row("small")))

    assert "Seeds" not in page(results)


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


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": 7}, "has format 7, not 1; read it with the version that wrote it"),
        ({"run": None}, f"lacks run; {CURE}"),
        (
            {"measurements": [row("small", size={"raw_bytes": 9, "zipped_bytes": 0})]},
            f"has measurements[0].size.zipped_bytes: 0, not a whole number of 1 or more; {CURE}",
        ),
    ],
    ids=["format", "key", "value"],
)
def test_a_record_that_cannot_be_read_is_named_and_costs_itself_alone(
    results: Path, change: dict[str, Any], why: str
) -> None:
    keep(results, {**record(row("small")), **change}, record(EXACT))  # type: ignore[typeddict-item]
    told: list[str] = []

    render(results, MODELS, warn=told.append)

    text = (results / "raspberry-pi-4" / "report.md").read_text(encoding="utf-8")
    assert tables(text) == [["exact"]]
    assert f"\n> - {markdown(f'raw/0.json {why}')}\n" in text
    assert told == [f"not shown: {results / 'raspberry-pi-4' / 'raw' / '0.json'} {why}"]
    assert str(results) not in text
    index = (results / "README.md").read_text(encoding="utf-8")
    assert "1 of its records cannot be read: see its page." in index


def test_a_board_of_records_that_cannot_be_read_has_a_page_that_names_them(results: Path) -> None:
    keep(results, {**record(row("small")), "format": 7})

    text = page(results)

    assert text.startswith("# raspberry-pi-4\n\n> [!WARNING]\n")
    assert "> - raw/0.json has format 7" in text


def test_a_run_tells_of_records_it_cannot_read(results: Path) -> None:
    keep(results, {**record(row("small")), "format": 7})

    lines = summary.rendered(MODELS, results / "raspberry-pi-4", publish=False)

    assert lines[0].startswith(f"WARNING: not shown: {results}")
    assert lines[0].endswith("0.json has format 7, not 1; read it with the version that wrote it")


@pytest.mark.parametrize("verdict", ["invalid", "fail", "miss"])
def test_only_rows_that_pass_are_marked_as_best(verdict: str) -> None:
    fast = row("fast", verdict=verdict, latency_us=row("")["latency_us"] | {"total": times(1, 2)})  # type: ignore[operator]

    lines = {line.split()[1]: line for line in terminal_table([row("small"), fast]).splitlines()}

    assert "*" not in lines["fast"]
    assert " *100.0 " in lines["small"]


UNJUDGED = row(
    "exact",
    accuracy={"correct": 100, "total": 100, "low": 0.96, "high": 1.0}
    | {"confusion": [[50, 0], [0, 50]]},
    not_judged=["accuracy"],
)


def test_a_metric_that_is_not_judged_does_not_look_judged(results: Path) -> None:
    keep(results, record(row("small"), UNJUDGED))

    main, *_ = page(results).partition("<details>")

    lines = {line.split("|")[2].strip(): line for line in main.splitlines() if "✅" in line}
    assert " 100.0 % (not judged) |" in lines["exact"]
    assert " **99.0 %** |" in lines["small"]
    assert "pass? " not in lines["exact"]
    note = "exact: accuracy not judged, because it is expected to be missed on other data sets"
    assert f"- {note}\n" in main
    index = (results / "README.md").read_text(encoding="utf-8")
    assert "| accuracy  | small " in index
    assert " 100.0 % (not judged) " in terminal_table([UNJUDGED])
    assert notes([UNJUDGED]) == [note]


def test_a_metric_not_judged_on_voices_does_not_look_judged_beside_people(results: Path) -> None:
    voices = row("exact", accuracy=UNJUDGED["accuracy"], not_judged=["accuracy"])
    keep(results, record(EXACT), record(voices, name="espeak", note=NOTE))

    section = page(results).split("\n## ")[-1]

    (line,) = [line for line in section.splitlines() if "| exact " in line]
    assert line.count("(not judged)") == 1
    assert line.split("|")[4].strip() == "100.0 % (not judged)"


def test_an_error_row_shows_its_error(results: Path) -> None:
    keep(results, record(row("small"), FRESH))

    text = page(results)

    assert tables(text) == [["small", "fresh"]]
    assert "- fresh: error: fresh was never trained; run: tox run -e train -- fresh\n" in text


def test_what_users_name_is_shown_as_it_is_and_breaks_no_table(results: Path) -> None:
    names = ("a|b", "<script>", "*x* [y](z)", "\x1b[31m\nred")
    rows = [row(name) for name in names[:3]]
    broken = {**FRESH, "candidate": names[3], "error": "line\n| one |\n# two"}
    words = {"labels": ["|", "<b>"], "left_out": {"_x_|": 3}}
    labelled = [
        {**measured, "labels": words["labels"], "scores": {"|/1.wav": [0.9, 0.1]}}
        for measured in rows
    ]
    keep(results, record(*labelled, broken, name="<i>", **words))  # type: ignore[arg-type]

    render(results, dict.fromkeys(names[:3], "") | {name: f"sha-{name}" for name in names})

    for path in results.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
        for table in tables:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
        assert not re.search("<script>|<b>|<i>|\x1b", text)
        assert "# two" not in text.splitlines()
    main, *_ = (results / "raspberry-pi-4" / "report.md").read_text().partition("<details>")
    for shown in (r" a\|b ", " &lt;script&gt; ", r" \*x\* \[y\](z) ", r" \\x1b\[31m\\nred "):
        assert f"|{shown}" in main
    assert "## \\|/&lt;b&gt; on &lt;i&gt;\n" in main
    assert r"\_x\_\| (3)" in main


def test_a_terminal_gets_no_command(results: Path) -> None:
    keep(results, record(row("small")))

    shown = terminal_table([{**FRESH, "candidate": "\x1b[31m\nred"}, row("small")])

    assert r"\x1b[31m\nred" in shown
    assert "\x1b" not in shown


def test_a_page_of_errors_only_is_a_page(results: Path) -> None:
    keep(results, record(FRESH))

    text = page(results)

    assert tables(text) == [["fresh"]]
    assert "all strict: ." not in text


def on_machine(machine: str | None, *rows: Measurement, **run: str) -> Record:
    kept = record(*rows, **run)
    kept["board"]["machine"] = machine
    return kept


def test_two_machines_never_share_a_table(results: Path) -> None:
    keep(results, on_machine("aaaaaaaa", row("small")), on_machine("bbbbbbbb", EXACT))

    text = page(results)

    assert headings(text) == [
        "## go/stop on mini_speech_commands (f01eb793, machine aaaaaaaa)",
        "## go/stop on mini_speech_commands (f01eb793, machine bbbbbbbb)",
    ]
    assert tables(text) == [["small"], ["exact"]]
    assert len(list((results / "raspberry-pi-4").glob("*-stages.svg"))) == 2


def test_people_and_voices_are_set_side_by_side_on_one_machine_only(results: Path) -> None:
    voices = on_machine("bbbbbbbb", row("small"), name="espeak", note=NOTE)
    keep(results, on_machine("aaaaaaaa", row("small")), voices)

    assert "people and synthetic voices" not in page(results)


def test_a_row_that_names_no_machine_gives_way_to_a_newer_one_that_does(results: Path) -> None:
    newer = on_machine("aaaaaaaa", row("small"), started="2026-02-01T00:00:00Z")
    older = on_machine("aaaaaaaa", row("seed"), started="2025-01-01T00:00:00Z")
    keep(results, record(row("small"), EXACT, row("seed")), newer, older)

    assert tables(page(results)) == [["exact", "seed"], ["seed", "small"]]


def test_a_machine_the_index_does_not_list_changes_nothing_that_was_published(
    results: Path,
) -> None:
    keep(results, record(row("small")))
    render(results, MODELS)
    published = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    keep(results, on_machine("aaaaaaaa", EXACT), board="raspberry-pi-4-aaaaaaaa")
    board = results / "raspberry-pi-4-aaaaaaaa"

    lines = summary.rendered(MODELS, board, publish=False)

    assert lines == [
        f"wrote {board / 'report.md'}",
        f"{results / 'README.md'} does not list {board.name}; add --publish to list it",
    ]
    assert (board / "report.md").read_text().startswith(f"# {board.name}\n")
    assert {path: path.read_bytes() for path in published} == published


def test_a_machine_that_is_published_is_listed_from_then_on(results: Path) -> None:
    keep(results, record(row("small")))
    render(results, MODELS)
    keep(results, on_machine("aaaaaaaa", EXACT), board="raspberry-pi-4-aaaaaaaa")
    board = results / "raspberry-pi-4-aaaaaaaa"

    for publish in (True, False):
        lines = summary.rendered(MODELS, board, publish=publish)
        assert lines == [
            f"wrote {results / 'README.md'}",
            f"wrote {results / 'raspberry-pi-4' / 'report.md'}",
            f"wrote {board / 'report.md'}",
        ]
    assert f"[{board.name}]({board.name}/report.md)" in (results / "README.md").read_text()


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

    rest = "*96.0 % *1.0 % *12.0 *30.0 % - *2.0 % *0.0 % *60.0 *40.0"
    exact = f"pass? exact *100.0 % 96.3-100.0 20.00 1,235 {rest} 2,000"
    small = f"pass? small 99.0 % 94.5-99.8 *10.00 *100.0 {rest} *180.5"
    assert [" ".join(line.split()) for line in lines[2:4]] == [exact, small]
    assert lines[4].split() == ["error", "fresh", *"-" * 14]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        pytest.param(None, HEADINGS, id="no terminal"),
        pytest.param(250, HEADINGS, id="wide"),
        pytest.param(120, HEADINGS[:-8], id="as wide as a page"),
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


def test_the_command_line_names_the_record_it_cannot_read_and_shows_the_rest(
    results: Path,
) -> None:
    name = Registry().names()[0]
    keep(results, {**record(row("small")), "format": 7}, record({**FRESH, "candidate": name}))

    done = call(results)

    assert done.returncode == 0
    assert "has format 7, not 1; read it with the version that wrote it\n" in done.stderr
    assert "Traceback" not in done.stderr
    assert tables((results / "raspberry-pi-4" / "report.md").read_text()) == [[name]]


def test_a_page_says_why_a_stream_has_no_sentences(results: Path) -> None:
    keep(results, record(row("small"), no_sentences="eSpeak NG is not there"))

    assert "- no sentences and no babble in the stream: eSpeak NG is not there" in page(results)
