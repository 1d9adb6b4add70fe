"""Sentences that a spotter overhears: whose, which, and none with a word of the task."""

from pathlib import Path

import numpy as np
import pytest

from harness.datasets.espeak import kept, sentences, vocabulary
from harness.datasets.espeak.lists import NEVER
from harness.datasets.espeak.phonemes import sounds_of
from harness.datasets.espeak.sentences import SECONDS, TAKES, overheard
from harness.datasets.espeak.sentences import sentences as texts_of
from harness.datasets.espeak.voices import WORDS

FEW = ("f1", "f2", "m1", "m2", "m3", "m4", "m5")
TEXTS = ("the light is warm", "we walk home", "lights in the hall", "a quiet evening")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few voices say few sentences, twice each."""
    monkeypatch.setattr(sentences, "variants", lambda: FEW)
    monkeypatch.setattr(sentences, "TAKES", 2)
    monkeypatch.setattr(sentences, "sentences", lambda _split: TEXTS)


def test_no_sentence_is_in_two_splits() -> None:
    validation, test = texts_of("validation"), texts_of("test")

    assert (len(validation), len(test)) == (40, 80)
    assert set(validation) & set(test) == set()


def test_no_sentence_holds_a_word_kept_for_the_test_nor_one_of_the_eight() -> None:
    words = {
        word for split in ("validation", "test") for t in texts_of(split) for word in t.split()
    }
    sounds = sounds_of(tuple(sorted({*words, *WORDS, *NEVER})))
    kept_out = {sounds[word] for word in (*WORDS, *NEVER)}

    assert [word for word in sorted(words) if sounds[word] in kept_out] == []


@pytest.mark.usefixtures("few")
def test_every_sentence_is_said_once_before_any_is_said_again(tmp_path: Path) -> None:
    said = overheard(tmp_path, ("go", "stop"), "test")

    assert said.shape == (2 * len(TEXTS), SECONDS * 16_000)
    assert len({one.tobytes() for one in said}) == 2 * len(TEXTS)
    levels = 20 * np.log10([np.sqrt(np.mean(np.square(one[:8_000] / 32_768))) for one in said])
    assert ((levels > -50) & (levels < -10)).all()


@pytest.mark.usefixtures("few")
def test_a_sentence_with_a_word_of_the_task_is_left_out(tmp_path: Path) -> None:
    said = overheard(tmp_path, ("go", "light"), "test")

    every = overheard(tmp_path, ("go", "stop"), "test")
    assert len(said) == 2 * 2  # neither "light" nor "lights"
    np.testing.assert_array_equal(said[:2], every[[1, 3]])


@pytest.mark.usefixtures("few")
def test_sentences_are_spoken_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = overheard(tmp_path, ("go", "stop"), "test")
    monkeypatch.setattr(vocabulary, "speak", None)

    np.testing.assert_array_equal(overheard(tmp_path, ("go", "stop"), "test"), first)


def test_the_edition_of_the_cache_follows_the_sentences() -> None:
    assert {"sentences.txt", "words.txt", "sentences.py"} <= {path.name for path in kept.SOURCES}
    assert TAKES * len(texts_of("test")) >= 800
