"""How much words sound alike."""

import pytest

from harness.datasets.espeak.phonemes import distance, nearest, parse, sounds_of, take_turns


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("s_t2_'0_p", ("s", "t", "0", "p")),
        ("g_'oU", ("g", "oU")),
        ("w_,V_n", ("w", "V", "n")),
        ("t_'3:_n I_t# 'O2_f", ("t", "3:", "n", "I", "t", "O", "f")),
    ],
)
def test_stress_and_variants_of_a_phoneme_are_no_difference(
    told: str, expected: tuple[str, ...]
) -> None:
    assert parse(told) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "", 0),
        ("stop", "stop", 0),
        ("stop", "top", 1),
        ("stop", "stok", 1),
        ("go", "got", 1),
        ("kitten", "sitting", 3),
        ("", "go", 2),
    ],
)
def test_the_distance_counts_what_is_inserted_removed_or_replaced(
    one: str, other: str, expected: int
) -> None:
    assert distance(tuple(one), tuple(other)) == expected
    assert distance(tuple(other), tuple(one)) == expected


def test_the_nearest_differ_in_the_least_share_of_phonemes() -> None:
    candidates = {"goat": tuple("got"), "gum": tuple("gam"), "bow": tuple("bo")}

    assert nearest(tuple("go"), candidates) == ["goat", "bow", "gum"]


def test_rankings_take_turns_and_repeat_nothing() -> None:
    assert list(take_turns([["a", "b", "c"], ["b", "d", "a"]])) == ["a", "b", "d", "c"]


def test_homophones_sound_the_same() -> None:
    sounds = sounds_of(("know", "no", "two", "to", "stop"))

    assert sounds["know"] == sounds["no"]
    assert sounds["two"] == sounds["to"]
    assert sounds["stop"] == ("s", "t", "0", "p")
