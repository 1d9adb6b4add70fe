"""What of a front-end is part of a candidate's specification hash."""

import dataclasses
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from harness import Augmentation, Candidate, FalseAccepts, LogMel, Mfcc, Training, Waveform
from harness.candidate.card import read_model
from harness.candidate.specification import _versioned, specification_hash
from harness.errors import CandidateError, ModelError
from harness.files import sha256, write_json
from tests.unit.models import make_package

PINNED: dict[tuple[type, int], dict[str, Any]] = {
    (LogMel, 1): {
        "sample_rate_hz": 16_000,
        "frame_ms": 32,
        "hop_ms": 25,
        "mel_bins": 32,
        "low_hz": 20,
        "high_hz": 8_000,
        "resize": None,
        "fft_length": None,
        "spectrum": "magnitude",
        "log_offset": 1e-6,
        "log_floor": 0.0,
    },
    (Mfcc, 1): {
        "log_mel": LogMel(),
        "coefficients": 10,
        "scale": "tensorflow",
        "normalisation": None,
    },
    (Waveform, 1): {"full_scale": 1.0},
    (Augmentation, 2): {
        "shift_ms": 100,
        "stretch": 0.1,
        "gain_db": (-30, 6),
        "noise_share": 0.5,
        "noise_snr_db": (0, 40),
        "narrow_share": 0.25,
        "narrow_hz": (3_400, 7_000),
        "masked_frames": 3,
        "masked_bins": 2,
    },
    (FalseAccepts, 1): {"heard": 0.015, "unheard": 0.025, "foreign": 0.025, "noise": 0.005},
    (Training, 2): {
        "epochs": 40,
        "batch_size": 256,
        "learning_rate": 0.01,
        "final_learning_rate": 1e-5,
        "decay": "cosine",
        "decay_epochs": None,
        "augmentation": Augmentation(),
        "variants": 24,
        "repeats": 8,
        "synthetic": 0.065,
        "other_words": 0.25,
        "vocabulary": 0.25,
        "cuts": 0.15,
        "running": 0.5,
        "foreign": 0.125,
        "noise": 0.1,
        "false_accepts": FalseAccepts(),
        "label_smoothing": 0.0,
        "levels": None,
        "pruning_start": 0.2,
        "pruning_end": 0.7,
        "initial_sparsity": 0.2,
        "seed": 0,
    },
}
"""
The defaults of each version, which a hash leaves out: another default is another version.

A new setting, whose default changes no feature, is a line more; no other line may
change unless the version does.
"""


@pytest.mark.parametrize("kind", [kind for kind, _ in PINNED])
def test_a_version_pins_the_defaults(kind: Any) -> None:
    frontend = kind()
    defaults = {field.name: getattr(frontend, field.name) for field in dataclasses.fields(kind)}

    assert defaults == PINNED[kind, kind.version]


@pytest.mark.parametrize(
    ("frontend", "expected"),
    [
        pytest.param(LogMel(), {"kind": "LogMel", "version": 1, "values": {}}, id="defaults"),
        pytest.param(
            LogMel(mel_bins=20, hop_ms=25.0),
            {"kind": "LogMel", "version": 1, "values": {"mel_bins": 20}},
            id="one value",
        ),
        pytest.param(
            Mfcc(),
            {
                "kind": "Mfcc",
                "version": 1,
                "values": {"log_mel": {"kind": "LogMel", "version": 1, "values": {}}},
            },
            id="nested, as its version counts",
        ),
        pytest.param(
            Mfcc(log_mel=LogMel(mel_bins=40), coefficients=13),
            {
                "kind": "Mfcc",
                "version": 1,
                "values": {
                    "coefficients": 13,
                    "log_mel": {"kind": "LogMel", "version": 1, "values": {"mel_bins": 40}},
                },
            },
            id="nested value",
        ),
    ],
)
def test_a_front_end_of_the_harness_counts_by_kind_version_and_changed_values(
    frontend: Any, expected: dict[str, Any]
) -> None:
    assert _versioned(frontend) == expected


@pytest.mark.parametrize("frontend", [LogMel(), Mfcc(log_mel=LogMel(mel_bins=40))], ids=repr)
def test_another_version_is_another_specification(
    frontend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _versioned(frontend)
    monkeypatch.setattr(LogMel, "version", 2)

    assert _versioned(frontend) != before


OWN = '''\
"""A candidate with a front-end of its own."""

from dataclasses import dataclass

import numpy as np

from harness import Candidate, LogMel

BLOCKS = 4


def magnitude(samples):
    """Return magnitudes."""
    return np.abs(samples)


@dataclass(frozen=True)
class Blocks:
    """Mean magnitude of each block."""

    offset: float = 0.0

    @property
    def shape(self):
        return (BLOCKS,)

    def __call__(self, clip):
        samples = clip.astype(np.float32).reshape(BLOCKS, -1)
        return magnitude(samples).mean(axis=1) + np.float32(self.offset)  # in blocks


def network(keras, input_shape, labels):
    return keras.Model(input_shape, labels)


CANDIDATE = Candidate(network=network, frontend=Blocks())
'''

DERIVED = """\
from harness import Candidate, LogMel


class Halved(LogMel):
    def __call__(self, clip):
        return super().__call__(clip) / 2


def network(keras, input_shape, labels):
    return keras.Model(input_shape, labels)


CANDIDATE = Candidate(network=network, frontend=Halved(mel_bins=20))
"""

NAME = "some_candidates"
Load = Callable[[str], Candidate]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return the candidate that a module declares; each time it takes the place of the last."""
    numbers = count()

    def load(source: str) -> Candidate:
        folder = tmp_path / str(next(numbers))
        return make_package(folder, monkeypatch, {"mine": source}, name=NAME).load("mine")

    return load


def edited(source: str, old: str, new: str) -> str:
    """Replace *old* by *new*, which must make a difference."""
    assert source.count(old) == 1
    return source.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("mean(axis=1)", "max(axis=1)", id="body"),
        pytest.param("np.abs(samples)", "samples**2", id="helper"),
        pytest.param("BLOCKS = 4", "BLOCKS = 5", id="constant"),
        pytest.param("offset: float = 0.0", "offset: float = 0.5", id="default"),
        pytest.param("Blocks())", "Blocks(offset=1.0))", id="value"),
        pytest.param("Blocks())", "LogMel())", id="kind"),
    ],
)
def test_a_front_end_of_a_candidate_counts_with_its_source(load: Load, old: str, new: str) -> None:
    assert specification_hash(load(edited(OWN, old, new))) != specification_hash(load(OWN))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("  # in blocks", "", id="comment"),
        pytest.param('    """Mean magnitude of each block."""\n', "", id="docstring"),
        pytest.param("Blocks())", "Blocks(), misses={'espeak': ('size',)})", id="misses"),
    ],
)
def test_what_changes_no_feature_changes_no_hash(load: Load, old: str, new: str) -> None:
    assert specification_hash(load(edited(OWN, old, new))) == specification_hash(load(OWN))


def test_one_line_of_a_front_end_makes_its_model_stale(load: Load, tmp_path: Path) -> None:
    card = {"specification": specification_hash(load(OWN)), "model_sha256": sha256(b"a model")}
    write_json(tmp_path / "models" / "mine.json", {"format": 1, **card})
    (tmp_path / "models" / "mine.tflite").write_bytes(b"a model")

    assert read_model(load(OWN), "mine", tmp_path) == b"a model"
    with pytest.raises(ModelError, match=r"^mine is stale: edited since it was trained; "):
        read_model(load(edited(OWN, "mean(axis=1)", "max(axis=1)")), "mine", tmp_path)


def test_a_derived_front_end_counts_with_its_source_and_the_version_of_its_base(load: Load) -> None:
    part = _versioned(load(DERIVED).frontend)

    assert (part["kind"], part["version"], part["values"]) == ("LogMel", 1, {"mel_bins": 20})
    assert list(part["source"]) == [f"{NAME}.mine.Halved", f"{NAME}.mine.LogMel"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("/ 2", "/ 3", id="body"),
        pytest.param("mel_bins=20", "mel_bins=24", id="value"),
        pytest.param("frontend=Halved", "frontend=LogMel", id="kind"),
    ],
)
def test_an_edited_derived_front_end_is_another_specification(
    load: Load, old: str, new: str
) -> None:
    assert specification_hash(load(edited(DERIVED, old, new))) != specification_hash(load(DERIVED))


@pytest.mark.parametrize(
    "source", [DERIVED, edited(OWN, "np.abs(samples)", "LogMel()(samples)")], ids=["base", "used"]
)
def test_a_new_version_of_the_base_is_another_specification(
    load: Load, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = specification_hash(load(source))
    monkeypatch.setattr(LogMel, "version", 2)

    assert specification_hash(load(source)) != before


def test_the_modules_of_the_harness_do_not_count(load: Load) -> None:
    assert "harness" not in json.dumps(_versioned(load(DERIVED).frontend))


def test_a_field_without_init_need_not_be_plain(load: Load) -> None:
    source = edited(
        edited(OWN, "import dataclass\n", "import dataclass, field\n"),
        "    offset: float = 0.0\n",
        "    offset: float = 0.0\n    table: object = field(default_factory=object, init=False)\n",
    )

    assert specification_hash(load(source)) == specification_hash(load(source))


def test_a_value_that_is_not_plain_is_refused(load: Load) -> None:
    message = (
        r"^impossible front-end: a value of it is not plain \(.+\); use numbers, words and tuples$"
    )
    with pytest.raises(CandidateError, match=message):
        specification_hash(load(edited(OWN, "Blocks())", "Blocks(offset={1, 2}))")))


TYPED = (
    "exec('''\n@dataclass(frozen=True)\nclass Typed:\n    shape: tuple = (4,)\n"
    "    def __call__(self, clip):\n        return clip\n''')\n\n\n"
)


@pytest.mark.parametrize(
    ("definition", "frontend", "fault"),
    [
        pytest.param(
            TYPED, "Typed()", r"the source of Typed cannot be read \(.+\)", id="typed, not written"
        ),
        pytest.param(
            "SQUARE = lambda samples: samples**2\n\n\n"
            "class Squares(Blocks):\n"
            "    def __call__(self, clip):\n"
            "        return SQUARE(clip)\n\n\n",
            "Squares()",
            "Squares uses SQUARE, an object",
            id="lambda",
        ),
        pytest.param(
            "def made():\n    class Inner(Blocks):\n        pass\n    return Inner()\n\n\n",
            "made()",
            r"made\.<locals>\.Inner is defined inside a function",
            id="local",
        ),
    ],
)
def test_a_front_end_whose_source_cannot_be_read_is_refused(
    load: Load, definition: str, frontend: str, fault: str
) -> None:
    source = edited(OWN, "def network", f"{definition}def network")

    with pytest.raises(CandidateError, match=f"^impossible front-end: {fault}; use "):
        specification_hash(load(edited(source, "frontend=Blocks()", f"frontend={frontend}")))
