from typing import Any

import pytest

from harness.errors import ResultsError
from harness.record import rows
from harness.statistics import Paired

SURE, UNSURE = [0.96, 0.04], [0.9, 0.1]


def row(**scores: list[float]) -> dict[str, Any]:
    """Return a row with scores for a clip of each word: ``go_1`` stands for ``go/1.wav``."""
    keys = {f"{word.replace('_', '/')}.wav": row for word, row in scores.items()}
    rule = {"threshold": 0.95}
    return {"candidate": "a", "labels": ["go", "stop"], "scores": keys, "operating_rule": rule}


def test_a_clip_is_right_if_its_top_score_is_that_of_its_word() -> None:
    assert rows.correct(row(go_1=UNSURE, stop_1=SURE)) == {"go/1.wav": True, "stop/1.wav": False}


def test_a_clip_is_detected_if_it_is_right_and_above_the_threshold() -> None:
    found = rows.detected(row(go_1=UNSURE, go_2=SURE, stop_1=SURE))

    assert found == {"go/1.wav": False, "go/2.wav": True, "stop/1.wav": False}


def test_clips_that_only_one_of_two_rows_has_right_are_counted() -> None:
    first = row(go_1=SURE, go_2=SURE, go_3=SURE, stop_1=SURE)
    second = row(stop_1=SURE[::-1], go_3=SURE, go_1=SURE[::-1], go_2=SURE[::-1])

    assert rows.paired(first, second, rows.correct) == Paired(lost=2, won=1)


def test_rows_of_other_clips_are_refused() -> None:
    message = (
        r"^a: go/2\.wav is scored in one record only, though the data set is the same; restore "
        r"the edited record from version control, or measure again$"
    )
    with pytest.raises(ResultsError, match=message):
        rows.paired(row(go_1=SURE), row(go_1=SURE, go_2=SURE), rows.correct)
