import atexit
import math
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from candidates._networks import DsCnn
from candidates._training import keras, tf
from candidates._training import train as train_module
from candidates._training.fit import build, learning_rate
from candidates._training.heard import held_out, other_words
from candidates._training.pruning import prunable
from candidates._training.sources import Sources
from candidates._training.train import main, train
from candidates.seed_ds_cnn_48_s95 import CANDIDATE as SEED_CANDIDATE
from harness import Candidate, LogMel, ReadyModel, Training
from harness.candidate.card import Card, read_model
from harness.candidate.registry import Registry
from harness.candidate.specification import specification_hash
from harness.datasets import Dataset, Source
from harness.decisions import correct
from harness.errors import CandidateError, UnreachableError
from harness.files import sha256
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter
from tests.training.synthetic import MarkedSource, SyntheticSource

TINY: Final = Candidate(
    frontend=LogMel(frame_ms=50, hop_ms=50, mel_bins=16),
    network=DsCnn(width=8, blocks=1, kernel=(10, 4)),
    training=Training(
        epochs=2,
        batch_size=4,
        learning_rate=0.005,
        variants=4,
        repeats=1,
        synthetic=0,
        other_words=0,
        vocabulary=0,
        cuts=0,
        running=0,
        foreign=0,
        noise=0,
        pruning_start=0.2,
        pruning_end=0.7,
        seed=3,
    ),
)
SOURCE: Final = SyntheticSource(clips_a_word=110)
VOICES: Final = SyntheticSource(clips_a_word=7, name="voices")


class Shy(SyntheticSource):
    """Voices that do not say go."""

    def words(self, split: str) -> tuple[str, ...]:
        """Return all words but one."""
        return tuple(word for word in super().words(split) if word != "go")


SHY: Final = Shy(clips_a_word=7, name="shy")


def _no_dense_end(keras: Any, input_shape: tuple[int, ...], labels: tuple[str, ...]) -> Any:
    layers = keras.layers
    inputs = keras.Input(shape=(*input_shape, 1))
    outputs = layers.GlobalAveragePooling2D()(layers.Conv2D(len(labels), 3)(inputs))
    return keras.Model(inputs, layers.Softmax()(outputs))


CACHE: Final = Path(tempfile.mkdtemp(prefix="spotbench-"))
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)


def sources(people: Source = SOURCE, synthetic: Source = VOICES, **more: Any) -> Sources:
    return Sources(people=people, synthetic=synthetic, cache=CACHE, **more)


@cache
def trained(sparsity: float = 0.0) -> tuple[bytes, Card]:
    return train(replace(TINY, sparsity=sparsity), "tiny", sources())


def load(data: bytes, candidate: Candidate = TINY) -> Model:
    return Model(data, "tiny", features_shape=candidate.frontend.shape, labels=candidate.labels)


class TestTrain:
    def test_the_card_names_what_the_model_was_trained_from(self) -> None:
        data, card = trained()

        assert (card.candidate, card.labels, card.seed) == ("tiny", ("go", "stop"), 3)
        assert card.specification == specification_hash(TINY)
        assert card.model_sha256 == sha256(data)
        assert card.data == {
            "name": "synthetic",
            "training": SOURCE.load(("go", "stop"), "training").digest,
            "other_words": None,
            "synthetic": None,
            "synthetic_other_words": None,
            "vocabulary": None,
            "foreign": None,
            "validation": SOURCE.load(("go", "stop"), "validation").digest,
            "credit": "",
        }

    def test_the_card_names_what_it_was_trained_with(self) -> None:
        _, card = trained()

        assert card.versions.keys() == {
            "python",
            "tensorflow",
            "tf-keras",
            "tensorflow-model-optimization",
            "numpy",
            "scipy",
        }
        assert card.versions["numpy"] == np.__version__
        assert card.machine
        assert card.training_s > 0

    def test_the_card_tells_each_epoch(self) -> None:
        _, card = trained()

        assert card.history.keys() == {"loss", "accuracy", "detection"}
        assert [len(values) for values in card.history.values()] == [2, 2, 2]

    def test_training_lowers_the_loss(self) -> None:
        _, card = trained()

        first, last = card.history["loss"]
        assert last < first

    def test_validation_counts_clips_that_the_spotter_gets_right(self) -> None:
        data, card = trained()
        validation = SOURCE.load(("go", "stop"), "validation")

        spotter = Spotter(TINY.frontend, load(data), labels=TINY.labels, task=TINY.words)
        scores = spotter.score(validation.clips)

        hits = int(correct(scores, validation.words, TINY.labels).sum())
        assert card.validation == {"correct": hits, "total": 220}

    def test_the_same_seed_gives_the_same_model(self) -> None:
        data, card = trained()

        again, same_card = train(TINY, "tiny", sources())

        assert again == data
        assert replace(same_card, training_s=card.training_s) == card

    def test_another_seed_gives_another_model(self) -> None:
        other = replace(TINY, training=replace(TINY.training, seed=4, epochs=1))

        data, _ = train(other, "tiny", sources())

        assert data != trained()[0]

    def test_a_model_not_pruned_has_no_zeros(self) -> None:
        _, card = trained()

        assert card.sparsity["overall"] == 0

    @pytest.mark.parametrize("sparsity", [0.5, 0.95])
    def test_pruning_leaves_the_zeros_asked_for_in_ordinary_convolutions(
        self, sparsity: float
    ) -> None:
        data, _ = trained(sparsity)
        zeros = load(data).anatomy.zeros

        shares = {layer: count / size for layer, (count, size) in zeros.items()}

        ordinary = {layer: share for layer, share in shares.items() if layer.endswith(" CONV_2D")}
        assert len(ordinary) == 2
        assert ordinary == pytest.approx(dict.fromkeys(ordinary, sparsity), abs=0.01)

    @pytest.mark.parametrize("sparsity", [0.5, 0.95])
    def test_pruning_leaves_all_else_dense(self, sparsity: float) -> None:
        data, _ = trained(sparsity)
        zeros = load(data).anatomy.zeros

        zeroless = {
            layer: count for layer, (count, _) in zeros.items() if not layer.endswith(" CONV_2D")
        }
        assert len(zeroless) == 2
        assert any("DEPTHWISE" in layer for layer in zeroless)
        assert set(zeroless.values()) == {0}

    def test_the_card_tells_the_zeros_of_each_layer(self) -> None:
        data, card = trained(0.5)
        anatomy = load(data).anatomy

        assert card.sparsity == {
            "overall": round(anatomy.sparsity, 4),
            "layers": {
                layer: round(count / size, 4) for layer, (count, size) in anatomy.zeros.items()
            },
        }

    def test_other_words_are_those_outside_the_task(self) -> None:
        short = replace(TINY.training, epochs=1, other_words=0.1)

        _, card = train(replace(TINY, training=short), "tiny", sources())

        assert card.data["other_words"] == SOURCE.load(("up", "yes"), "training").digest

    def test_english_digits_are_no_other_words(self) -> None:
        class Everything(SyntheticSource):
            def words(self, split: str) -> tuple[str, ...]:
                return (*super().words(split), "seven", "for")

        found = other_words(Everything(clips_a_word=1), ("go", "stop"), "training")

        assert found == ("up", "yes")

    def test_synthetic_voices_are_read_if_the_recipe_asks_for_them(self) -> None:
        short = replace(TINY.training, epochs=1, synthetic=0.1, other_words=0.1)

        _, card = train(replace(TINY, training=short), "tiny", sources())

        assert card.data["synthetic"] == VOICES.load(("go", "stop"), "training").digest
        assert card.data["synthetic_other_words"] == VOICES.load(("up", "yes"), "training").digest

    def test_a_recipe_without_them_has_none_on_its_card(self) -> None:
        _, card = trained()

        assert card.data["synthetic"] is None
        assert card.data["synthetic_other_words"] is None

    def test_voices_that_do_not_say_every_word_are_left_out(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        short = replace(TINY.training, epochs=1, synthetic=0.1)

        _, card = train(replace(TINY, training=short), "tiny", sources(synthetic=SHY))

        assert card.data["synthetic"] is None
        assert "tiny: no synthetic voices: shy does not say go\n" in capsys.readouterr().out

    def test_a_network_that_cannot_be_sharpened_is_refused_before_it_is_trained(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(train_module, "fit_all", None)

        with pytest.raises(CandidateError, match="not of a Dense one"):
            train(replace(TINY, network=_no_dense_end), "tiny", sources())

    def test_a_network_that_is_not_calibrated_may_end_as_it_likes(self) -> None:
        free = replace(TINY.training, epochs=1, false_accepts=None)

        _, card = train(replace(TINY, network=_no_dense_end, training=free), "tiny", sources())

        assert (card.sharpened, card.calibration["decided_by"]) == (1.0, None)
        assert card.history.keys() == {"loss", "accuracy"}

    def test_the_card_names_every_word_heard_by_source_and_language(self) -> None:
        every = replace(
            TINY.training, epochs=1, synthetic=0.1, other_words=0.1, vocabulary=0.1, foreign=0.1
        )
        wide = MarkedSource(said={"training": ("goat", "see you"), "validation": ("boat",)})
        words = ("arabic:up", "arabic:go", "arabic:left", "arabic:open", "arabic:close")
        foreign = MarkedSource(said={"training": words, "validation": words}, name="arabs")

        _, card = train(
            replace(TINY, training=every), "tiny", sources(vocabulary=wide, foreign=foreign)
        )

        unheard = [word for word in words if held_out(word)]
        assert card.heard == {
            "arabs": {"ar": sorted(w.partition(":")[2] for w in words if not held_out(w))},
            "marked": {"en": ["goat", "see you"]},
            "synthetic": {"en": ["go", "stop", "up", "yes"]},
            "voices": {"en": ["go", "stop", "up", "yes"]},
        }
        assert 0 < len(unheard) < len(words)
        assert card.data["vocabulary"] == "sha256:marked training 2"
        assert card.data["foreign"] == f"sha256:arabs training {len(words) - len(unheard)}"

    def test_the_card_says_what_certainty_was_fitted_on(self) -> None:
        short = replace(TINY.training, epochs=1, other_words=0.1)
        wide = MarkedSource(said={"training": ("goat",), "validation": ("boat", "note")})

        _, card = train(replace(TINY, training=short), "tiny", sources(vocabulary=wide))

        fitted = card.calibration["fitted"]
        assert {kind: one["clips"] for kind, one in fitted.items()} == {
            "heard": 220,
            "unheard": 2 * 3,
            "noise": 1_000,
        }
        assert fitted["heard"]["rate"] == 0.015
        assert card.calibration["factor"] == min(one["factor"] for one in fitted.values())
        assert card.sharpened == round(card.calibration["factor"], 4)

    def test_a_foreign_source_that_cannot_be_had_is_told(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Away(MarkedSource):
            def load(self, words: tuple[str, ...], split: str) -> Dataset:  # noqa: ARG002
                msg = "no network"
                raise UnreachableError(msg)

        away = Away(said={"training": ("arabic:up",), "validation": ()}, name="arabs")
        short = replace(TINY.training, epochs=1, foreign=0.1)

        _, card = train(replace(TINY, training=short), "tiny", sources(foreign=away))

        assert card.data["foreign"] is None
        assert "arabs" not in card.heard
        assert "tiny: trained without arabs: no network\n" in capsys.readouterr().out

    def test_a_front_end_of_another_shape_is_trained_on(self) -> None:
        tall = replace(TINY, frontend=LogMel(hop_ms=100, mel_bins=4))

        data, _ = train(tall, "tiny", sources())

        assert load(data, tall).macs > 0

    def test_fewer_clips_than_a_calibration_takes_all_serve(self) -> None:
        few = SyntheticSource(clips_a_word=10)

        _, card = train(TINY, "tiny", sources(few))

        assert card.validation["total"] == 20


class TestBuild:
    def test_a_network_fits_front_end_and_labels(self) -> None:
        model = build(TINY)

        assert model.input_shape == (None, 20, 16, 1)  # 19 hops and a frame of 50 ms
        assert model.output_shape == (None, 2)

    def test_a_ready_model_is_not_trained(self) -> None:
        ready = Candidate(network=ReadyModel(path="models/made_elsewhere.tflite"))

        with pytest.raises(
            CandidateError, match=r"models/made_elsewhere\.tflite is a ready model: .* nothing to t"
        ):
            build(ready)


class TestLearningRate:
    # Ten epochs of 10 batches: the decay takes 100 steps.
    TRAINING: Final = Training(
        epochs=10, learning_rate=0.01, final_learning_rate=0.001, decay="cosine"
    )

    def rate(self, training: Training, step: int) -> float:
        return float(learning_rate(replace(TINY, training=training), batches=10)(step))

    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            (0, 0.01),
            (25, 0.001 + 0.009 * (1 + math.sqrt(0.5)) / 2),  # cos 45° = √0.5
            (50, 0.0055),
            (100, 0.001),
        ],
    )
    def test_cosine(self, step: int, expected: float) -> None:
        assert self.rate(self.TRAINING, step) == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize(
        ("step", "expected"), [(0, 0.01), (25, 0.007_75), (50, 0.0055), (100, 0.001)]
    )
    def test_linear(self, step: int, expected: float) -> None:
        linear = replace(self.TRAINING, decay="linear")

        assert self.rate(linear, step) == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("decay", ["cosine", "linear"])
    def test_after_its_decay_it_stays(self, decay: Any) -> None:
        early = replace(self.TRAINING, decay=decay, decay_epochs=5)

        assert self.rate(early, 75) == pytest.approx(0.001, rel=1e-5)

    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            # 105 batches of 15 from 1,573 clips: 1,050 steps of a decay over 150 * 105
            # = 15,750, from 0.01 by 0.00999.
            pytest.param(0, 0.01, id="first"),
            pytest.param(525, 0.009_667, id="middle"),  # 1/30 of the way: 0.01 - 0.000333
            pytest.param(1_049, 0.009_334_634, id="last"),  # 0.0666032 of it: 0.000665366
        ],
    )
    def test_that_of_the_seed_hardly_decays(self, step: int, expected: float) -> None:
        rate = learning_rate(SEED_CANDIDATE, batches=105)

        assert float(rate(step)) == pytest.approx(expected, rel=1e-6)


class TestPrunable:
    def schedules(self, steps: int) -> dict[str, Any]:
        """Return the schedule of each layer that is wrapped, by the layer's name."""
        keras.backend.clear_session()
        model = prunable(build(SEED_CANDIDATE), SEED_CANDIDATE, steps=steps)
        wrapped = [layer for layer in model.layers if hasattr(layer, "pruning_schedule")]
        return {layer.layer.name: layer.pruning_schedule for layer in wrapped}

    def test_ordinary_convolutions_alone_are_wrapped(self) -> None:
        assert list(self.schedules(1_000)) == ["conv2d", "conv2d_1", "conv2d_2"]

    # The seed: from 0.2 at a fifth of the steps to 0.95 at the last, cubic in between, so
    # that halfway an eighth of the 0.75 is left.
    @pytest.mark.parametrize(
        ("step", "expected"), [(200, 0.2), (600, 0.95 - 0.75 / 8), (1_000, 0.95)]
    )
    def test_sparsity_grows_fast_and_then_slowly(self, step: int, expected: float) -> None:
        _, sparsity = self.schedules(1_000)["conv2d"](step)

        assert float(sparsity) == pytest.approx(expected, abs=0.01)

    @pytest.mark.parametrize("steps", [5, 110, 1_000, 1_050])
    def test_the_last_update_comes_before_the_end_and_is_final(self, steps: int) -> None:
        due, sparsity = self.schedules(steps)["conv2d"](tf.range(steps))

        assert float(sparsity[due][-1]) == pytest.approx(0.95, abs=1e-3)


GOOD: Final = """
from candidates._networks import DsCnn
from harness import Candidate, LogMel, Training

CANDIDATE = Candidate(
    frontend=LogMel(hop_ms=50, mel_bins=16),
    network=DsCnn(width=8, blocks=1),
    training=Training(epochs=1, batch_size=32, variants=2, vocabulary=0, foreign=0),
)
"""

CRASHING: Final = """
from harness import Candidate

def network(keras, input_shape, labels):
    return keras.layers.Conv2D(8, kernel_size=-1)

CANDIDATE = Candidate(network=network)
"""


class TestMain:
    @pytest.fixture(name="registry")
    def _registry(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
        """Return a folder of toys in place of that of the candidates."""
        folder = tmp_path / "toys"
        folder.mkdir()
        for name, source in {
            "__init__": "",
            "good": GOOD,
            "crashing": CRASHING,
            "no_candidate": "",
        }.items():
            (folder / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        registry = Registry("toys")
        monkeypatch.setattr(train_module, "Registry", lambda: registry)
        monkeypatch.setattr(train_module, "sources_for", lambda _: sources())
        yield registry
        for name in [name for name in sys.modules if name.split(".")[0] == "toys"]:
            del sys.modules[name]

    def run(self, monkeypatch: pytest.MonkeyPatch, *names: str) -> int:
        monkeypatch.setattr(sys, "argv", ["train", *names])
        return main()

    def test_one_bad_name_does_not_stop_the_good_one(
        self,
        registry: Registry,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        status = self.run(monkeypatch, "nobody", "no_candidate", "good")

        assert status == 1
        said = capsys.readouterr().out
        assert "nobody: not trained: unknown candidate 'nobody'; known candidates: cr" in said
        assert "no_candidate: not trained: toys/no_candidate.py must define CANDIDATE" in said
        assert "of 220 validation clips" in said
        assert "now measure it: tox run -- --candidate good" in said
        data = read_model(registry.load("good"), "good", registry.folder)
        assert load(data, registry.load("good")).macs > 0

    def test_good_names_alone_return_0(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.run(monkeypatch, "good") == 0
        written = sorted(path.name for path in (registry.folder / "models").iterdir())
        assert written == ["good.json", "good.tflite"]

    @pytest.mark.usefixtures("registry")
    def test_a_network_that_cannot_be_built_does_not_stop_the_others(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status = self.run(monkeypatch, "crashing", "nobody")

        assert status == 1
        said = capsys.readouterr().out
        assert "crashing: not trained: " in said
        assert "nobody: not trained: " in said
