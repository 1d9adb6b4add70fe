import pytest

from harness.text import duration, lines, markdown, name_fault, printable, slug


@pytest.mark.parametrize(
    "name",
    [
        "go",
        "ds_cnn_48_s95",
        "向前",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "don't",
        "a|b",
        "<script>",
        "x" * 64,
    ],
)
def test_a_name_is_printable_text_in_any_script(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.25, "0.25 s"), (59, "59 s"), (600, "10 min"), (3_599, "60 min"), (10_800, "3 h")],
)
def test_a_duration_is_told_in_the_unit_that_fits(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "has 0 characters, not 1 to 64"),
        ("x" * 65, "has 65 characters, not 1 to 64"),
        ("go\n", "has a character that cannot be printed"),
        ("\x1b[31mgo", "has a character that cannot be printed"),
        ("caf\udce9", "has a character that cannot be printed"),
        ("\u202eog", "has a character that cannot be printed"),
        ("up/down", "has a slash"),
        (" go", "begins or ends with a space"),
        (3, "is of type int, not text"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(name: object, fault: str) -> None:
    assert name_fault(name) == fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Raspberry Pi 4 Model B Rev 1.4", "raspberry-pi-4-model-b-rev-1-4"),
        ("go/stop on mini_speech_commands 9b3a1f9d", "go-stop-on-mini-speech-commands-9b3a1f9d"),
        ("../../etc", "etc"),
        # Digests worked with sha256sum.
        ("向前", "c0fe0d7b"),
        ("café noir", "caf-noir-ec1259cc"),
    ],
)
def test_a_slug_holds_small_letters_digits_and_hyphens(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_a_long_slug_is_cut_and_told_apart_by_a_digest() -> None:
    one, other = (slug("x" * 200 + end) for end in "ab")

    assert one != other
    assert {len(one), len(other)} == {120}


def test_text_for_a_terminal_has_no_command_in_it() -> None:
    assert printable("\x1b[2Jgo\r\n\x9b é 向 \udce9") == r"\x1b[2Jgo\r\n\x9b é 向 \udce9"
    assert lines("one\ntwo\x07") == "one\ntwo\\x07"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("[x](y) *z* `w` \\", r"\[x\](y) \*z\* \`w\` \\"),
        ("ds_cnn_48, _unknown_, x_", r"ds_cnn_48, \_unknown\_, x\_"),
        ("two\nlines", r"two\\nlines"),
        ("96.0 % (95.2-99.3 %), 7.7 µs", "96.0 % (95.2-99.3 %), 7.7 µs"),
    ],
)
def test_text_for_markdown_is_shown_as_it_is(text: str, expected: str) -> None:
    assert markdown(text) == expected
