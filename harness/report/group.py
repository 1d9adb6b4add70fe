"""Groups of rows that share a table: the newest of one machine, one data set and one task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.files import sha256
from harness.record.machines import machine_of
from harness.record.order import place
from harness.record.schema import Measurement, Record
from harness.text import slug


class Row(NamedTuple):
    """A measurement, and the record that holds it, of which the measurements may be left out."""

    measurement: Measurement
    record: Record


@dataclass(frozen=True, kw_only=True)
class Group:
    """
    Rows that share a table: those of one machine, one data set and one task.

    Attributes:
        dataset: The data set's part of the newest record.
        rows: The rows.

    """

    dataset: Mapping[str, Any]
    rows: Sequence[Row]

    @property
    def measurements(self) -> list[Measurement]:
        """The rows without their records."""
        return [row.measurement for row in self.rows]

    @property
    def passed(self) -> list[Row]:
        """The rows that beat all their limits."""
        return [row for row in self.rows if row.measurement["verdict"] == "pass"]

    @property
    def task(self) -> str:
        """The words of the task."""
        return "/".join(self.dataset["labels"])

    @property
    def note(self) -> str | None:
        """Warning about the data set; None if it holds recordings of people."""
        note: str | None = self.dataset.get("note")
        return note

    @property
    def title(self) -> str:
        """Task and data set, which two states of a data set share."""
        return f"{self.task} on {self.dataset['name']}"

    @property
    def machine(self) -> str:
        """Hash of the machine that the rows were measured on."""
        return machine_of(newest(self.rows)["board"])

    @property
    def slug(self) -> str:
        """Title, digest and machine, as the beginning of a file name."""
        return slug(f"{self.title} {self.digest} {self.machine}")

    @property
    def digest(self) -> str:
        """First eight digits of a digest of all clips: the data set's, and the digits beside it."""
        digests = (str(self.dataset["digest"]), *digits_digests(self.dataset))
        return sha256(" ".join(digests).encode())[:8]


def headings(groups: Sequence[Group]) -> list[str]:
    """Return the title of each group, with digest and machine where two have one title."""
    titles = [group.title for group in groups]
    return [
        f"{group.title} ({', machine '.join(filter(None, (group.digest, group.machine)))})"
        if titles.count(group.title) > 1
        else group.title
        for group in groups
    ]


def digits_digests(dataset: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the digest of each kind of digits: rows scored on others share no table."""
    digits = dataset.get("digits") or {}
    return tuple(str(digits.get(who, {}).get("digest")) for who in ("people", "synthetic"))


def missing_speech(dataset: Mapping[str, Any]) -> list[str]:
    """Return a line for each kind of speech that no row was scored on, with the reason."""
    digits = dataset.get("digits") or {}
    names = {"people": "people's digits", "synthetic": "synthetic digits"}
    lines = [
        f"no {names[who]}: {found['missing']}"
        for who, found in digits.items()
        if "missing" in found
    ]
    why = dataset.get("no_sentences")
    return [*lines, f"no sentences and no babble in the stream: {why}"] if why else lines


def newest(rows: Iterable[Row]) -> Record:
    """Return the newest of the records that hold *rows*."""
    return max((row.record for row in rows), key=lambda record: place(record["run"]))
