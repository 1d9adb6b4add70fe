"""The operating rule, by hand."""

import numpy as np
import pytest

from harness.decisions import OPERATING_THRESHOLD, decide, triggers

LABELS = ("up", "go", "stop")
TASK = ("go", "stop")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param((0.01, 0.97, 0.02), "go", id="certain"),
        pytest.param((0.01, 0.02, 0.97), "stop", id="of another word"),
        pytest.param((0.01, 0.94, 0.05), None, id="not certain enough"),
        pytest.param((0.05, 0.95, 0.00), None, id="threshold met exactly"),
        pytest.param((0.97, 0.02, 0.01), None, id="of a label outside the task"),
        pytest.param((np.nan, np.nan, np.nan), None, id="no numbers"),
    ],
)
def test_a_decision_is_a_word_of_the_task_above_the_threshold(
    scores: tuple[float, float, float], expected: str | None
) -> None:
    assert decide(np.array([scores], np.float32), TASK, LABELS) == (expected,)


def test_each_clip_is_decided_for_itself() -> None:
    scores = np.array([(0, 1, 0), (0.3, 0.3, 0.4), (1, 0, 0), (0, 0, 1)], np.float32)

    assert decide(scores, TASK, LABELS) == ("go", None, None, "stop")


def test_no_clips_are_no_decisions() -> None:
    assert decide(np.empty((0, 3), np.float32), TASK, LABELS) == ()


def test_another_threshold_may_be_tried() -> None:
    certainties = np.array([0.5, 0.8, OPERATING_THRESHOLD, 0.96], np.float32)

    assert triggers(certainties).tolist() == [False, False, False, True]
    assert triggers(certainties, 0.5).tolist() == [False, True, True, True]
