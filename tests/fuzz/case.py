"""What is fuzzed: kinds of input, and the cases of each, told apart by seed, kind and number."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple


class Made(NamedTuple):
    """
    The input of a case.

    Attributes:
        base: Number of what it was made from, among what its kind is made from.
        name: Name of its file.
        data: Contents of its file.

    """

    base: int
    name: str
    data: bytes


Way = Callable[[Made, Path, Random], None]
"""
Gives an input to the product, which may write to a folder, empty at first.

It returns if the result is right, lets the product's own errors through, and raises AssertionError
if the result is wrong.
"""


@dataclass(frozen=True)
class Kind:
    """
    A kind of input.

    Attributes:
        name: Its name.
        make: Makes an input; all that it chooses, it chooses by the generator.
        ways: The ways that each input goes, one after another.

    """

    name: str
    make: Callable[[Random], Made]
    ways: tuple[Way, ...]


class Case(NamedTuple):
    """
    One case, which is the same whenever and wherever it is made.

    Attributes:
        kind: Its kind.
        seed: Seed of the run.
        number: Its number among those of its kind, from 0.

    """

    kind: Kind
    seed: int
    number: int

    def random(self) -> Random:
        """Return the generator by which the case is made, and then judged."""
        return Random(f"{self.seed} {self.kind.name} {self.number}")  # noqa: S311

    def made(self) -> Made:
        """Return the input."""
        return self.kind.make(self.random())
