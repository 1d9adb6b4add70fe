"""What every candidate of a run is scored on: test clips of its words, of other words, of noise."""

from harness.datasets import Dataset, Source


class Speech:
    """The test split of one data set, each part of it read once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tasks: dict[tuple[str, ...], Dataset] = {}
        self._others: dict[tuple[str, ...], Dataset | None] = {}

    @property
    def name(self) -> str:
        """The data set's name; where the choice of it is ours, it is made now."""
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
        """Return the clips of all words but *words*; None if there are none."""
        if words not in self._others:
            others = tuple(word for word in self._source.words("test") if word not in words)
            self._others[words] = self._source.load(others, "test") if others else None
        return self._others[words]
