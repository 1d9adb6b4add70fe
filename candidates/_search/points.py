"""
Points of a space by their number: of a grid in a fixed order, or drawn at random.

What a number stands for follows from the study's name and the number alone, so a study that
is resumed proposes no point twice, and one that is begun anew proposes the same ones.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from candidates._search.variations import Label, Variation
from harness.files import sha256

_GOLDEN: Final = (math.sqrt(5) - 1) / 2


def generator(study: str, number: int, what: str) -> np.random.Generator:
    """Return the generator of random numbers of one trial of *study*."""
    return np.random.default_rng(seed(study, number, what))


def seed(study: str, number: int, what: str) -> int:
    """Return the seed of one trial of *study* for one purpose."""
    return int(sha256(f"{study} {number} {what}".encode())[:8], 16)


def random_point(vary: Mapping[str, Variation], study: str, number: int) -> dict[str, Label]:
    """Return a point drawn at random: a label for each field."""
    rng = generator(study, number, "random")
    return {path: variation.drawn(rng) for path, variation in vary.items()}


def grid_size(vary: Mapping[str, Variation]) -> int:
    """Return the number of points of the grid of all labels."""
    return math.prod(len(variation.labels or ()) for variation in vary.values())


def grid_point(vary: Mapping[str, Variation], study: str, number: int) -> dict[str, Label]:
    """
    Return point *number* of the grid; all numbers below its size give each point once.

    Every beginning is an even sample: of each field, each label comes about as often as any
    other. *number* is written in a mixed base, a digit for each field, which visits each point
    once. A digit moves on in wide steps, and is shifted by what the digits below it say; the
    shifts run through all labels in a random order before any is used again.
    """
    point: dict[str, Label] = {}
    below = 1
    for path, variation in vary.items():
        labels = variation.labels or ()
        size = len(labels)
        rest = number % below
        order = generator(study, rest // size, path).permutation(size)
        digit = number // below * _wide_step(size)
        point[path] = labels[(digit + int(order[rest % size])) % size]
        below *= size
    return point


def _wide_step(size: int) -> int:
    """Return the step that visits all of *size* labels and is nearest to their golden section."""
    steps = [step for step in range(1, size + 1) if math.gcd(step, size) == 1]
    return min(steps, key=lambda step: abs(step - _GOLDEN * size))
