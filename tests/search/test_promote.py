"""Promotion: a trial becomes a module that a person would have written."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

import harness
from candidates._networks import DsCnn, TcCnn
from candidates._search.keeping import keep_model
from candidates._search.promote import promote, source
from candidates._search.space import Space
from candidates._search.study import Study, opened, read
from candidates._search.task import Trained
from candidates._search.trial import Outcome
from candidates._search.variations import Choices
from harness import GO_STOP_BUDGET, Augmentation, Candidate, LogMel, Training
from harness.candidate.card import read_model
from harness.candidate.registry import Registry
from harness.candidate.specification import specification_hash
from harness.errors import SearchError
from harness.files import sha256
from tests.search.stubs import space

MODEL: Final = b"a model"
ROW: Final[dict[str, Any]] = {"size": {"zipped_bytes": 2_304}, "validation": {"score": 0.876}}

SMALL: Final = space(
    base=Candidate(network=TcCnn(width=8), training=Training(levels=7), quantization="int8"),
    vary={
        "network.width": Choices(10, 12),
        "frontend.mel_bins": Choices(16, 32),
        "training.learning_rate": Choices(0.02, 0.03),
    },
    condition=None,
)
POINT: Final = {"network.width": 12, "frontend.mel_bins": 16, "training.learning_rate": 0.02}


@pytest.fixture(name="registry")
def _registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    package = tmp_path / "made_candidates"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, package.name, raising=False)
    importlib.invalidate_caches()
    return Registry(package.name)


def study_of(folder: Path, how: Space, *outcomes: Outcome) -> Study:
    """Return a study with a trial for each outcome; models of completed ones are kept."""
    with opened("study", folder, how) as study:
        for outcome in outcomes:
            trial = study.ask(how)
            assert trial
            candidate = how.candidate(trial.point)
            if outcome.state == "completed":
                keep_model(study.folder, trial.number, trained(candidate), 61.5)
            study.tell(how, trial.number, outcome)
    return read("study", folder)


def trained(candidate: Candidate) -> Trained:
    card = {
        "candidate": "trial",
        "specification": specification_hash(candidate),
        "model_sha256": sha256(MODEL),
        "heard": {},
    }
    return Trained(row=ROW, model=MODEL, card=card, worker="vm", seconds=1)


COMPLETED: Final = Outcome(state="completed", row=ROW)


def test_a_promoted_trial_is_a_candidate_with_the_model_it_was_trained_to(
    tmp_path: Path, registry: Registry
) -> None:
    study = study_of(tmp_path / "study", SMALL, COMPLETED)
    expected = SMALL.candidate(study.trials()[0].point)

    said = promote(study, SMALL, 0, "tiny", registry)

    assert said.endswith("now measure it: tox run -- --candidate tiny")
    candidate = registry.load("tiny")
    assert candidate == expected
    assert read_model(candidate, "tiny", registry.folder) == MODEL
    card = (registry.folder / "models" / "tiny.json").read_text()
    assert '"candidate": "tiny"' in card
    assert '"training_s": 61.5' in card
    assert card.startswith('{\n "format": 1,')


def test_the_module_states_only_what_differs_from_the_defaults(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study", SMALL, COMPLETED)
    trial = replace(study.trials()[0], point=POINT)

    assert (
        source(SMALL.candidate(POINT), study, trial)
        == '''\
"""
Trial 0 of the study study.

On validation clips it came to zipped size 2.25 KiB and validation score 87.6 %. What varied, and
what the other trials came to: its report.md.
"""

from candidates._networks import TcCnn
from harness import Candidate, LogMel, Training

CANDIDATE = Candidate(
    network=TcCnn(width=12),
    frontend=LogMel(mel_bins=16),
    training=Training(learning_rate=0.02, levels=7),
    quantization="int8",
)
'''
    )


def test_a_study_of_this_repository_is_named_by_its_place(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study", SMALL, COMPLETED)
    study.folder = Path(harness.__file__).parents[1] / "results" / "searches" / "small"

    text = source(SMALL.candidate(POINT), study, study.trials()[0])

    assert "other trials came to: results/searches/small/report.md." in text.replace("\n", " ")


def test_a_long_recipe_is_laid_out_a_field_a_line(tmp_path: Path, registry: Registry) -> None:
    recipe = Training(
        epochs=10,
        learning_rate=0.02,
        augmentation=Augmentation(shift_ms=50, noise_snr_db=(0, 20)),
        false_accepts=None,
        decay="linear",
        label_smoothing=0.1,
    )
    base = Candidate(
        network=DsCnn(width=8, kernel=(10, 4)),
        training=recipe,
        frontend=LogMel(resize=(32, 32)),
        budget=GO_STOP_BUDGET.tighten(max_latency_us=100),
        labels=("down", "go", "stop"),
        task=("go", "stop"),
    )
    how = space(base=base, vary={"network.width": Choices(8, 16)}, condition=None)
    study = study_of(tmp_path / "study", how, COMPLETED)

    promote(study, how, 0, "long", registry)

    text = (registry.folder / "long.py").read_text()
    assert registry.load("long") == how.candidate(study.trials()[0].point)
    assert max(map(len, text.splitlines())) <= 100
    assert "        augmentation=Augmentation(shift_ms=50, noise_snr_db=(0, 20)),\n" in text
    assert "from harness import Augmentation, Budget, Candidate, LogMel, Training\n" in text


class TestRefusals:
    def test_a_name_that_exists_is_refused(self, tmp_path: Path, registry: Registry) -> None:
        study = study_of(tmp_path / "study", SMALL, COMPLETED)
        promote(study, SMALL, 0, "tiny", registry)
        before = (registry.folder / "tiny.py").read_bytes()

        with pytest.raises(
            SearchError, match=r"^candidates/tiny.py exists; choose another name, or remove it$"
        ):
            promote(study, SMALL, 0, "tiny", registry)
        assert (registry.folder / "tiny.py").read_bytes() == before

    @pytest.mark.parametrize("name", ["a-b", "_hidden", "class", "", "a/b", "1st"])
    def test_a_name_that_no_module_can_have_is_refused(
        self, tmp_path: Path, registry: Registry, name: str
    ) -> None:
        study = study_of(tmp_path / "study", SMALL, COMPLETED)

        with pytest.raises(SearchError, match=r"cannot be the name of a candidate; use letters, "):
            promote(study, SMALL, 0, name, registry)

    def test_a_number_that_is_unknown_is_refused(self, tmp_path: Path, registry: Registry) -> None:
        study = study_of(tmp_path / "study", SMALL, COMPLETED)

        with pytest.raises(
            SearchError, match=r"^there is no trial 7 in the study study; it has 0 to 0$"
        ):
            promote(study, SMALL, 7, "tiny", registry)

    @pytest.mark.parametrize(
        ("outcome", "state"),
        [
            (Outcome(state="stopped", rungs=[ROW]), "stopped"),
            (Outcome(state="failed", reason="lost"), "failed"),
        ],
    )
    def test_a_trial_that_has_not_completed_is_refused(
        self, tmp_path: Path, registry: Registry, outcome: Outcome, state: str
    ) -> None:
        study = study_of(tmp_path / "study", SMALL, COMPLETED, outcome)

        with pytest.raises(
            SearchError, match=f"^trial 1 is {state}; promote one that completed: 0$"
        ):
            promote(study, SMALL, 1, "tiny", registry)

    def test_a_model_that_is_on_another_machine_is_told(
        self, tmp_path: Path, registry: Registry
    ) -> None:
        study = study_of(tmp_path / "study", SMALL, COMPLETED)
        next(study.folder.glob("trials/*.tflite")).unlink()

        with pytest.raises(SearchError, match=r"^the model of trial 0 is not in .*/trials; it "):
            promote(study, SMALL, 0, "tiny", registry)

    def test_a_trial_of_other_networks_is_told(self, tmp_path: Path, registry: Registry) -> None:
        study = study_of(tmp_path / "study", SMALL, COMPLETED)
        other = replace(SMALL, base=replace(SMALL.base, sparsity=0.0, rounded_scales=True))

        with pytest.raises(SearchError, match=r"^trial 0 was trained from another version of "):
            promote(study, other, 0, "tiny", registry)

    def test_a_network_that_candidates_cannot_import_is_told(
        self, tmp_path: Path, registry: Registry
    ) -> None:
        how = space(base=Candidate(network=here), vary={"sparsity": Choices(0.0, 0.5)})
        study = study_of(tmp_path / "study", how, COMPLETED)

        with pytest.raises(
            SearchError,
            match=r"^tests.search.test_promote.here cannot be imported by a candidate; move it to ",
        ):
            promote(study, how, 0, "tiny", registry)
        assert list(registry.folder.glob("tiny*")) == []


def here(keras: Any, input_shape: Any, labels: tuple[str, ...]) -> Any:
    """Stand for a network outside of the networks that candidates share."""
