"""What every candidate of a run is scored on: its own words, other words, digits and noise."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.datasets import DIGITS, Dataset, Source
from harness.datasets.spoken_digits import speaker
from harness.errors import DatasetError, UnreachableError
from harness.stream.material import SLOT_S, Clips, Material, no_clips
from harness.stream.playback import Playback
from harness.stream.recorded import Recorded
from harness.stream.scene import Made, Scene, Sound

MIXTURE = "_unknown_"
"""Folder that mixes unknown words; other folders whose name begins with ``_`` hold noise."""


class Digits(NamedTuple):
    """Clips of the ten English digits."""

    dataset: Dataset
    speakers: tuple[str, ...]


Sentences = Callable[[tuple[str, ...]], Clips]
"""Returns utterances of sentences without the words of a task; raises DatasetError."""


class Speech:
    """
    The test split of one data set, and what is beside it; each part is read once.

    Args:
        source: The data set.
        digits: Who says digits.
        sentences: Where sentences come from; None for none.
        recordings: Long recordings of the data set, to listen to in place of a stream made by
            code.

    Attributes:
        missing: Why digits are not at hand, by who would say them.
        no_sentences: Why there are no sentences; None if there are, or none was asked for.

    """

    def __init__(
        self,
        source: Source,
        digits: Mapping[str, Source] | None = None,
        sentences: Sentences | None = None,
        recordings: Sequence[Path] = (),
    ) -> None:
        self._recordings = recordings
        self.missing: dict[str, str] = {}
        self.no_sentences: str | None = None
        self._sentences = sentences
        self._streams: dict[tuple[str, ...], Playback] = {}
        self._source = source
        self._digit_sources = digits or {}
        self._tasks: dict[tuple[str, ...], Dataset] = {}
        self._others: dict[tuple[str, ...], Dataset | None] = {}
        self._digits: dict[str, Digits] | None = None

    @property
    def name(self) -> str:
        """Name of the data set; asking for it settles which one the default is."""
        return self._source.name

    @property
    def tasks(self) -> list[tuple[str, ...]]:
        """The words of every task read so far."""
        return list(self._tasks)

    def task(self, words: tuple[str, ...]) -> Dataset:
        """Return the clips of *words*; raises DatasetError or AudioError."""
        if words not in self._tasks:
            self._tasks[words] = self._source.load(words, "test")
        return self._tasks[words]

    def others(self, words: tuple[str, ...]) -> Dataset | None:
        """Return the clips of all words but *words*, and of noise; None if there are none."""
        if words not in self._others:
            others = tuple(word for word in self._source.words("test") if word not in words)
            self._others[words] = self._source.load(others, "test") if others else None
        return self._others[words]

    def digits(self) -> Mapping[str, Digits]:
        """Return the digits that are at hand, by who says them; the others are in *missing*."""
        if self._digits is None:
            self._digits = {}
            for who, source in self._digit_sources.items():
                try:
                    dataset = source.load(DIGITS, "test")
                except UnreachableError as error:
                    # Not its own text, which names folders of this machine.
                    self.missing[who] = str(error.__cause__ or error)
                except DatasetError as error:
                    self.missing[who] = str(error)
                else:
                    of = _SPEAKERS.get(who, _voice)
                    self._digits[who] = Digits(dataset, tuple(map(of, dataset.keys)))
        return self._digits

    def stream(self, words: tuple[str, ...]) -> Playback:
        """Return the stream that candidates for *words* listen to."""
        if words not in self._streams:
            self._streams[words] = Playback(Scene(self._sound(words)))
        return self._streams[words]

    def _sound(self, words: tuple[str, ...]) -> Sound:
        """Return the stream that the data set brings, or else one made of its clips."""
        if self._recordings:
            known = self._source.words("test")
            return Recorded(self._recordings, task=words, known=known)
        return Made(self._material(words))

    def _material(self, words: tuple[str, ...]) -> Material:
        task, others = self.task(words), self.others(words)
        spoken = [not word.startswith("_") for word in others.words] if others else []
        digits = next(iter(self.digits().values()), None) if not {*words} & {*DIGITS} else None
        return Material(
            keywords=task.clips,
            spoken=task.words,
            words=others.clips[spoken] if others else no_clips(),
            digits=digits.dataset.clips if digits else no_clips(),
            sentences=self._utterances(words),
        )

    def _utterances(self, words: tuple[str, ...]) -> Clips:
        if self._sentences is not None:
            try:
                return self._sentences(words)
            except DatasetError as error:
                self.no_sentences = str(error)
        return no_clips(SLOT_S)


def is_noise(word: str) -> bool:
    """Whether a folder of that name holds noise."""
    return word.startswith("_") and word != MIXTURE


def _voice(key: str) -> str:
    """Return which synthetic voice says a clip, whatever its accent."""
    return key.partition("/")[2].partition("_")[0]


_SPEAKERS: dict[str, Callable[[str], str]] = {"people": speaker}
