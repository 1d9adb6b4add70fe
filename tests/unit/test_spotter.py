from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import harness
from harness import LogMel
from harness.errors import CandidateError, ModelError
from harness.spotter.loading import load_spotter
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter
from tests.unit.models import (
    FEATURES,
    Graph,
    Operator,
    dense_model,
    loud,
    loudness_model,
    make_package,
    nan_model,
    ready,
    silent,
)

GO_STOP = ("go", "stop")


def make_spotter(data: bytes, labels: tuple[str, ...] = GO_STOP) -> Spotter:
    model = Model(data, "m", features_shape=FEATURES, labels=labels)
    return Spotter(LogMel(), model, labels=labels, task=GO_STOP)


def test_a_spotter_is_front_end_and_model_and_nothing_else() -> None:
    spotter = make_spotter(loudness_model())
    # Silence is log(1e-6) in every feature: logits log(1e-6) + 10 and 0, softmaxed.
    odds = np.exp(np.log(1e-6) + 10)

    scores = spotter(silent())

    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [odds / (1 + odds), 1 / (1 + odds)], rtol=1e-4)


def test_a_certain_spotter_decides_for_the_word_of_its_top_score() -> None:
    spotter = make_spotter(loudness_model())

    assert (spotter.decide(loud()), spotter.decide(silent())) == GO_STOP


def test_an_uncertain_spotter_decides_for_nothing() -> None:
    # Two more for the label of loud clips: silence has odds of exp(1.8), 86 %.
    spotter = make_spotter(loudness_model(offset=2))

    assert spotter(silent()).argmax() == 1
    assert spotter.decide(silent()) is None


def test_a_label_outside_the_task_is_never_decided_for() -> None:
    spotter = make_spotter(loudness_model(3), labels=("up", "go", "stop"))

    assert spotter(loud()).tolist() == pytest.approx([1, 0, 0], abs=1e-3)
    assert (spotter.decide(loud()), spotter.decide(silent())) == (None, "go")


def test_many_clips_are_scored_as_each_is_alone() -> None:
    spotter = make_spotter(loudness_model())
    clips = np.stack([loud(), silent(), loud()])

    scores = spotter.score(clips)

    assert scores.argmax(axis=1).tolist() == [0, 1, 0]
    assert scores.tolist() == [spotter(clip).tolist() for clip in clips]


def test_no_clips_have_no_scores() -> None:
    assert make_spotter(loudness_model()).score(np.empty((0, 16_000), np.int16)).shape == (0, 2)


def test_scores_that_are_no_numbers_are_refused() -> None:
    message = (
        r"the model gives scores that are no numbers for 2 of 2 clips; "
        r"train it again with a lower learning rate"
    )

    with pytest.raises(ModelError, match=message):
        make_spotter(nan_model()).score(np.stack([loud(), silent()]))


def mfcc_model() -> bytes:
    """
    Return an int8 model of MLPerf Tiny's features that hears label 0 in loud clips.

    Its logits, in steps of 1, are the mean zeroth coefficient, and 0.
    """
    graph = Graph()
    x = graph.variable((1, 49, 10, 1), np.int8, scale=1.0)
    weights = np.zeros((2, 49, 10), np.int8)
    weights[0, :, 0] = 1
    logits = graph.operator(
        Operator.FULLY_CONNECTED,
        [
            x,
            graph.constant(weights.reshape(2, -1), scale=1 / 49),
            graph.constant(np.zeros(2, np.int32), scale=1 / 49),
        ],
        graph.variable((1, 2), np.int8, scale=1.0),
        schema.FullyConnectedOptionsT(),
    )
    scores = graph.operator(
        Operator.SOFTMAX,
        [logits],
        graph.variable((1, 2), np.int8, scale=1 / 256, zero=-128),
        schema.SoftmaxOptionsT(beta=1.0),
    )
    return graph.file([x], [scores])


def waveform_model() -> bytes:
    """Return a float model of samples whose logits are the sum of the first four, and 0.5."""
    weights = np.zeros((2, 16_000))
    weights[0, :4] = 20
    return dense_model(weights, np.array([0, 10]), features=(16_000,))


MLPERF_TINY = (
    "Mfcc(normalisation='maximum', log_mel=LogMel(frame_ms=30, hop_ms=20, fft_length=512, "
    "mel_bins=40, high_hz=4_000))"
)
OWN = """
import dataclasses
import numpy as np


@dataclasses.dataclass(frozen=True)
class Levels:
    shape: tuple[int, ...] = (39, 32)

    def __call__(self, clip):
        return np.full(self.shape, 5 if clip.any() else -20, {dtype})


"""
MODULES = {
    "mfcc": "from harness import LogMel, Mfcc\n" + ready("mfcc", f"frontend={MLPERF_TINY}"),
    "waveform": "from harness import Waveform\n" + ready("waveform", "frontend=Waveform()"),
    "levels": OWN.format(dtype="np.float32") + ready("loudness", "frontend=Levels()"),
    "doubles": OWN.format(dtype="np.float64") + ready("loudness", "frontend=Levels()"),
    "misfit": "from harness import Waveform\n" + ready("mfcc", "frontend=Waveform()"),
    "missing": ready("nowhere"),
}
MODELS = {"mfcc": mfcc_model(), "waveform": waveform_model(), "loudness": loudness_model()}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    return make_package(tmp_path, monkeypatch, MODULES, MODELS).folder.name


@pytest.mark.parametrize("name", ["mfcc", "waveform", "levels"])
def test_a_model_made_elsewhere_is_loaded_by_name_with_its_front_end(
    name: str, package: str
) -> None:
    loud_clip = loud()
    loud_clip[:4] = 16_384
    spotter = load_spotter(name, package)

    assert (spotter.labels, spotter.task) == (GO_STOP, GO_STOP)
    assert spotter.score(np.stack([loud_clip, silent()])).argmax(axis=1).tolist() == [0, 1]
    assert (spotter.decide(loud_clip), spotter.decide(silent())) == GO_STOP


def test_the_spotter_of_a_committed_candidate_has_its_words() -> None:
    spotter = harness.load_spotter("tc_cnn_64_int8_eight_words")

    assert len(spotter.labels) == 8
    assert spotter(silent()).shape == (8,)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("godot", CandidateError, "^unknown candidate 'godot'; known candidates: doubles, "),
        ("missing", ModelError, r"^missing: .*nowhere\.tflite does not exist; put the model there"),
        (
            "misfit",
            ModelError,
            r"^misfit\.tflite takes .* \(1, 49, 10, 1\), but the front-end gives \(16000,\); ",
        ),
        (
            "doubles",
            CandidateError,
            r"^the front-end Levels returned float64 of shape \(39, 32\) for a silent clip, ",
        ),
    ],
)
def test_a_spotter_that_cannot_be_loaded_is_an_error_that_says_why(
    name: str, error: type[Exception], message: str, package: str
) -> None:
    with pytest.raises(error, match=message):
        load_spotter(name, package)
