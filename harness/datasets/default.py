"""The default data set: recordings of people, or synthetic voices that stand in for them."""

import dataclasses
from functools import cached_property

from harness.datasets.dataset import Dataset, Source
from harness.errors import DatasetError, NoRecordingsError, UnreachableError


class Default:
    """
    A preferred data set, or a stand-in if the preferred one is not here and cannot be fetched.

    Every output then says so. The choice is made once, on first use, and holds for every
    word: task and other words of one run never come from two data sets.
    """

    def __init__(self, preferred: Source, stand_in: Source) -> None:
        self._preferred = preferred
        self._stand_in = stand_in
        self._missing: UnreachableError | None = None

    @property
    def name(self) -> str:
        """Name of the chosen data set."""
        return self._chosen.name

    def words(self, split: str) -> tuple[str, ...]:
        """Return every word that has recordings in *split*."""
        return self._chosen.words(split)

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Read the clips of *words* in *split*; raises the errors of the chosen data set."""
        chosen = self._chosen
        try:
            dataset = chosen.load(words, split)
        except NoRecordingsError:
            raise
        except DatasetError as error:
            if self._missing is None:
                raise
            msg = f"{self._missing}; and {chosen.name}, which would stand in, fails: {error}"
            raise DatasetError(msg) from error
        if self._missing is None:
            return dataset
        # The note goes into records, so it is made from the cause: the error's own text
        # names folders of this machine.
        reason = self._missing.__cause__ or self._missing
        because = f"because {self._preferred.name} cannot be had: {reason}"
        return dataclasses.replace(dataset, note=f"{dataset.note}; they stand in, {because}")

    @cached_property
    def _chosen(self) -> Source:
        try:
            self._preferred.load(self._preferred.words("test"), "test")
        except UnreachableError as error:
            self._missing = error
            return self._stand_in
        return self._preferred
