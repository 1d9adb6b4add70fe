"""Which words and phrases are said to train on: everyday ones, and near ones of a task."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from harness.datasets.espeak.phonemes import Sounds, nearest, sounds_of, take_turns
from harness.datasets.espeak.voices import DIGITS
from harness.errors import DatasetError

_FILE: Final = Path(__file__).with_name("words.txt")

NEVER: Final = frozenset(
    {*DIGITS, "won", "to", "too", "for", "ate"}
    # What Speech Commands has beyond the mini set: unheard for models not trained on it.
    | {"backward", "bed", "bird", "cat", "dog", "follow", "forward", "happy", "house", "learn"}
    | {"marvin", "off", "on", "sheila", "tree", "visual", "wow"}
)
"""Words that no list holds, nor anything that sounds the same."""

_TURNS: Final = (*("training",) * 14, *("validation",) * 3, *("test",) * 3)
"""Out of twenty, how many words each split gets."""


class Sizes(NamedTuple):
    """How many words and phrases a list holds: everyday ones, and near ones of the task."""

    everyday: int
    near: int


SIZES: Final = {
    "training": Sizes(700, 300),
    "validation": Sizes(140, 60),
    "test": Sizes(140, 60),
}


@dataclass(frozen=True, kw_only=True)
class WordList:
    """
    The words and phrases of one split for one task.

    No word of them is in another split, be it alone or inside a phrase.

    Attributes:
        everyday: Drawn by lot, the same ones for every task unless they sound like it.
        near: Those that sound most like a word of the task, of all that remain.

    """

    everyday: tuple[str, ...]
    near: tuple[str, ...]


def split_of(text: str) -> str:
    """Return the split that *text* belongs to, by a hash of it: the same for every task."""
    return _TURNS[int.from_bytes(_shuffled(text)[:8]) % len(_TURNS)]


@cache
def known() -> tuple[str, ...]:
    """Return every word and phrase there is to choose from."""
    return tuple(_FILE.read_text(encoding="utf-8").splitlines())


def everyday(split: str) -> tuple[str, ...]:
    """Return words drawn by lot, whatever the task; none of them is said in an earlier split."""
    heard = _words(text for earlier in _before(split) for text in everyday(earlier))
    mine = [t for t in known() if split_of(t) == split and heard.isdisjoint(t.split())]
    return tuple(sorted(mine, key=_shuffled)[: SIZES[split].everyday])


def word_list(task: tuple[str, ...], split: str) -> WordList:
    """
    Choose what is said for *task* in *split*.

    Raises:
        DatasetError: Without eSpeak NG, which knows how words sound.

    """
    sounds = _sounds(task)
    never = {sounds[word] for word in (*task, *NEVER)}
    lists = [word_list(task, earlier) for earlier in _before(split)]
    heard = _words(text for one in lists for text in (*one.near, *one.everyday))
    allowed = [
        text
        for text in known()
        if not _holds(text, task, sounds, never) and heard.isdisjoint(text.split())
    ]
    drawn = set(everyday(split))
    rest = {text: sounds[text] for text in allowed if split_of(text) == split and text not in drawn}
    close = take_turns([nearest(sounds[word], rest) for word in task])
    chosen = WordList(
        everyday=tuple(text for text in allowed if text in drawn),
        near=tuple(sorted(list(close)[: SIZES[split].near])),
    )
    require_none_of(chosen, task)
    return chosen


def without(texts: tuple[str, ...], task: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *texts* that hold no word of *task*, nor a form or a sound of one."""
    sounds = sounds_of(tuple(sorted({*_words(texts), *task})))
    never = {sounds[word] for word in task}
    return tuple(text for text in texts if not _holds(text, task, sounds, never))


def require_none_of(chosen: WordList, task: Iterable[str]) -> None:
    """Raise DatasetError if a list holds a word of *task*, or one that no list may hold."""
    never = {*task, *NEVER}
    for text in (*chosen.everyday, *chosen.near):
        if found := never & set(text.split()):
            msg = (
                f"the synthetic vocabulary holds {text!r}, and with it {found.pop()!r}, which is "
                f"in the task or kept for the test; remove it from {_FILE.name}"
            )
            raise DatasetError(msg)


def _before(split: str) -> list[str]:
    """Return the splits whose words *split* keeps away from."""
    return list(SIZES)[: list(SIZES).index(split)]


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in text.split()}


def _sounds(task: tuple[str, ...]) -> dict[str, Sounds]:
    texts = {*known(), *task, *NEVER}
    return sounds_of(tuple(sorted(texts | _words(texts))))


def _holds(text: str, task: tuple[str, ...], sounds: dict[str, Sounds], never: set[Sounds]) -> bool:
    """Whether a word of *text* is one of the task, a form of it, or sounds like one of *never*."""
    words = text.split()
    forms = [re.compile(rf"{re.escape(word)}({word[-1:]}?(ing|er)|e?s|'s)?") for word in task]
    return any(sounds[word] in never or word in NEVER for word in words) or any(
        form.fullmatch(word) for form in forms for word in words
    )


def _shuffled(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
