"""The default data set: recordings of people, or synthetic voices that say they stand in."""

from dataclasses import replace

import pytest

from harness.datasets import Dataset
from harness.datasets.default import Default
from harness.errors import DatasetError, NoRecordingsError, UnreachableError
from tests.unit.models import GO_STOP_CLIPS, Clips, loud


class Named(Clips):
    """A data set that fails as the test asks for."""

    def __init__(self, name: str, note: str | None, error: Exception | None = None) -> None:
        super().__init__({**GO_STOP_CLIPS, "up/1.wav": loud()})
        self.name = name
        self.note = note
        self.error = error
        self.loaded: list[tuple[str, ...]] = []

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Return the clips of *words*, or fail."""
        self.loaded.append(words)
        if self.error:
            raise self.error
        return replace(super().load(words, split), name=self.name, note=self.note)


VOICES = Named("voices", "synthetic voices")


def test_the_preferred_data_set_is_used_if_it_is_here() -> None:
    default = Default(Named("people", None), VOICES)
    dataset = default.load(("go", "stop"), "test")
    assert (default.name, dataset.name, dataset.note) == ("people", "people", None)
    assert default.words("test") == ("go", "stop", "up")


def test_a_stand_in_replaces_what_cannot_be_fetched_and_says_so() -> None:
    default = Default(Named("people", None, UnreachableError("the server is silent")), VOICES)
    dataset = default.load(("go", "stop"), "test")
    assert (default.name, dataset.name) == ("voices", "voices")
    because = "they stand in, because people cannot be had: the server is silent"
    assert dataset.note == f"synthetic voices; {because}"


def test_the_note_of_a_stand_in_names_no_folder_of_this_machine() -> None:
    error = UnreachableError("words.zip is not in /home/me, and the server is silent")
    error.__cause__ = UnreachableError("the server is silent")
    dataset = Default(Named("people", None, error), VOICES).load(("go",), "test")
    assert dataset.note is not None
    assert dataset.note.endswith("people cannot be had: the server is silent")


def test_a_stand_in_stands_in_for_every_word() -> None:
    people = Named("people", None, UnreachableError("the server is silent"))
    default = Default(people, VOICES)
    default.load(("go", "stop"), "test")
    people.error = None
    assert default.load(("up",), "test").name == "voices"


def test_the_choice_is_made_for_all_words_at_once() -> None:
    people = Named("people", None)
    Default(people, VOICES).load(("go",), "test")
    assert people.loaded == [("go", "stop", "up"), ("go",)]


@pytest.mark.parametrize("error", [DatasetError("disk full"), NoRecordingsError("no such word")])
def test_nothing_stands_in_for_a_broken_data_set(error: DatasetError) -> None:
    with pytest.raises(type(error), match=str(error)):
        Default(Named("people", None, error), VOICES).load(("go",), "test")


def test_both_reasons_are_reported_if_neither_data_set_can_be_had() -> None:
    people = Named("people", None, UnreachableError("the server is silent; mend it"))
    default = Default(people, Named("voices", None, DatasetError("nobody speaks; install it")))
    fault = (
        "the server is silent; mend it; and voices, which would stand in, fails: "
        "nobody speaks; install it"
    )
    with pytest.raises(DatasetError, match=f"^{fault}$"):
        default.load(("go",), "test")


def test_words_that_a_stand_in_lacks_are_not_its_fault() -> None:
    people = Named("people", None, UnreachableError("the server is silent"))
    default = Default(people, Named("voices", None, NoRecordingsError("no such word")))
    with pytest.raises(NoRecordingsError, match="no such word"):
        default.load(("marvin",), "test")
