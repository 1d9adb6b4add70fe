"""What README and CONTRIBUTING say is so."""

import configparser
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from harness.audio import CLIP_SAMPLES
from harness.datasets.espeak.process import variants
from harness.datasets.espeak.voices import WORDS, plan, speakers
from harness.datasets.mini_speech_commands import MiniSpeechCommands
from harness.datasets.split import speaker

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOX = configparser.ConfigParser(interpolation=None)
TOX.read(ROOT / "tox.ini")


def python_blocks() -> list[str]:
    """Return the Python shown in the README: a program, then a candidate."""
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_program_shown_runs() -> None:
    program, _ = python_blocks()
    names = {"clip": np.zeros(CLIP_SAMPLES, np.int16)}

    exec(program, names)  # noqa: S102  (what the README tells everybody to run)

    assert names["scores"].shape == (2,)
    assert names["scores"].dtype == np.float32
    assert names["word"] is None


def test_the_candidate_shown_is_the_one_in_the_repository() -> None:
    _, shown = python_blocks()

    assert shown == (ROOT / "candidates" / "ds_cnn_32.py").read_text()


def test_the_results_shown_are_those_of_the_report() -> None:
    board, rows = re.findall(r"<!-- results: (\S+) -->\n(.*?)<!-- /results -->", README, re.DOTALL)[
        0
    ]
    page = f"results/{board}/report.md"
    # A run on a board of that name renders the page anew; then the committed one is meant.
    reports = [(ROOT / page).read_text(encoding="utf-8"), committed(page)]

    table = [line for line in rows.splitlines() if line.startswith("|")]
    assert len(table) > 2
    missing = [[line for line in table if line not in text.splitlines()] for text in reports]
    assert [] in missing, missing[0]


def committed(page: str) -> str:
    """Return a page as it is in version control, empty where there is none."""
    command = ["git", "-C", str(ROOT), "show", f"HEAD:{page}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.speech
@pytest.mark.parametrize(
    ("row", "words"),
    [("`mini_speech_commands`", None), ("its go and stop", ("go", "stop"))],
)
def test_the_data_card_counts_clips_and_speakers(
    kws_data: Path, tmp_path: Path, row: str, words: tuple[str, ...] | None
) -> None:
    source = MiniSpeechCommands(tmp_path, kws_data)

    counts = []
    for split in ("training", "validation", "test"):
        keys = source.load(words or source.words(split), split).keys
        counts += [len(keys), len({speaker(key.partition("/")[2]) for key in keys})]

    assert card(row) == counts


def test_the_data_card_counts_synthetic_clips_and_voices() -> None:
    counts = []
    for split, voices in speakers(variants()).items():
        counts += [sum(len(plan(word, split, variants())) for word in WORDS), len(voices)]

    assert card("`espeak`") == counts


def card(row: str) -> list[int]:
    """Return the numbers of a row of the data card: clips and speakers of each split."""
    (line,) = [line for line in README.splitlines() if line.startswith(f"| {row} |")]
    numbers = " ".join(line.split("|")[3:])
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", numbers)]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_environment_named_is_one_of_tox(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = {env for envs in re.findall(r"tox run -e ([\w,-]+)", text) for env in envs.split(",")}

    assert named
    assert named <= {section.removeprefix("testenv:") for section in TOX.sections()}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "results/README.md"])
def test_every_local_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
