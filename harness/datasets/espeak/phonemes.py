"""How much two words sound alike: edit distance over their phonemes."""

from collections.abc import Iterable, Sequence
from functools import cache

from harness.datasets.espeak import process

Sounds = tuple[str, ...]
"""The phonemes of a word, without stress."""

_STRESS = ",'%=_|"


@cache
def sounds_of(texts: tuple[str, ...]) -> dict[str, Sounds]:
    """Return how each of *texts* sounds; raises DatasetError without eSpeak NG."""
    told = process.phonemes(texts)
    return {text: parse(phonemes) for text, phonemes in zip(texts, told, strict=True)}


def parse(phonemes: str) -> Sounds:
    """Return phonemes as eSpeak NG names them, without stress and numbers of variants."""
    names = (name.strip(_STRESS) for name in phonemes.replace(" ", "_").split("_"))
    return tuple(name[0] + name[1:].rstrip("#23") for name in names if name)


def distance(one: Sounds, other: Sounds) -> int:
    """Return how many phonemes to insert, remove or replace to get from *one* to *other*."""
    row = list(range(len(other) + 1))
    for i, wanted in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, found in enumerate(other, 1):
            cheapest = min(before + (wanted != found), row[j] + 1, row[j - 1] + 1)
            before, row[j] = row[j], cheapest
    return row[-1]


def nearest(word: Sounds, candidates: dict[str, Sounds]) -> list[str]:
    """Return *candidates*, those first that differ from *word* in the least share of phonemes."""

    def difference(name: str) -> tuple[float, str]:
        sounds = candidates[name]
        return distance(word, sounds) / max(len(word), len(sounds), 1), name

    return sorted(candidates, key=difference)


def take_turns(rankings: Sequence[Sequence[str]]) -> Iterable[str]:
    """Yield the first of each of *rankings*, then the second of each, none of them twice."""
    turns = (name for same_place in zip(*rankings, strict=True) for name in same_place)
    return dict.fromkeys(turns)
