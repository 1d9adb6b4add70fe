"""What the committed models were trained on: nothing that a verdict is based on."""

import json
from pathlib import Path
from typing import Any

import pytest

from candidates import __path__ as candidates_path
from harness.candidate.registry import Registry
from harness.datasets import DIGITS, arabic, find

CARDS = sorted((Path(candidates_path[0]) / "models").glob("*.json"))
HOMOPHONES = ("won", "to", "too", "for", "ate")
NEVER = {*DIGITS, *HOMOPHONES}


def heard_digits(heard: dict[str, dict[str, list[str]]]) -> set[str]:
    """Return the digits and their homophones among all English words and phrases of a card."""
    texts = [text for languages in heard.values() for text in languages.get("en", ())]
    return NEVER & {word for text in texts for word in text.lower().split()}


def card(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_no_training_contained_an_english_digit(path: Path) -> None:
    heard = card(path)["heard"]

    assert set(card(path)["labels"]) & set(heard["mini_speech_commands"]["en"])
    assert heard_digits(heard) == set()


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["go", "five"], {"five"}), (["stop", "go for it"], {"for"}), (["forty", "tone"], set())],
)
def test_a_digit_would_be_found_also_inside_a_phrase(words: list[str], expected: set[str]) -> None:
    assert heard_digits({"espeak": {"en": words}, "arabic": {"ar": ["one"]}}) == expected


@pytest.mark.speech
@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_recordings_are_those_of_the_training_speakers(kws_data: Path, path: Path) -> None:
    # The digest of a training split holds for its very clips, none of a test speaker.
    people = find("mini_speech_commands", {"KWS_DATA": str(kws_data)})
    task, data = Registry().load(path.stem).words, card(path)["data"]
    others = tuple(word for word in people.words("training") if word not in task)

    assert people.load(task, "training").digest == data["training"]
    assert people.load(task, "validation").digest == data["validation"]
    if data["other_words"] is not None:
        assert people.load(others, "training").digest == data["other_words"]


@pytest.mark.speech
@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_foreign_words_are_those_of_the_training_speakers(kws_data: Path, path: Path) -> None:
    found = card(path)
    source = arabic({"KWS_DATA": str(kws_data)})
    heard = {f"arabic:{word}" for word in found["heard"].get(source.name, {}).get("ar", ())}
    words = tuple(word for word in source.words("training") if word in heard)

    digest = source.load(words, "training").digest if words else None

    assert found["data"]["foreign"] == digest
