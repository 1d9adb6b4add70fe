"""The speech that a training contains, read from its sources as the recipe says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from candidates._training.sources import Sources
from harness.candidate.candidate import Candidate
from harness.datasets import Dataset, Source
from harness.datasets.spoken_digits import NEVER_TRAINED
from harness.errors import UnreachableError
from harness.files import sha256

LANGUAGES: Final = {"arabic": "ar"}
"""What words begin with that are not English, as in ``arabic:stop``, and its short name."""

HELD_OUT: Final = 4
"""One foreign word in as many is kept out of training, to calibrate with."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """
    The training clips of each kind; None for a kind that is not trained on.

    Attributes:
        task: People saying words of the task.
        others: People saying other words.
        synthetic: Synthetic voices saying words of the task.
        synthetic_others: Synthetic voices saying other words of the data set.
        vocabulary: Synthetic voices saying everyday and near words.
        foreign: People speaking another language.

    """

    task: Dataset
    others: Dataset | None = None
    synthetic: Dataset | None = None
    synthetic_others: Dataset | None = None
    vocabulary: Dataset | None = None
    foreign: Dataset | None = None

    def digests(self) -> dict[str, str | None]:
        """Return the digest of each kind, as the card names them."""
        kinds = {
            "training": self.task,
            "other_words": self.others,
            "synthetic": self.synthetic,
            "synthetic_other_words": self.synthetic_others,
            "vocabulary": self.vocabulary,
            "foreign": self.foreign,
        }
        return {kind: dataset.digest if dataset else None for kind, dataset in kinds.items()}

    def words(self) -> dict[str, dict[str, list[str]]]:
        """Return every word that is heard, by source and language, sorted."""
        found: dict[str, dict[str, set[str]]] = {}
        for dataset in vars(self).values():
            for word in dataset.words if dataset else ():
                language, bare = _language(word)
                found.setdefault(dataset.name, {}).setdefault(language, set()).add(bare)
        return {
            name: {language: sorted(words) for language, words in sorted(languages.items())}
            for name, languages in sorted(found.items())
        }


def _language(word: str) -> tuple[str, str]:
    """Return the language of *word*, and the word without its mark."""
    mark, colon, bare = word.partition(":")
    return (LANGUAGES.get(mark, mark), bare) if colon else ("en", word)


def listen(candidate: Candidate, name: str, sources: Sources) -> Heard:
    """
    Read what the recipe of *candidate* asks for; *name* is what to call the candidate.

    Synthetic voices that do not say the whole task are left out, and so is a foreign
    source that cannot be had; both are reported.

    Raises:
        DatasetError, AudioError: If a source is damaged or missing.

    """
    recipe, task = candidate.training, candidate.words
    others = other_words(sources.people, task, "training") if recipe.other_words else ()
    voices = _voices(candidate, name, sources.synthetic)
    spoken = other_words(voices, task, "training") if voices and recipe.other_words else ()
    wide = sources.vocabulary if recipe.vocabulary else None
    return Heard(
        task=sources.people.load(task, "training"),
        others=sources.people.load(others, "training") if others else None,
        synthetic=voices.load(task, "training") if voices else None,
        synthetic_others=voices.load(spoken, "training") if voices and spoken else None,
        vocabulary=wide.load(wide.words("training"), "training") if wide else None,
        foreign=_foreign(name, sources.foreign, "training") if recipe.foreign else None,
    )


def other_words(source: Source, task: Iterable[str], split: str) -> tuple[str, ...]:
    """Return the words of *source* that are none of *task*, digits and their like left out."""
    return tuple(
        word for word in source.words(split) if word not in task and word not in NEVER_TRAINED
    )


def held_out(word: str) -> bool:
    """Whether a foreign word is kept out of training: one in four, by a hash of it."""
    return int(sha256(word.encode())[:8], 16) % HELD_OUT == 0


def unheard_foreign(source: Source | None) -> Dataset | None:
    """
    Return foreign words kept out of training, by speakers of the validation split.

    A source that cannot be had is reported.
    """
    if source is None:
        return None
    words = [word for word in source.words("validation") if held_out(word)]
    try:
        return source.load(tuple(words), "validation") if words else None
    except UnreachableError as error:
        print(f"not calibrated on {source.name}: {error}")
        return None


def _foreign(name: str, source: Source | None, split: str) -> Dataset | None:
    if source is None:
        return None
    words = tuple(word for word in source.words(split) if not held_out(word))
    try:
        return source.load(words, split)
    except UnreachableError as error:
        print(f"{name}: trained without {source.name}: {error}")
        return None


def _voices(candidate: Candidate, name: str, source: Source) -> Source | None:
    """Return the synthetic voices that the recipe asks for, if they say all words of the task."""
    if not candidate.training.synthetic:
        return None
    unsaid = [word for word in candidate.words if word not in source.words("training")]
    if unsaid:
        print(f"{name}: no synthetic voices: {source.name} does not say {', '.join(unsaid)}")
        return None
    return source
