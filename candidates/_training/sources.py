"""Where the speech of a training comes from."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from harness import datasets
from harness.candidate.candidate import Candidate
from harness.datasets import Source
from harness.datasets.espeak.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class Sources:
    """
    Where the speech of a training comes from.

    Attributes:
        people: Recordings of people.
        synthetic: Synthetic voices saying the same words.
        vocabulary: Synthetic voices saying words that are none of the task's; None for none.
        foreign: People speaking another language; None for none.
        cache: Folder to keep features in.

    """

    people: Source
    synthetic: Source
    vocabulary: Source | None = None
    foreign: Source | None = None
    cache: Path


def sources_for(candidate: Candidate) -> Sources:
    """Return the sources of speech for *candidate*: those in ``KWS_DATA`` and in the cache."""
    cache = platformdirs.user_cache_path("spotbench")
    people, synthetic = datasets.for_training()
    return Sources(
        people=people,
        synthetic=synthetic,
        vocabulary=Vocabulary(cache, candidate.words),
        foreign=datasets.arabic(),
        cache=cache,
    )
