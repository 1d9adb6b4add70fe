"""The pictures: what they show of twelve hand-made candidates, and that it is legible."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from harness.record.metrics import LATENCY, SIZE
from harness.record.schema import Measurement
from harness.report.pictures import pictures
from harness.report.pictures.canvas import _DARK, FAINT, PAGE, _round_numbers, text_width
from harness.report.pictures.confusion import confusions
from harness.report.pictures.curves import operating
from harness.report.pictures.lanes import latencies, stages
from harness.report.pictures.placement import Box, Numbers, place
from harness.report.pictures.scatter import accuracy_against, pareto
from tests.unit.records import FRESH, row

NAMES = [
    "accuracy-size",
    "accuracy-latency",
    "operating",
    "stream",
    "latency",
    "stages",
    "confusion",
]
TASK = ["go", "stop"]
SVG = "{http://www.w3.org/2000/svg}"


def candidate(
    name: str, *, wrong: int = 4, kib: float = 12.0, us: float = 200.0, **changes: Any
) -> Measurement:
    """Return the row of a candidate that hears "stop" in *wrong* of the 100 clips of "go"."""
    latency = {
        "total": {"p50": us, "p99": 1.5 * us},
        "frontend": {"p50": 110.0},
        "inference": {"p50": us - 110.0},
        "histogram": {"edges": [0.9 * us, us, 1.5 * us, 3 * us], "counts": [700, 290, 10]},
    }
    measured = {
        "accuracy": {"correct": 200 - wrong, "total": 200, "low": 0.95 - wrong / 200, "high": 1.0}
        | {"confusion": [[100 - wrong, wrong], [0, 100]]},
        "size": {"raw_bytes": 1, "zipped_bytes": round(1024 * kib)},
        "latency_us": latency,
    }
    return row(name, **measured | changes)


TWELVE = [
    candidate("seed_ds_cnn_48_s95", wrong=7, kib=24, us=401),
    candidate("ds_cnn_16", wrong=9, kib=8.5, us=180, verdict="miss"),
    candidate("ds_cnn_24", wrong=5, kib=14.0, us=215),
    candidate("ds_cnn_24_int8", wrong=5, kib=14.0, us=216),
    candidate("ds_cnn_32", wrong=4, kib=22.1, us=260),
    candidate("ds_cnn_32_s50", wrong=4, kib=14.2, us=261),
    candidate("ds_cnn_32_int8", wrong=4, kib=14.3, us=217),
    candidate("ds_cnn_48_dynamic", wrong=3, kib=28.9, us=399, verdict="fail"),
    candidate("ds_cnn_48_s80", wrong=3, kib=20.3, us=400),
    candidate("ds_cnn_64_s50_int8", wrong=3, kib=24.4, us=262),
    candidate("tc_cnn_32_int8", wrong=4, kib=14.1, us=218),
    candidate("tc_cnn_48_s80", wrong=5, kib=14.1, us=219),
]


class Text(NamedTuple):
    """A text of a picture and where it stands, y counting down."""

    words: str
    box: Box


def texts(svg: str) -> Iterator[Text]:
    """Yield the texts of a picture in the order they are drawn, those written upwards left out."""
    for element in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314  # our own
        style = dict(re.findall(r"([\w-]+): ([^;]+)", element.attrib["style"]))
        if "rotate(-90" not in element.attrib.get("transform", ""):
            size = float(style["font-size"].removesuffix("px"))
            words = element.text or ""
            width = text_width(words, bold=style.get("font-weight") == "700") * size / 12
            shift = {"start": 0, "middle": width / 2, "end": width}
            left = float(element.attrib["x"]) - shift[style.get("text-anchor", "start")]
            y = float(element.attrib["y"])
            yield Text(words, Box(left, y - 0.75 * size, left + width, y + 0.2 * size))


def words(svg: str | None) -> list[str]:
    assert svg is not None
    return [text.words for text in texts(svg)]


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return pictures(TWELVE, TASK)


def test_the_pictures_are_these(drawn: dict[str, str]) -> None:
    assert list(drawn) == NAMES


@pytest.mark.parametrize("rows", [[], [FRESH]], ids=["no rows", "errors only"])
def test_where_nothing_was_measured_there_is_no_picture(rows: list[Measurement]) -> None:
    assert pictures(rows, TASK) == {}


def test_a_row_with_an_error_is_left_out() -> None:
    alone = [candidate("small")]

    assert pictures([*alone, FRESH], TASK) == pictures(alone, TASK)


def test_the_same_rows_in_any_order_give_the_same_bytes(drawn: dict[str, str]) -> None:
    assert pictures(TWELVE[::-1], TASK) == drawn


def test_settings_of_matplotlib_change_no_picture_and_stay(drawn: dict[str, str]) -> None:
    with mpl.rc_context({"font.size": 31, "axes.grid": True, "svg.fonttype": "path"}):
        assert pictures(TWELVE, TASK) == drawn
        assert mpl.rcParams["font.size"] == 31


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_measured_in_whole_pixels(drawn: dict[str, str], name: str) -> None:
    assert re.search(r'<svg [^>]*width="860" height="\d+" viewBox="0 0 860 \d+"', drawn[name])


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_names_every_candidate_once(drawn: dict[str, str], name: str) -> None:
    found = words(drawn[name])

    assert [found.count(row["candidate"]) for row in TWELVE] == [1] * 12


@pytest.mark.parametrize("name", NAMES)
def test_no_two_texts_overlap_and_none_leaves_the_picture(drawn: dict[str, str], name: str) -> None:
    found = list(texts(drawn[name]))
    *_, width, height = map(float, re.findall(r'viewBox="(.*?)"', drawn[name])[0].split())

    pairs = itertools.combinations(found, 2)
    assert [(a.words, b.words) for a, b in pairs if a.box.meets(b.box)] == []
    outside = [text for text in found if text.box.left < 0 or text.box.right > width]
    assert outside == []
    assert [text for text in found if text.box.bottom < 0 or text.box.top > height] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_in_pixels_and_holds_no_date_and_no_version(
    drawn: dict[str, str], name: str
) -> None:
    assert re.search(r'width="860" height="\d+"', drawn[name])
    assert "Matplotlib" not in drawn[name]
    assert "dc:date" not in drawn[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_has_a_dark_twin(drawn: dict[str, str], name: str) -> None:
    inside = drawn[name].partition("</style>")[2]

    assert set(re.findall(r"#[0-9a-f]{6}\b", inside)) <= set(_DARK)
    assert [light for light in _DARK if f'"fill: {light}"' not in drawn[name]] == []


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours: WCAG 2.1, 1.4.3."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("light", sorted(set(_DARK) - {PAGE, FAINT}))
def test_what_is_written_can_be_read_on_both_pages(light: str) -> None:
    assert contrast(light, PAGE) >= 4.5
    assert contrast(_DARK[light], _DARK[PAGE]) >= 4.5


def test_limits_are_labelled(drawn: dict[str, str]) -> None:
    assert {"under 25 KiB", "over 97 %"} <= set(words(drawn["accuracy-size"]))


def limited(us: float) -> list[str]:
    """Return the words about a latency limit of candidates that take 180 to 200 µs."""
    budget = {"min_accuracy": 0.97, "max_zipped_bytes": 25_600, "max_latency_us": us}
    rows = [candidate("fast", us=180, budget=budget), candidate("slow", us=200, budget=budget)]
    found = words(accuracy_against(LATENCY, rows))
    return [text for text in found if "under" in text]


@pytest.mark.parametrize(
    ("us", "expected"),
    [
        (500, "under 500 µs"),
        (501, "under 501 µs →"),
        (8_000, "under 8,000 µs →"),
        (72, "under 72 µs"),
        (71, "← under 71 µs"),
    ],
)
def test_a_limit_far_from_all_values_is_labelled_with_an_arrow(us: float, expected: str) -> None:
    assert limited(us) == [expected]


def test_every_limit_is_labelled_once() -> None:
    tight = {"min_accuracy": 0.98, "max_zipped_bytes": 24_000, "max_latency_us": 8_000}
    rows = [candidate("common", kib=20), candidate("tight", budget=tight), candidate("third")]

    found = words(accuracy_against(SIZE, rows))

    assert sorted(text for text in found if re.match("over|under", text)) == [
        "over 97 %",
        "over 98 %",
        "under 23.44 KiB",
        "under 25 KiB",
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([(1, 1)], [True]),
        ([(1, 1), (2, 2)], [True, True]),
        ([(1, 2), (2, 1)], [True, False]),
        ([(1, 1), (1, 2)], [False, True]),
        ([(1, 1), (2, 1)], [True, False]),
        ([(1, 1), (1, 1)], [True, True]),
        ([(3, 3), (1, 1), (2, 1), (2, 2), (4, 3)], [True, True, False, True, False]),
    ],
    ids=["alone", "a trade", "worse", "less gain", "more cost", "twins", "several"],
)
def test_the_front_is_what_no_other_beats(
    values: Sequence[tuple[float, float]], expected: list[bool]
) -> None:
    assert pareto(np.array(values, float)) == expected


AREA = Box(0, 0, 700, 400)
NO_LINES = np.empty((0, 2))


def test_words_and_names_in_any_script_are_drawn() -> None:
    words = ["\u5411\u524d", "<stop> & |"]
    names = ("\u6a21\u578b \u0928\u092e", "a < b & $x$", "y" * 40)
    rows = [candidate(name, labels=words) for name in names]

    for svg in pictures(rows, words).values():
        found = " ".join(text.words for text in texts(svg))
        assert all(found.count(name) == 1 for name in names)


@pytest.mark.parametrize("letter", ["W", "y", "\u5411"])
def test_the_widest_names_and_words_fit(letter: str) -> None:
    words = [letter * 64, letter * 63 + "x"]
    rows = [candidate(name, labels=words) for name in (letter * 64, "small")]

    for svg in pictures(rows, words).values():
        assert all(text.box.left >= 0 and text.box.right <= 860 for text in texts(svg))


def test_a_chinese_letter_is_as_wide_as_it_is_high() -> None:
    assert text_width("\u5411" * 10) == pytest.approx(10 * 12, rel=0.02)


def test_a_lone_label_stands_right_of_its_point() -> None:
    (label,) = place([(40, 16)], np.array([(100.0, 50.0)]), AREA, NO_LINES)

    assert label == (Box(107, 42, 147, 58), "left", None)


def test_a_label_at_the_right_edge_stands_left_of_its_point() -> None:
    (label,) = place([(40, 16)], np.array([(690.0, 50.0)]), AREA, NO_LINES)

    assert label == (Box(643, 42, 683, 58), "right", None)


def test_a_label_keeps_off_lines() -> None:
    line = np.linspace((100, 50), (700, 50), 100)

    (label,) = place([(40, 16)], np.array([(100.0, 50.0)]), AREA, line)

    assert label.box == Box(53, 42, 93, 58)


CROWDS = {
    "one spot": np.full((12, 2), 350.0) * (1, 0.5),
    "a corner": np.full((12, 2), 2.0),
    "a row": np.stack([np.linspace(300, 330, 12), np.full(12, 399.0)], axis=1),
    "a cloud": np.random.default_rng(1).uniform((330, 190), (370, 210), (12, 2)),
}


def test_only_candidates_that_pass_are_on_the_front() -> None:
    fast = candidate("fast", wrong=0, kib=5, us=10, verdict="invalid")

    drawn = pictures([fast, candidate("small", wrong=3, kib=10, us=100)], TASK)

    for name in ("accuracy-size", "accuracy-latency"):
        bold = re.findall(r'<text style="[^"]*700[^"]*"[^>]*>(\w+)</text>', drawn[name])
        assert "small" in bold
        assert "fast" not in bold


@pytest.mark.parametrize(
    ("unjudged", "bold_in"),
    [("accuracy", set()), ("size", {"accuracy-latency"}), ("latency", {"accuracy-size"})],
)
def test_a_candidate_is_on_no_front_of_a_metric_that_is_not_judged(
    unjudged: str, bold_in: set[str]
) -> None:
    fast = candidate("fast", wrong=0, kib=5, us=10, not_judged=[unjudged])

    drawn = pictures([fast, candidate("small", wrong=3, kib=10, us=100)], TASK)

    bold = r'<text style="[^"]*700[^"]*"[^>]*>fast</text>'
    fronts = ("accuracy-size", "accuracy-latency")
    assert {name for name in fronts if re.search(bold, drawn[name])} == bold_in


@pytest.mark.parametrize("points", CROWDS.values(), ids=CROWDS)
def test_no_two_labels_of_twelve_crowded_points_meet(points: Numbers) -> None:
    sizes = [(60.0 + 8 * index, 16.0) for index in range(12)]

    boxes = [label.box for label in place(sizes, points, AREA, NO_LINES)]

    assert [pair for pair in itertools.combinations(boxes, 2) if pair[0].meets(pair[1])] == []
    assert [(right - left, top - bottom) for left, bottom, right, top in boxes] == sizes
    assert min(min(box) for box in boxes) >= 0
    assert max(box.right for box in boxes) <= 700
    assert max(box.top for box in boxes) <= 400


def test_a_label_away_from_its_point_has_a_line_to_it() -> None:
    points = CROWDS["one spot"]

    leaders = [label.leader for label in place([(90, 16)] * 12, points, AREA, NO_LINES)]

    assert leaders[0] is None
    assert {leader[0] for leader in leaders if leader is not None} == {(350.0, 175.0)}


def test_where_there_is_no_room_a_label_is_written_all_the_same() -> None:
    labels = place([(40, 16)] * 3, np.full((3, 2), 10.0), Box(0, 0, 60, 20), NO_LINES)

    assert len(labels) == 3


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (9, 31, [10, 15, 20, 25, 30]),
        (140, 1_100, [200, 300, 500, 700, 1_000]),
        (90, 9_000, [100, 200, 500, 1_000, 2_000, 5_000]),
        (1, 10**7, [10**power for power in range(8)]),
    ],
)
def test_a_logarithmic_axis_has_round_numbers(
    low: float, high: float, expected: list[float]
) -> None:
    assert list(_round_numbers(low, high)) == expected


def lanes(svg: str) -> list[list[str]]:
    """Return the texts of "small" and "large" line by line: names left, values right."""
    lines: dict[float, list[Text]] = {}
    for text in texts(svg):
        lines.setdefault(round(text.box.bottom / 8), []).append(text)
    found = [[text.words for text in sorted(line, key=lambda t: t.box)] for line in lines.values()]
    return sorted((line for line in found if line[0] in {"small", "large"}), reverse=True)


SMALL_AND_LARGE = [candidate("large", us=1_234.5), candidate("small", us=150.25)]


def test_lanes_show_p50_and_p99_and_run_from_fast_to_slow() -> None:
    svg = latencies(SMALL_AND_LARGE)

    assert lanes(svg) == [["small", "150", "225"], ["large", "1,234", "1,852"]]
    tops = {text.words: text.box.bottom for text in texts(svg)}
    assert tops["small"] < tops["large"]


def test_stages_stand_beside_their_total_and_run_from_fast_to_slow() -> None:
    svg = stages(SMALL_AND_LARGE)

    assert lanes(svg) == [
        ["small", "110", "40.2", "150"],
        ["large", "110", "1,124", "1,234"],
    ]
    tops = {text.words: text.box.bottom for text in texts(svg)}
    assert tops["small"] < tops["large"]


def test_a_matrix_has_the_words_of_the_task_down_and_those_of_the_model_across() -> None:
    labels = ["go", "other", "stop"]
    confusion = [[41, 7, 2], [0, 1, 49]]
    accuracy = {"correct": 90, "total": 100, "low": 0.8, "high": 0.95, "confusion": confusion}
    svg = confusions([candidate("x", accuracy=accuracy, labels=labels)], TASK)

    found = words(svg)

    assert found[found.index("x") + 1 :] == [*labels, "go", "41", "7", "2", "stop", "0", "1", "49"]


def test_matrices_of_twelve_words_fit() -> None:
    task = [*(f"word{index:02}" for index in range(11)), "unknown"]
    counts = (np.eye(12, dtype=int) * 400 + 1).tolist()
    accuracy = {"correct": 4_800, "total": 4_932, "low": 0.97, "high": 0.98, "confusion": counts}
    rows = [candidate(name, accuracy=accuracy, labels=task) for name in ("one", "two", "three")]

    found = list(texts(confusions(rows, task)))

    pairs = itertools.combinations(found, 2)
    assert [(a.words, b.words) for a, b in pairs if a.box.meets(b.box)] == []
    assert max(text.box.right for text in found) <= 860


def acting(detected: int, words: int, noise: int, *, others: int = 600) -> dict[str, Any]:
    """Return an operating rule that so many of 100, of *others* and of 400 clips trigger."""
    return {
        "threshold": 0.95,
        "detected": {"count": detected, "total": 100, "low": 0, "high": 1},
        "false_accepts": {
            "words": {"count": words, "total": others, "low": 0, "high": 1},
            "noise": {"count": noise, "total": 400, "low": 0, "high": 1},
        },
        "curve": {
            "threshold": [0.5, 0.95],
            "detected": [100, detected],
            "words": [min(others, 2 * words), words],
            "noise": [2 * noise, noise],
        },
    }


def test_the_shares_at_the_operating_rule_are_written() -> None:
    svg = operating([candidate("wary", operating_rule=acting(91, 12, 2))])

    assert svg is not None
    rates = {"91 % detected", "2.0 %", "0.5 %"}
    assert [text for text in words(svg) if text in rates] == ["91 % detected", "2.0 %"]


def test_names_wider_than_a_panel_do_not_meet() -> None:
    svg = operating([candidate(f"tc_cnn_28_l15_int8_heard_only_{i}") for i in range(4)])

    pairs = itertools.combinations(texts(svg or ""), 2)
    assert [(a.words, b.words) for a, b in pairs if a.box.meets(b.box)] == []


def test_the_rule_is_marked_on_both_curves_at_its_place() -> None:
    svg = operating([candidate("wary", operating_rule=acting(91, 54, 36))])

    assert svg is not None
    words_at, noise_at = re.findall(r'<use [^>]*x="(.*?)" y="(.*?)" style="fill: #', svg)[-2:]
    assert words_at == noise_at  # 9 % of both


def test_without_other_words_only_noise_is_drawn() -> None:
    svg = operating([candidate("eight", operating_rule=acting(91, 0, 2, others=0))])

    assert svg is not None
    assert "heard words" not in words(svg)
    assert "0.5 %" in words(svg)


def test_rows_from_before_curves_were_recorded_are_left_out() -> None:
    old = candidate(
        "old", operating_rule={"threshold": 0.95, "detected": {"count": 9, "total": 10}}
    )

    assert operating([old]) is None
    assert operating([old, TWELVE[0]]) == operating([TWELVE[0]])
    assert "operating" not in pictures([old], TASK)


def test_the_picture_grows_by_panels_though_each_shows_all_candidates() -> None:
    def size(candidates: int) -> int:
        curve = {"threshold": [0.5] * 40, "detected": list(range(100, 60, -1)), "words": None}
        curve |= {"noise": list(range(80, 40, -1))}
        rule = {**acting(90, 0, 60, others=0), "curve": curve}
        rows = [candidate(f"number_{n}", operating_rule=rule) for n in range(candidates)]
        return len(operating(rows) or "")

    # Forty points of ten more candidates in ten more panels would come to ten times as much.
    assert size(20) - size(10) < 1.25 * (size(10) - size(1))


def test_the_axis_begins_below_what_the_weakest_detects() -> None:
    weak = candidate("weak", operating_rule=acting(43, 6, 0))

    svg = operating([weak, TWELVE[0]])

    assert svg is not None
    assert "40 %" in words(svg)


def test_the_axis_ends_beyond_what_is_accepted_most_often() -> None:
    svg = operating([candidate("eager", operating_rule=acting(91, 420, 360)), TWELVE[0]])

    assert svg is not None
    panels = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)
    ends = {float(left) + float(width) for left, width in panels}
    dots = [float(x) for x, _ in re.findall(r'<use [^>]*x="(.*?)" y="(.*?)" style="fill: #', svg)]
    assert len(dots) == 2 + 3
    assert max(dots[:2]) < min(ends)
    found = list(texts(svg))
    pairs = itertools.combinations(found, 2)
    assert [(a.words, b.words) for a, b in pairs if a.box.meets(b.box)] == []
