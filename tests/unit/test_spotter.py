import numpy as np
import pytest

from harness import LogMel
from harness.errors import ModelError
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter
from tests.unit.models import FEATURES, loud, loudness_model, nan_model, silent


def make_spotter(data: bytes) -> Spotter:
    model = Model(data, "m", features_shape=FEATURES, labels=("go", "stop"))
    return Spotter(LogMel(), model)


def test_a_spotter_is_front_end_and_model_and_nothing_else() -> None:
    spotter = make_spotter(loudness_model())
    # Silence is log(1e-6) in every feature: logits log(1e-6) + 10 and 0, softmaxed.
    odds = np.exp(np.log(1e-6) + 10)

    scores = spotter(silent())

    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [odds / (1 + odds), 1 / (1 + odds)], rtol=1e-4)


def test_many_clips_are_scored_as_each_is_alone() -> None:
    spotter = make_spotter(loudness_model())
    clips = np.stack([loud(), silent(), loud()])

    scores = spotter.score(clips)

    assert scores.argmax(axis=1).tolist() == [0, 1, 0]
    assert scores.tolist() == [spotter(clip).tolist() for clip in clips]


def test_scores_that_are_no_numbers_are_refused() -> None:
    message = (
        r"the model gives scores that are no numbers for 2 of 2 clips; "
        r"train it again with a lower learning rate"
    )

    with pytest.raises(ModelError, match=message):
        make_spotter(nan_model()).score(np.stack([loud(), silent()]))
