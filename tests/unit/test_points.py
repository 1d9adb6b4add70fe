"""Points of a grid and at random: what a number stands for never changes."""

import itertools
from collections import Counter
from typing import Final

import pytest

from candidates._search.points import grid_point, grid_size, random_point
from candidates._search.space import load_space
from candidates._search.variations import Choices, Real, Variation, Whole, evenly

VARY: Final[dict[str, Variation]] = {
    "a": Choices("x", "y", "z", "w"),
    "b": Whole(1, 4),
    "c": Choices(*(False, True)),
    "d": evenly(10, 50, 5),
}


def test_every_point_of_a_grid_comes_once() -> None:
    points = [tuple(grid_point(VARY, "study", i).values()) for i in range(grid_size(VARY))]

    assert sorted(points, key=str) == sorted(
        itertools.product(*(variation.labels or () for variation in VARY.values())), key=str
    )


def test_every_beginning_of_a_grid_is_an_even_sample() -> None:
    points = [grid_point(VARY, "study", i) for i in range(grid_size(VARY))]

    for end in range(1, len(points) + 1):
        for field, variation in VARY.items():
            counts = Counter(point[field] for point in points[:end])
            shares = [counts[label] for label in variation.labels or ()]
            assert max(shares) - min(shares) <= 2, (field, end)


def test_the_recipes_grid_begins_with_an_even_sample_of_every_pair_of_fields() -> None:
    vary = load_space("seed_grid").vary
    points = [grid_point(vary, "seed_grid", i) for i in range(300)]

    for one, other in itertools.combinations(vary, 2):
        expected = 300 / len(vary[one].labels or ()) / len(vary[other].labels or ())
        counts = Counter((point[one], point[other]) for point in points)
        assert max(counts.values()) < 3 * expected, (one, other)


@pytest.mark.parametrize("point", [grid_point, random_point])
def test_a_number_stands_for_the_same_point_in_the_same_study_alone(point: object) -> None:
    assert callable(point)
    ours = [point(VARY, "study", number) for number in range(20)]

    assert ours == [point(VARY, "study", number) for number in range(20)]
    assert ours != [point(VARY, "another", number) for number in range(20)]


def test_a_random_point_has_a_label_for_each_field() -> None:
    vary: dict[str, Variation] = {**VARY, "e": Real(0, 1)}

    points = [random_point(vary, "study", number) for number in range(50)]

    assert all(point.keys() == vary.keys() for point in points)
    assert len({point["e"] for point in points}) == 50
    assert {point["b"] for point in points} == {1, 2, 3, 4}
