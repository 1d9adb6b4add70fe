"""The report: a page and pictures that follow from the journal alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from candidates._search.chance import REPEATS, ranked
from candidates._search.report import render
from candidates._search.report.front import front
from candidates._search.space import Space
from candidates._search.study import Study, opened, read
from candidates._search.trial import Outcome
from tests.search.stubs import space

NAMES: Final = ("front", "importance", "parallel", "progress")


def row(zipped_bytes: int, score: float, accuracy: int = 204, **more: Any) -> dict[str, Any]:
    """Return the row of a completed trial."""
    return {
        "accuracy": {"correct": accuracy, "total": 206, "low": 0.9, "high": 0.995},
        "size": {"raw_bytes": 9_000, "zipped_bytes": zipped_bytes},
        "latency_us": {"total": {"p50": 70.0}},
        "validation": {"score": score},
        "windows": [{"p50_us": 70.0}] * 5,
        "board": "raspberry-pi-4",
        "invalid": [],
        **more,
    }


def windows(middle_us: float) -> list[dict[str, float]]:
    """Return windows whose medians deviate by a microsecond."""
    return [{"p50_us": middle_us + away} for away in (-1.0, 0.0, 1.0)]


ROWS: Final = (
    row(3_000, 0.80),
    row(2_500, 0.85),
    row(2_000, 0.70),
    row(2_100, 0.60),
    row(1_000, 0.99, accuracy=190),  # misses the limit of accuracy
    *(row(4_000 + i, 0.9 + i / 1_000) for i in range(8)),
)
BEST: Final = [2, 1, 5, 6, 7, 8, 9, 10, 11, 12]
"""Numbers of the trials that no other dominates, by size."""


@pytest.fixture(name="how")
def _how() -> Space:
    return space("random", condition=None)


@pytest.fixture(name="study")
def _study(tmp_path: Path, how: Space) -> Iterator[Study]:
    with opened("study", tmp_path, how) as study:
        yield study


@pytest.fixture(name="full")
def _full(study: Study, how: Space) -> Study:
    for found in ROWS:
        end(study, how, Outcome(state="completed", row=found, worker="vm", seconds=1_800))
    end(study, how, Outcome(state="stopped", rungs=[row(5_000, 0.5)]))
    end(study, how, Outcome(state="refused", reason="23 bins are too many"))
    end(study, how, Outcome(state="failed", reason="MemoryError: no | room"))
    study.ask(how)
    return study


def end(study: Study, how: Space, outcome: Outcome) -> None:
    trial = study.ask(how)
    assert trial
    study.tell(how, trial.number, outcome)


def page(study: Study) -> str:
    return render(study).read_text(encoding="utf-8")


def cells(text: str, number: int) -> list[str]:
    """Return the cells of the first table line of trial *number*."""
    found = re.search(rf"^\| +{number} \|.*$", text, re.MULTILINE)
    assert found
    return [cell.strip() for cell in found[0].strip("|").split("|")]


def test_the_first_line_names_the_study_and_its_finished_trials(full: Study) -> None:
    assert page(full).startswith("# Study study: 14 finished trials\n")


def test_every_state_is_counted(full: Study) -> None:
    assert (
        "13 completed, 1 stopped at a rung, 1 refused, 1 failed, 1 not ended. Trained for 6.5 "
        "h in all on 1 machine." in page(full)
    )


def test_the_front_holds_what_meets_all_limits_and_is_dominated_by_none(full: Study) -> None:
    assert [trial.number for trial in front(full.trials(), full.aims)] == BEST


def test_a_line_tells_what_varies_the_goals_and_the_interval(full: Study) -> None:
    text = page(full)
    point = full.trials()[2].point
    heads = next(line for line in text.splitlines() if line.startswith("|   trial"))

    assert [head.strip() for head in heads.strip("|").split("|")] == [
        *("trial", "width", "learning_rate", "mel_bins", "zipped KiB", "score"),
        *("accuracy", "95 % interval", "latency µs", "limits"),
    ]
    assert cells(text, 2) == [
        *("2", f"{point['network.width']}", f"{point['training.learning_rate']:.3g}"),
        *(f"{point['frontend.mel_bins']}", "1.95", "70.0 %", "99.0 %", "90.0-99.5", "70.0"),
        "meets all",
    ]


def test_missed_limits_and_stopped_trials_are_named(full: Study) -> None:
    text = page(full)

    assert cells(text, 4)[-1] == "misses accuracy"
    assert cells(text, 13)[-1] == "stopped at rung 1"
    assert cells(text, 14) == ["14", "refused", "23 bins are too many"]
    assert "MemoryError: no \\| room" in text


def test_if_no_trial_meets_every_limit_those_nearest_are_shown(study: Study, how: Space) -> None:
    for at, correct in enumerate((150, 190, 100)):
        end(study, how, Outcome(state="completed", row=row(2_000 + at, 0.7, accuracy=correct)))

    text = page(study)

    assert "No trial meets every limit. These come nearest." in text
    shown = text.partition("## The best trials")[2].partition("\n\n##")[0]
    assert re.findall(r"^\| +(\d) \|", shown, re.MULTILINE) == ["1", "0", "2"]


def test_the_page_says_on_which_board_times_were_measured(full: Study) -> None:
    assert "Times were measured on raspberry-pi-4." in page(full)


def test_times_that_are_not_valid_are_marked(study: Study, how: Space) -> None:
    end(study, how, Outcome(state="completed", row=row(2_000, 0.7, invalid=["throttled"])))
    text = page(study)

    assert cells(text, 0)[-1] == "times invalid"
    assert "Invalid: throttled." in text


def test_the_space_is_described(full: Study) -> None:
    assert "- **vary 'network.width'**: `Choices(values=(8, 12, 16, 20, 300))`" in page(full)


class TestChance:
    def test_without_repeats_chance_is_not_known(self, full: Study) -> None:
        text = page(full)

        assert "No trial was trained again from two other seeds, so chance is not known." in text
        assert "not known" in next(line for line in text.splitlines() if "| zipped size" in line)

    @pytest.mark.parametrize(
        ("scores", "sure"),
        [((0.70, 0.71, 0.69), "within chance"), ((0.719, 0.72, 0.721), "more than chance")],
    )
    def test_a_lead_is_set_beside_what_other_seeds_do(
        self, study: Study, how: Space, scores: tuple[float, ...], sure: str
    ) -> None:
        for found in (row(2_000, 0.72), row(2_100, 0.71)):
            end(study, how, Outcome(state="completed", row=found))
        study.note(REPEATS, {"0": {str(i): row(2_000, s) for i, s in enumerate(scores, start=1)}})

        line = next(line for line in page(study).splitlines() if "| validation score |" in line)

        values = [cell.strip() for cell in line.strip("|").split("|")]
        assert values[1:4] == ["0", "72.0 %", "1.00%"]
        assert f"({100 * mean((0.72, *scores)):.1f} % on average)" in values[4]
        assert values[5] == sure

    def test_chance_is_that_of_the_leader_of_now(self, study: Study, how: Space) -> None:
        for found in (row(2_000, 0.72), row(1_900, 0.71)):
            end(study, how, Outcome(state="completed", row=found))
        once = {"1": row(2_000, 0.7), "2": row(2_000, 0.6)}
        study.note(REPEATS, {"1": once, "0": once})

        assert "Chance is the standard deviation of trial 1 over 3 seeds, its own" in page(study)

    def test_chance_of_a_latency_is_that_of_its_windows(self, tmp_path: Path) -> None:
        how = space("random", goals=("latency",), condition=None)
        with opened("other", tmp_path / "other", how) as study:
            for at in (60.0, 70.0):
                times: dict[str, Any] = {
                    "latency_us": {"total": {"p50": at}},
                    "windows": windows(at),
                }
                end(study, how, Outcome(state="completed", row=row(2_000, 0.7, **times)))
            text = page(study)

        line = next(line for line in text.splitlines() if "| latency" in line)
        assert "10.0 µs" in line
        assert "1.0 µs (60.0 µs on average)" in line
        assert "more than chance" in line

    def test_trials_that_miss_a_limit_cannot_win(self, full: Study) -> None:
        size = full.aims.objectives[0]

        order = [trial.number for trial in ranked(full.trials(), full.aims, size)]

        assert order[:3] == [2, 3, 1]
        assert order[-1] == 4


class TestPictures:
    def test_the_page_shows_every_picture_that_there_is(self, full: Study) -> None:
        text = page(full)

        drawn = sorted(path.stem for path in full.folder.glob("*.svg"))
        assert drawn == sorted(NAMES)
        assert sorted(re.findall(r"!\[.*\]\((\w+)\.svg\)", text)) == drawn

    def test_pictures_and_page_are_the_same_byte_for_byte(self, full: Study) -> None:
        page(full)
        first = {path.name: path.read_bytes() for path in full.folder.glob("*.[sm][vd]*")}

        render(read("study", full.folder))

        again = {path.name: path.read_bytes() for path in full.folder.glob("*.[sm][vd]*")}
        assert first.keys() == {"report.md", *(f"{name}.svg" for name in NAMES)}
        assert again == first

    @pytest.mark.parametrize("name", NAMES)
    def test_a_picture_is_legible_in_dark_mode(self, full: Study, name: str) -> None:
        page(full)
        svg = (full.folder / f"{name}.svg").read_text(encoding="utf-8")

        ET.fromstring(svg)  # noqa: S314  (our own)
        assert "@media (prefers-color-scheme: dark)" in svg
        style = svg.partition("</style>")[2]
        known = set(re.findall(r'\[style\*="(?:fill|stroke): (#[0-9a-f]{6})"\]', svg))
        assert set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", style)) <= known

    def test_the_front_is_numbered(self, full: Study) -> None:
        page(full)
        svg = (full.folder / "front.svg").read_text(encoding="utf-8")

        texts = re.findall(r"<text[^>]*>(\d+)</text>", svg)
        assert {str(number) for number in BEST} <= set(texts)

    def test_few_trials_have_fewer_pictures(self, study: Study, how: Space) -> None:
        assert "svg" not in page(study)
        end(study, how, Outcome(state="completed", row=row(2_000, 0.7)))
        page(study)
        assert [path.stem for path in study.folder.glob("*.svg")] == ["front"]

    def test_a_picture_that_there_is_no_more_is_removed(self, study: Study) -> None:
        (study.folder / "front.svg").write_text("old")

        page(study)

        assert not (study.folder / "front.svg").exists()

    @pytest.mark.parametrize("goals", [("size",), ("size", "validation score", "latency")])
    def test_one_goal_or_three_are_drawn_too(self, tmp_path: Path, goals: Any) -> None:
        how = space("random", goals=goals, condition=None)
        with opened("other", tmp_path / "other", how) as study:
            for found in ROWS:
                end(study, how, Outcome(state="completed", row=found))
            page(study)

        drawn = {path.stem for path in (tmp_path / "other").glob("*.svg")}
        assert drawn == set(NAMES) - ({"front"} if len(goals) == 1 else set())
