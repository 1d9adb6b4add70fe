"""What changed between two records, with numbers worked by hand."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pytest

from harness import statistics
from harness.errors import ResultsError
from harness.record.schema import Measurement, Record
from harness.report.comparison import compare, require_alike
from harness.statistics import Proportion, proportion

RIGHT = {
    f"{word}/{number}.wav": scores
    for word, scores in (("go", [0.9, 0.1]), ("stop", [0.2, 0.8]))
    for number in range(50)
}
"""Scores of 100 clips, every one correct, none of them above the threshold."""

CLIPS = list(RIGHT)
WINDOWS = (95.0, 98.0, 100.0, 102.0, 105.0)


def scored(*wrong: int) -> dict[str, Any]:
    """Return accuracy and scores of a row that has these of the 100 clips wrong."""
    reversed_scores = {CLIPS[number]: RIGHT[CLIPS[number]][::-1] for number in wrong}
    accuracy = {"correct": 100 - len(wrong), "total": 100, "low": 0.0, "high": 1.0}
    return {"scores": RIGHT | reversed_scores, "accuracy": accuracy}


def accepting(clips: int) -> dict[str, Any]:
    """Return the operating rule of a row that so many of 1,000 clips of other words trigger."""
    return ruled(proportion(clips, 1_000))


def ruled(words: Proportion | None = None, detected: int = 0) -> dict[str, Any]:
    """Return the operating rule of a row, with what is counted of other words."""
    rule: dict[str, Any] = {
        "threshold": 0.95,
        "detected": {"count": detected, "total": 100, "low": 0.0, "high": 1.0},
    }
    if words is not None:
        counted = {"count": words.hits, "total": words.total, "low": words.low, "high": words.high}
        rule["false_accepts"] = {"words": counted}
    return {"operating_rule": rule}


def zipped(size: int) -> dict[str, Any]:
    return {"size": {"raw_bytes": 40_000, "zipped_bytes": size}}


def timed(windows: Sequence[float]) -> dict[str, Any]:
    """Return latency and windows of a row with these five medians."""
    return {
        "latency_us": {"total": {"p50": sorted(windows)[2]}},
        "windows": [{"p50_us": p50, "board": {}} for p50 in windows],
    }


def row(name: str = "small", **changes: Any) -> Measurement:
    """Return the row of a candidate: all clips right, 10,000 bytes, 100 µs; with *changes*."""
    return {
        **dict.fromkeys(Measurement.__annotations__),  # type: ignore[typeddict-item]
        "candidate": name,
        "model_sha256": "old",
        "labels": ["go", "stop"],
        "verdict": "pass",
        **scored(),
        **accepting(30),
        **zipped(10_000),
        **timed(WINDOWS),
        **changes,
    }


def error(name: str, text: str) -> Measurement:
    nothing = dict.fromkeys(("accuracy", "scores", "size", "latency_us", "windows", "model_sha256"))
    return row(name, **nothing, verdict="error", error=text)


def record(
    *rows: Measurement,
    run: Mapping[str, Any] | None = None,
    board: Mapping[str, Any] | None = None,
    dataset: Mapping[str, Any] | None = None,
) -> Record:
    versions = {"litert": "2.3.0", "numpy": "2.4.6", "scipy": "1.17.1", "python": "3.11.2"}
    espeak = {"name": "espeak", "digest": "sha256:1", "labels": ["go", "stop"], "left_out": {}}
    return Record(
        format=1,
        run={"started": "2026-01-02T03:04:05Z", "profile": "quick", **(run or {})},
        board={"name": "raspberry-pi-4", "machine": "aaaaaaaa", **versions, **(board or {})},
        dataset={**espeak, **(dataset or {})},
        measurements=list(rows),
    )


def verdicts(old: Measurement, new: Measurement) -> dict[str, str]:
    """Return the verdict on each metric of a candidate alone in its records."""
    lines = compare(record(old), record(new)).table.splitlines()
    cells = [re.split(r"\s{2,}", line.strip()) for line in lines[2:]]
    return {line[1]: line[5] for line in cells}


ALL_THE_SAME = dict.fromkeys(
    ("accuracy", "size", "latency", "detection", "false accepts on heard words"), "same"
)

GOLDEN = """\
candidate          metric                             old       new    ratio  verdict                 judged by
-----------------  ----------------------------  --------  --------  -------  ----------------------  ------------------------------------------------------
exact              accuracy                       100.00%   100.00%    1.000  same                    0 lost, 0 won, p = 1.000
exact              size                          20,000 B  18,000 B    0.900  better                  at most 1.01
exact              latency                       100.0 µs  103.0 µs    1.030  same within noise       at most 1.10, middle windows 98.0-102.0 -> 101.0-105.0
exact              detection                        0.00%     0.00%        -  same                    0 lost, 0 won, p = 1.000
exact              false accepts on heard words     3.00%     3.00%    1.000  same                    intervals 2.1-4.3 -> 2.1-4.3 %
small (new model)  accuracy                        99.00%    92.00%    0.929  WORSE                   8 lost, 1 won, p = 0.039
small (new model)  size                          10,000 B  10,050 B    1.005  worse within tolerance  at most 1.01
small (new model)  latency                       100.0 µs  120.0 µs    1.200  WORSE                   at most 1.10, middle windows 98.0-102.0 -> 118.0-122.0
small (new model)  detection                        0.00%     0.00%        -  same                    0 lost, 0 won, p = 1.000
small (new model)  false accepts on heard words     3.00%     3.00%    1.000  same                    intervals 2.1-4.3 -> 2.1-4.3 %
- broken: not compared, old error: never trained
- fresh: not compared, it is not in the old record
- gone: not compared, it is not in the new record
- stale: not compared, new error: trained from another specification"""  # noqa: E501


def test_the_table_and_the_regressions_are_as_expected() -> None:
    slow = timed([115.0, 118.0, 120.0, 122.0, 125.0])
    old = record(
        row("small", **scored(99)),
        row("exact", **zipped(20_000)),
        row("gone"),
        row("stale"),
        error("broken", "never trained"),
    )
    new = record(
        row("fresh"),
        row("broken"),
        error("stale", "trained from another specification"),
        row("exact", **zipped(18_000), **timed([98.0, 101.0, 103.0, 105.0, 108.0])),
        row("small", **scored(*range(8)), **zipped(10_050), **slow, model_sha256="new"),
    )

    found = compare(old, new)

    assert found.table == GOLDEN
    assert found.regressions == (
        "small (new model): accuracy 99.00% -> 92.00%, ratio 0.929 (8 lost, 1 won, p = 0.039)",
        (
            "small (new model): latency 100.0 µs -> 120.0 µs, ratio 1.200 "
            "(at most 1.10, middle windows 98.0-102.0 -> 118.0-122.0)"
        ),
    )


def test_a_record_is_the_same_as_itself() -> None:
    assert verdicts(row(**scored(7)), row(**scored(7))) == ALL_THE_SAME
    assert compare(record(row()), record(row())).regressions == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(range(0), range(5), "same within noise", id="5 lost, p 0.063"),
        pytest.param(range(0), range(6), "WORSE", id="6 lost, p 0.031"),
        pytest.param(range(6), range(0), "better", id="6 won"),
        pytest.param(range(2), range(2, 10), "same within noise", id="8 lost, 2 won, p 0.11"),
        pytest.param(range(9), range(9, 18), "same", id="9 lost, 9 won"),
        pytest.param(range(30), range(36), "WORSE", id="30 wrong in both do not count"),
    ],
)
def test_accuracy_is_judged_on_the_clips_that_changed(
    old: Collection[int], new: Collection[int], expected: str
) -> None:
    found = verdicts(row(**scored(*old)), row(**scored(*new)))

    assert found == {**ALL_THE_SAME, "accuracy": expected}


def test_scores_are_read_by_the_labels_of_their_own_row() -> None:
    turned = {clip: scores[::-1] for clip, scores in RIGHT.items()}

    assert verdicts(row(), row(labels=["stop", "go"], scores=turned)) == ALL_THE_SAME


def test_clips_are_paired_by_name_in_any_order() -> None:
    backwards = dict(reversed(scored(3)["scores"].items()))

    assert verdicts(row(**scored(3)), row(**{**scored(3), "scores": backwards})) == ALL_THE_SAME


def test_an_accuracy_of_zero_has_no_ratio() -> None:
    nothing = record(row(**scored(*range(100))))

    line = compare(nothing, nothing).table.splitlines()[2]

    assert line.split()[2:5] == ["0.00%", "0.00%", "-"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (9_999, "better"),
        (10_000, "same"),
        (10_001, "worse within tolerance"),
        (10_100, "worse within tolerance"),
        (10_101, "WORSE"),
    ],
)
def test_a_size_may_grow_by_a_hundredth(size: int, expected: str) -> None:
    assert verdicts(row(), row(**zipped(size))) == {**ALL_THE_SAME, "size": expected}


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        pytest.param((94, 99, 101, 130, 131), "same within noise", id="slower by little"),
        pytest.param((95, 102, 120, 121, 125), "same within noise", id="middle of old is met"),
        pytest.param((95, 102.1, 120, 121, 125), "WORSE", id="middle of old is passed"),
        pytest.param((106, 108, 110, 112, 113), "worse within tolerance", id="tolerance is met"),
        pytest.param((106, 108, 110.1, 112, 113), "WORSE", id="tolerance is passed"),
        pytest.param(
            (80, 82, 85, 98, 99), "same within noise", id="middle of old is met from below"
        ),
        pytest.param((80, 82, 85, 97.9, 150), "better", id="middle of old is passed from above"),
    ],
)
def test_latency_is_worse_beyond_the_tolerance_and_the_noise(
    windows: Sequence[float], expected: str
) -> None:
    assert verdicts(row(), row(**timed(windows))) == {**ALL_THE_SAME, "latency": expected}


def test_one_disturbed_window_hides_no_regression() -> None:
    disturbed = row(**timed([142.0, 233.0, 144.0, 141.0, 141.0]))
    slower = row(**timed([200.0, 201.0, 202.0, 203.0, 204.0]))

    assert verdicts(disturbed, slower) == {**ALL_THE_SAME, "latency": "WORSE"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [(60, 30, "better"), (45, 30, "same within noise"), (30, 30, "same"), (30, 60, "WORSE")],
)
def test_false_accepts_are_judged_by_their_intervals(old: int, new: int, expected: str) -> None:
    # Of 1,000, 30 are 2.1 to 4.3 %, 45 are 3.4 to 6.0 %, 60 are 4.7 to 7.6 %.
    found = verdicts(row(**accepting(old)), row(**accepting(new)))

    assert found == {**ALL_THE_SAME, "false accepts on heard words": expected}


def test_a_row_from_before_false_accepts_were_counted_is_not_judged_by_them() -> None:
    old = row(**ruled())

    assert verdicts(old, row()).keys() == ALL_THE_SAME.keys() - {"false accepts on heard words"}


def test_false_accepts_of_other_words_are_not_compared() -> None:
    new = record(row(**accepting(900)), dataset={"left_out": {"_noise": 1_000}})

    found = compare(record(row()), new, allow_different=True)

    assert "false accepts" not in found.table
    assert found.regressions == ()


def test_detection_is_judged_on_the_clips_that_changed() -> None:
    sure = RIGHT | {clip: [0.99, 0.01] for clip in CLIPS[:6]}

    assert verdicts(row(**{**ruled(proportion(30, 1_000), 6), "scores": sure}), row()) == {
        **ALL_THE_SAME,
        "detection": "WORSE",
    }


@pytest.mark.parametrize(("old", "new"), [("invalid", "pass"), ("pass", "invalid")])
def test_times_of_invalid_rows_are_not_judged(old: str, new: str) -> None:
    slow = row(verdict=new, **timed([210.0, 220.0, 230.0, 240.0, 250.0]))

    assert verdicts(row(verdict=old), slow) == {**ALL_THE_SAME, "latency": "not judged"}
    assert compare(record(row(verdict=old)), record(slow)).regressions == ()


CHANGES = [
    ("board", {"name": "raspberry-pi-5"}, "board raspberry-pi-4 -> raspberry-pi-5"),
    ("board", {"machine": "bbbbbbbb"}, "machine aaaaaaaa -> bbbbbbbb"),
    ("board", {"governor": "performance"}, "governor None -> performance"),
    ("board", {"litert": "2.4.0"}, "litert 2.3.0 -> 2.4.0"),
    ("board", {"numpy": "2.5.0"}, "numpy 2.4.6 -> 2.5.0"),
    ("board", {"scipy": "1.18.0"}, "scipy 1.17.1 -> 1.18.0"),
    ("board", {"python": "3.13.1"}, "python 3.11.2 -> 3.13.1"),
    ("dataset", {"name": "my_voice"}, "data set espeak -> my_voice"),
    ("dataset", {"digest": "sha256:2"}, "digest sha256:1 -> sha256:2"),
    ("dataset", {"labels": ["go", "no"]}, "task go/stop -> go/no"),
    ("dataset", {"left_out": {"up": 9, "yes": 8}}, "other words none -> up (9), yes (8)"),
    ("run", {"profile": "full"}, "profile quick -> full"),
]


@pytest.mark.parametrize(("part", "change", "named"), CHANGES, ids=[c[2] for c in CHANGES])
def test_different_circumstances_are_refused_unless_asked_for(
    part: str, change: dict[str, Any], named: str
) -> None:
    old, new = record(row()), record(row(), **{part: change})

    cure = "measure under the same circumstances, or add --compare-anyway"
    with pytest.raises(ResultsError, match=f"^the records differ: {re.escape(named)}; {cure}$"):
        compare(old, new)

    found = compare(old, new, allow_different=True)
    assert found.table.endswith(f"\n- compared anyway: {named}")
    assert found.regressions == ()


def test_a_record_from_before_machines_were_told_apart_can_be_compared() -> None:
    old = record(row())
    del old["board"]["machine"]

    assert compare(old, record(row())).regressions == ()


def test_every_difference_is_named() -> None:
    new = record(row(), board={"numpy": "2.5.0"}, run={"profile": "full"})

    differences = "profile quick -> full, numpy 2.4.6 -> 2.5.0;"
    with pytest.raises(ResultsError, match=f"^the records differ: {differences}"):
        compare(record(row()), new)


def test_what_is_known_before_measuring_is_enough_to_refuse() -> None:
    old, new = record(row()), record(row(), run={"profile": "full"})
    known: dict[str, object] = {"run": new["run"], "board": new["board"]}

    with pytest.raises(ResultsError, match=r"^the records differ: profile quick -> full; measure"):
        require_alike(old, known)

    assert require_alike(old, known, allow_different=True) == ["profile quick -> full"]
    assert require_alike(old, {"run": old["run"], "board": old["board"]}) == []


def test_when_and_from_which_commit_a_record_is_makes_no_difference() -> None:
    later = {"started": "2026-02-03T04:05:06Z", "commit": "fedcba9876", "dirty": True}

    assert compare(record(row()), record(row(), run=later)).regressions == ()


def test_accuracy_on_other_clips_is_shown_and_not_judged() -> None:
    new = record(row(**scored(*range(50))), dataset={"digest": "sha256:2"})

    found = compare(record(row()), new, allow_different=True)

    line = found.table.splitlines()[2].split()
    assert line[2:] == ["100.00%", "50.00%", "0.500", "not", "judged", "other", "clips"]
    assert found.regressions == ()


@pytest.mark.parametrize("allow_different", [False, True])
@pytest.mark.parametrize("fewer_in", ["old", "new"])
def test_other_clips_under_one_digest_are_refused(fewer_in: str, *, allow_different: bool) -> None:
    fewer = {clip: scores for clip, scores in RIGHT.items() if clip != "stop/49.wav"}
    scores = {"old": RIGHT, "new": RIGHT, fewer_in: fewer}
    old, new = record(row(scores=scores["old"])), record(row(scores=scores["new"]))

    message = (
        r"^small: stop/49\.wav is scored in one record only, though the data set is the same; "
        r"restore the edited record from version control, or measure again$"
    )
    with pytest.raises(ResultsError, match=message):
        compare(old, new, allow_different=allow_different)


def test_records_without_a_measured_candidate_in_common_are_refused() -> None:
    old, new = record(row("small"), row("gone")), record(error("small", "never trained"))

    message = (
        r"^nothing to compare \(gone: not compared, it is not in the new record; "
        r"small: not compared, new error: never trained\); measure a candidate of the old record$"
    )
    with pytest.raises(ResultsError, match=message):
        compare(old, new)


def test_the_error_of_a_row_is_told_short_and_printable() -> None:
    broken = record(error("small", "\x1b[2J" + "a" * 9_999))

    message = r"^nothing to compare \(small: not compared, old error: \\x1b\[2Ja{293}; small: "
    with pytest.raises(ResultsError, match=message):
        compare(broken, broken)


def test_what_differs_is_told_printable() -> None:
    old, new = (record(row("small"), board={"governor": name}) for name in ("\x1b[2J", "ondemand"))

    with pytest.raises(ResultsError, match=r"governor \\x1b\[2J -> ondemand"):
        compare(old, new)


def test_records_without_any_row_are_refused() -> None:
    message = r"^nothing to compare \(both records have 0 rows\); measure a candidate of the old"
    with pytest.raises(ResultsError, match=message):
        compare(record(), record())


def heard(accepted: int, missed: int, digest: str | None = "sha256:a") -> dict[str, Any]:
    """Return the stream of a row: false accepts in an hour, and how many of 100 words it missed."""
    rate, share = statistics.rate(accepted, 1), proportion(missed, 100)
    return {
        "stream": {
            "false_accepts": {"per_hour": rate.per_unit, "low": rate.low, "high": rate.high},
            "missed": {"count": missed, "total": 100, "low": share.low, "high": share.high},
            "digest": digest,
        }
    }


@pytest.mark.parametrize(
    ("accepted", "missed", "rate", "share"),
    [
        (10, 20, "same", "same"),
        (12, 25, "same within noise", "same within noise"),
        (60, 60, "WORSE", "WORSE"),
        (0, 2, "better", "better"),
    ],
)
def test_streams_are_compared_by_their_intervals(
    accepted: int, missed: int, rate: str, share: str
) -> None:
    found = compare(record(row(**heard(10, 20))), record(row(**heard(accepted, missed))))

    (first,) = [line for line in found.table.splitlines() if "false accepts per hour" in line]
    (second,) = [line for line in found.table.splitlines() if "missed words" in line]
    assert rate in first
    assert share in second
    assert len(found.regressions) == (rate == "WORSE") + (share == "WORSE")


@pytest.mark.parametrize("digest", ["sha256:b", None])
def test_streams_of_other_sounds_are_not_compared(digest: str | None) -> None:
    found = compare(record(row(**heard(10, 20))), record(row(**heard(90, 90, digest))))

    assert "per hour" not in found.table
    assert "missed words" not in found.table
    assert found.regressions == ()
