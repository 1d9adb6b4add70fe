"""The wide vocabulary: which words it holds, and how it is said."""

import re
import shutil
import sys
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from harness.datasets import espeak
from harness.datasets.espeak import Espeak, lists, process, vocabulary
from harness.datasets.espeak.lists import (
    NEVER,
    SIZES,
    Sizes,
    WordList,
    known,
    require_none_of,
    split_of,
    word_list,
)
from harness.datasets.espeak.phonemes import sounds_of
from harness.datasets.espeak.vocabulary import KEPT, TAKES, Vocabulary, plan
from harness.datasets.espeak.voices import DIGITS, SPLITS, WORDS, speakers
from harness.datasets.speech_commands import WORDS as SPEECH_COMMANDS
from harness.errors import DatasetError, NoRecordingsError

GO_STOP: Final = ("go", "stop")
TASKS: Final = (GO_STOP, ("yes", "no"), WORDS, ("light", "water", "goal"))
FEW: Final = ("f1", "f2", "m1", "m2", "m3", "m4", "m5")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vocabulary:
    """Return a vocabulary of five words, said by few voices."""
    sizes = dict.fromkeys(SPLITS, Sizes(everyday=3, near=2))
    monkeypatch.setattr(lists, "SIZES", sizes)
    monkeypatch.setattr(vocabulary, "variants", lambda: FEW)
    return Vocabulary(tmp_path / "cache", GO_STOP)


def all_of(chosen: WordList) -> set[str]:
    return {*chosen.everyday, *chosen.near}


# The lists


@pytest.mark.parametrize("task", TASKS, ids="/".join)
def test_there_are_about_a_thousand_words_to_train_on(task: tuple[str, ...]) -> None:
    assert 980 <= len(all_of(word_list(task, "training"))) <= 1_000
    assert 190 <= len(all_of(word_list(task, "validation"))) <= 200
    assert 190 <= len(all_of(word_list(task, "test"))) <= 200


@pytest.mark.parametrize("task", TASKS, ids="/".join)
def test_no_word_is_in_two_splits_alone_or_inside_a_phrase(task: tuple[str, ...]) -> None:
    lists = [all_of(word_list(task, split)) for split in SPLITS]
    held = [{word for text in texts for word in text.split()} for texts in lists]

    assert sum(map(len, held)) == len(set.union(*held))


def test_no_text_is_in_the_training_of_one_task_and_the_test_of_another() -> None:
    trained = {text for task in TASKS for text in all_of(word_list(task, "training"))}
    tested = {text for task in TASKS for text in all_of(word_list(task, "test"))}

    assert trained & tested == set()


def test_what_is_never_said_is_digits_and_the_other_words_of_speech_commands() -> None:
    assert {*DIGITS, "won", "to", "too", "for", "ate"} <= NEVER
    assert set(SPEECH_COMMANDS) <= {*NEVER, *WORDS}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("task", TASKS, ids="/".join)
def test_no_list_holds_a_word_of_the_task_a_digit_or_what_sounds_like_one(
    task: tuple[str, ...], split: str
) -> None:
    words = {word for text in all_of(word_list(task, split)) for word in text.split()}
    sounds = sounds_of(tuple(sorted({*words, *task, *NEVER})))
    kept_out = {sounds[word] for word in (*task, *NEVER)}

    assert words & {*task, *NEVER} == set()
    assert [word for word in words if sounds[word] in kept_out] == []


@pytest.mark.parametrize("word", ["light", "walk", "want"])
def test_no_list_holds_another_form_of_a_word_of_the_task(word: str) -> None:
    forms = {f"{word}{ending}" for ending in ("", "s", "ing", "er")}
    said = " ".join(text for split in SPLITS for text in all_of(word_list((word, "go"), split)))

    assert forms & {form for text in known() for form in text.split()}
    assert forms & set(said.split()) == set()


def test_near_words_sound_like_the_task_whatever_it_is() -> None:
    assert {"drop", "chopper", "bolt", "dough"} <= set(word_list(GO_STOP, "training").near)
    assert {"chess", "bless", "bone", "bow"} <= set(word_list(("yes", "no"), "training").near)


def test_a_word_keeps_its_split() -> None:
    assert {split_of(text) for text in known()} == set(SPLITS)
    assert [split_of(text) for text in ("goat", "turn it up high")] == ["training", "training"]


def test_words_are_written_once_and_plainly() -> None:
    assert len(set(known())) == len(known()) > 2_000
    assert [text for text in known() if not re.fullmatch(r"[a-z]+( [a-z]+)*", text)] == []


@pytest.mark.parametrize(
    ("text", "word"), [("stop", "stop"), ("never stop me", "stop"), ("seven", "seven")]
)
def test_a_word_of_the_task_or_a_digit_in_a_list_is_refused(text: str, word: str) -> None:
    fault = f"^the synthetic vocabulary holds '{text}', and with it '{word}', which is in the task"
    with pytest.raises(DatasetError, match=fault):
        require_none_of(WordList(everyday=(), near=(text,)), GO_STOP)


# How it is said


def test_voices_are_those_of_the_split() -> None:
    variants = process.variants()
    for split in SPLITS:
        said = plan(("goat", "photo"), split, variants, TAKES)
        assert len(said) == 2 * TAKES
        assert {one.voice.partition("+")[2] for one in said} <= set(speakers(variants)[split])


def test_takes_of_a_word_differ() -> None:
    said = plan(("goat",), "training", process.variants(), TAKES)

    assert len({(one.voice, one.pitch, one.words_a_minute) for one in said}) == TAKES


def test_a_word_is_planned_alike_beside_others() -> None:
    alone = plan(("goat",), "training", FEW, TAKES)

    assert plan(("photo", "goat"), "training", FEW, TAKES)[TAKES:] == alone


def test_every_word_is_said_as_often(small: Vocabulary) -> None:
    words = small.words("training")
    dataset = small.load(words, "training")

    assert len(words) == 5
    assert (dataset.name, dataset.split, len(dataset)) == ("espeak", "training", 5 * TAKES)
    assert {word: dataset.words.count(word) for word in words} == dict.fromkeys(words, TAKES)
    assert len({clip.tobytes() for clip in dataset.clips}) == len(dataset)
    assert dataset.note is not None
    assert "synthetic voices" in dataset.note


def test_some_of_the_words_can_be_loaded_alone(small: Vocabulary) -> None:
    words = small.words("training")
    whole = small.load(words, "training")

    some = small.load(words[1:2], "training")

    assert set(some.words) == {words[1]}
    wanted = [i for i, word in enumerate(whole.words) if word == words[1]]
    np.testing.assert_array_equal(some.clips, whole.clips[wanted])


def test_what_was_said_is_kept(small: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    words = small.words("training")
    first = small.load(words, "training")
    monkeypatch.setattr(vocabulary, "speak", None)

    again = small.load(words, "training")

    assert first.digest == again.digest


def test_the_same_is_said_every_time(small: Vocabulary, tmp_path: Path) -> None:
    first = small.load(small.words("training"), "training")
    shutil.rmtree(tmp_path / "cache")

    assert small.load(small.words("training"), "training").digest == first.digest


def test_words_of_another_split_are_refused(small: Vocabulary) -> None:
    word = small.words("test")[0]

    with pytest.raises(NoRecordingsError, match=f"vocabulary of go/stop has no .* of {word}; it"):
        small.load((word,), "training")


def test_lists_of_many_tasks_are_forgotten(small: Vocabulary, tmp_path: Path) -> None:
    small.load(small.words("training"), "training")
    (near,) = (tmp_path / "cache" / "espeak").glob("*/training-near-*.clips")
    for i in range(KEPT):
        shutil.copy(near, near.with_name(f"training-near-{i}.clips"))

    small.load(small.words("training"), "training")

    assert len(list(near.parent.glob("training-near-*.clips"))) == KEPT
    assert near.exists()


def test_without_espeak_the_way_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds_of.cache_clear()
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(DatasetError, match="needs the package espeakng-loader, whole"):
        Vocabulary(tmp_path, GO_STOP).words("training")


# Digits


def test_test_voices_say_the_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "variants", lambda: FEW)
    dataset = Espeak(tmp_path).load(("seven", "zero"), "test")

    assert {word: dataset.words.count(word) for word in set(dataset.words)} == {
        "seven": 24,
        "zero": 24,
    }


@pytest.mark.parametrize("split", ["training", "validation"])
def test_no_other_voice_says_a_digit(tmp_path: Path, split: str) -> None:
    with pytest.raises(NoRecordingsError, match=r"^espeak has no recordings of seven; it has down"):
        Espeak(tmp_path).load(("seven",), split)


def test_digits_are_no_words_of_the_data_set(tmp_path: Path) -> None:
    assert set(Espeak(tmp_path).words("test")) & set(DIGITS) == set()
    assert SIZES["training"].everyday == 700
