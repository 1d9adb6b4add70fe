"""The parts of a training: which clips, what for, drawn how often."""

from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from candidates._networks import DsCnn
from candidates._training.heard import Heard
from candidates._training.parts import OUTLIER, Part, noise, parts_of, usable
from harness import Candidate, Training
from harness.datasets import Dataset
from tests.training.synthetic import SyntheticSource

SOURCE: Final = SyntheticSource(clips_a_word=20)
TASK: Final = SOURCE.load(("go", "stop"), "training")
OTHERS: Final = SOURCE.load(("up", "yes"), "training")
HEARD: Final = Heard(
    task=TASK,
    others=OTHERS,
    synthetic=SOURCE.load(("go", "stop"), "validation"),
    synthetic_others=SOURCE.load(("up",), "validation"),
    vocabulary=SOURCE.load(("yes",), "validation"),
    foreign=SOURCE.load(("yes",), "test"),
)
RECIPE: Final = Training(
    repeats=2,
    variants=12,
    synthetic=0.5,
    other_words=0.25,
    vocabulary=0.75,
    cuts=0.1,
    running=0.3,
    foreign=0.2,
    noise=0.05,
)
CANDIDATE: Final = Candidate(network=DsCnn(width=8), training=RECIPE)


@pytest.fixture(autouse=True)
def _little_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("candidates._training.parts.NOISES", 5)
    monkeypatch.setattr("candidates._training.parts.RUNNING", 15)


def parts(candidate: Candidate = CANDIDATE, heard: Heard = HEARD) -> dict[str, Part]:
    return {part.name: part for part in parts_of(candidate, heard)}


def recipe(**changed: object) -> Candidate:
    return replace(CANDIDATE, training=replace(RECIPE, **changed))  # type: ignore[arg-type]


def test_shares_count_from_the_keywords_of_an_epoch() -> None:
    keywords = 2 * len(TASK)  # repeated

    assert {name: part.drawn for name, part in parts().items()} == {
        "keywords": keywords,
        "synthetic keywords": keywords * 0.5,
        "other words": keywords * 0.25,
        "synthetic other words": keywords * 0.5 * 0.25,
        "vocabulary": keywords * 0.75,
        "foreign words": keywords * 0.2,
        "cut words": keywords * 0.1,
        "running speech": keywords * 0.3,
        "noise": keywords * 0.05,
    }


def test_keywords_have_labels_and_all_else_none() -> None:
    found = parts()

    keywords = {"keywords", "synthetic keywords"}
    for name in keywords:
        assert found[name].labels.tolist() == [0] * 20 + [1] * 20
    outliers = [part.labels for name, part in found.items() if name not in keywords]
    assert set(np.concatenate(outliers)) == {OUTLIER}


def test_a_label_is_that_of_the_word() -> None:
    labels = ("down", "go", "left", "stop")
    candidate = replace(CANDIDATE, labels=labels, task=("go", "stop"))

    assert set(parts(candidate)["keywords"].labels) == {1, 3}


def test_keywords_of_people_have_most_variants() -> None:
    variants = {name: part.variants for name, part in parts().items()}

    assert variants.pop("keywords") == 12
    assert set(variants.values()) == {1, 2}


def test_what_is_not_asked_for_is_no_part() -> None:
    bare = recipe(synthetic=0, other_words=0, vocabulary=0, cuts=0, running=0, foreign=0, noise=0)

    assert list(parts(bare, Heard(task=TASK))) == ["keywords"]


def test_clips_as_they_are_have_one_variant() -> None:
    plain = recipe(variants=1, augmentation=None)

    assert {part.variants for part in parts(plain).values()} == {1}


def test_byte_identical_doubles_are_kept_out() -> None:
    order = [0, 1, 0, 2, 1]
    doubled = replace(
        TASK,
        clips=TASK.clips[order],
        words=tuple(TASK.words[i] for i in order),
        keys=tuple(f"{i}.wav" for i in range(5)),
    )

    np.testing.assert_array_equal(usable(doubled, RECIPE), [0, 1, 3])
    assert len(parts(heard=replace(HEARD, task=doubled))["keywords"].clips) == 3


@pytest.mark.parametrize(("peak", "learned"), [(99, False), (100, True)])
def test_near_silent_clips_are_nothing_to_learn_from(peak: int, *, learned: bool) -> None:
    clips = TASK.clips.copy()
    clips[3] = 0
    clips[3, 500] = -peak
    dataset: Dataset = replace(TASK, clips=clips)

    assert (3 in usable(dataset, RECIPE)) is learned
    assert 3 in usable(dataset, replace(RECIPE, augmentation=None))  # which wants clips as they are


def test_parts_are_the_same_every_time() -> None:
    for one, other in zip(parts_of(CANDIDATE, HEARD), parts_of(CANDIDATE, HEARD), strict=True):
        np.testing.assert_array_equal(one.clips, other.clips)


def test_noise_is_between_a_whisper_and_speech() -> None:
    clips = np.stack([noise(np.random.default_rng(seed)) for seed in range(100)])
    full_scale = np.sqrt(np.mean(np.square(clips / 32_768), axis=1))
    loudness_db = 20 * np.log10(full_scale)

    # Rounding to integers is noise of its own, and all there is at the quiet end.
    assert -93 < loudness_db.min() < -80
    assert -15 < loudness_db.max() < -9.5
