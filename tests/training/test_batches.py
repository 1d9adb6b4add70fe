from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest

from candidates._networks import DsCnn
from candidates._training.batches import Batches, Speech, _noise, as_input, usable
from harness import Augmentation, Candidate, LogMel, Training
from harness.datasets import Dataset
from tests.training.synthetic import SyntheticSource

PLAIN: Final = Candidate(
    frontend=LogMel(frame_ms=50, hop_ms=25, mel_bins=30),
    network=DsCnn(width=8, blocks=1),
    training=Training(
        batch_size=4,
        augmentation=None,
        synthetic=0,
        other_words=0,
        noise=0,
        label_smoothing=0,
        seed=0,
    ),
)
SOURCE: Final = SyntheticSource(clips_a_word=5)

Drawn = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


@pytest.fixture(name="task", scope="module")
def _task() -> Dataset:
    return SOURCE.load(("go", "stop"), "training")


@pytest.fixture(name="others", scope="module")
def _others() -> Dataset:
    return SOURCE.load(("up", "yes"), "training")


@pytest.fixture(name="spoken", scope="module")
def _spoken() -> Speech:
    voices = SyntheticSource(clips_a_word=20)
    return Speech(voices.load(("go", "stop"), "test"), voices.load(("up", "yes"), "test"))


def recipe(**changed: object) -> Candidate:
    return replace(PLAIN, training=replace(PLAIN.training, **changed))  # type: ignore[arg-type]


def epoch(batches: Batches) -> Drawn:
    """Features and targets of all batches of an epoch."""
    features, targets = zip(*(batches[i] for i in range(len(batches))), strict=True)
    return np.concatenate(features), np.concatenate(targets)


def rows(features: npt.NDArray[np.float32]) -> list[bytes]:
    """Return features of each clip as something that can be sorted and counted."""
    return sorted(clip.tobytes() for clip in features)


def test_an_epoch_draws_every_clip_once(task: Dataset) -> None:
    features, _ = epoch(Batches(PLAIN, Speech(task, None)))

    assert rows(features) == rows(as_input(PLAIN.frontend, task.clips))


def test_features_are_those_of_the_front_end(task: Dataset) -> None:
    features = as_input(PLAIN.frontend, task.clips)

    assert features.shape == (10, 39, 30, 1)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features[3, ..., 0], PLAIN.frontend(task.clips[3]))


def test_the_last_batch_may_be_smaller(task: Dataset) -> None:
    batches = Batches(PLAIN, Speech(task, None))

    assert [len(batches[i][0]) for i in range(len(batches))] == [4, 4, 2]


def test_each_clip_keeps_its_word(task: Dataset) -> None:
    features, targets = epoch(Batches(PLAIN, Speech(task, None)))

    go = rows(features[targets[:, 0] == 1])
    stop = rows(features[targets[:, 1] == 1])
    assert go == rows(as_input(PLAIN.frontend, task.clips[:5]))
    assert stop == rows(as_input(PLAIN.frontend, task.clips[5:]))


def test_a_target_stands_at_the_label_of_its_word() -> None:
    labels = ("down", "go", "left", "stop")
    candidate = replace(PLAIN, labels=labels, task=("go", "stop"))

    _, targets = epoch(Batches(candidate, Speech(SOURCE.load(("stop",), "training"), None)))

    np.testing.assert_array_equal(targets, [[0, 0, 0, 1]] * 5)


def test_label_smoothing_spreads_its_share_over_all_labels(task: Dataset) -> None:
    _, targets = epoch(Batches(recipe(label_smoothing=0.1), Speech(task, None)))

    # 0.9 of the whole, and half of the remaining 0.1
    np.testing.assert_allclose(np.sort(targets), [[0.05, 0.95]] * 10, rtol=1e-6)


def test_byte_identical_doubles_are_kept_out(task: Dataset) -> None:
    order = [0, 1, 0, 2, 1]
    doubled = replace(
        task,
        clips=task.clips[order],
        words=tuple(task.words[i] for i in order),
        keys=tuple(f"{i}.wav" for i in range(5)),
    )

    features, _ = epoch(Batches(PLAIN, Speech(doubled, None)))

    np.testing.assert_array_equal(usable(doubled, PLAIN.training), [0, 1, 3])
    assert rows(features) == rows(as_input(PLAIN.frontend, task.clips[:3]))


def test_other_words_have_no_label_to_go_to(task: Dataset, others: Dataset) -> None:
    features, targets = epoch(Batches(recipe(other_words=0.6), Speech(task, others)))

    outliers = (targets == 0.5).all(axis=1)
    assert np.count_nonzero(outliers) == 6
    assert set(rows(features[outliers])) < set(rows(as_input(PLAIN.frontend, others.clips)))


def test_doubles_among_other_words_are_kept_out(task: Dataset, others: Dataset) -> None:
    alike = replace(others, clips=others.clips[[0] * 10])

    _, targets = epoch(Batches(recipe(other_words=1.0), Speech(task, alike)))

    assert np.count_nonzero((targets == 0.5).all(axis=1)) == 1


def test_other_words_are_drawn_anew_each_epoch(task: Dataset, others: Dataset) -> None:
    batches = Batches(recipe(other_words=0.3), Speech(task, others))

    first, _ = epoch(batches)
    batches.on_epoch_end()
    second, _ = epoch(batches)

    assert rows(first) != rows(second)


def test_noise_has_no_label_to_go_to(task: Dataset) -> None:
    features, targets = epoch(Batches(recipe(noise=0.5), Speech(task, None)))

    outliers = (targets == 0.5).all(axis=1)
    assert np.count_nonzero(outliers) == 5
    assert rows(features[~outliers]) == rows(as_input(PLAIN.frontend, task.clips))


def test_noise_is_between_a_whisper_and_speech() -> None:
    clips = np.stack([_noise(np.random.default_rng(seed)) for seed in range(100)])
    full_scale = np.sqrt(np.mean(np.square(clips / 32_768), axis=1))
    loudness_db = 20 * np.log10(full_scale)

    # Rounding to integers is noise of its own, and all there is at the quiet end.
    assert -93 < loudness_db.min() < -80
    assert -15 < loudness_db.max() < -9.5


def test_a_batch_depends_on_its_number_alone(task: Dataset) -> None:
    candidate = recipe(augmentation=Augmentation(), noise=0.5)
    forwards, backwards = (
        Batches(candidate, Speech(task, None)),
        Batches(candidate, Speech(task, None)),
    )

    drawn = [forwards[i] for i in range(4)]
    redrawn = [backwards[i] for i in reversed(range(4))][::-1]

    for (features, targets), (same_features, same_targets) in zip(drawn, redrawn, strict=True):
        np.testing.assert_array_equal(features, same_features)
        np.testing.assert_array_equal(targets, same_targets)


def test_another_seed_draws_otherwise(task: Dataset) -> None:
    first, _ = Batches(recipe(seed=1), Speech(task, None))[0]
    second, _ = Batches(recipe(seed=2), Speech(task, None))[0]

    assert not np.array_equal(first, second)


def test_clips_are_varied_anew_each_epoch(task: Dataset) -> None:
    batches = Batches(recipe(augmentation=Augmentation()), Speech(task, None))

    first, _ = epoch(batches)
    batches.on_epoch_end()
    second, _ = epoch(batches)

    assert not set(rows(first)) & set(rows(second))
    assert not set(rows(first)) & set(rows(as_input(PLAIN.frontend, task.clips)))


def test_the_order_changes_from_epoch_to_epoch(task: Dataset) -> None:
    batches = Batches(PLAIN, Speech(task, None))

    first, _ = epoch(batches)
    batches.on_epoch_end()
    second, _ = epoch(batches)

    assert not np.array_equal(first, second)
    assert rows(first) == rows(second)


def test_features_are_masked_when_clips_are_varied(task: Dataset) -> None:
    still = Augmentation(
        shift_ms=0, stretch=0, gain_db=(0, 0), noise_share=0, masked_frames=39, masked_bins=0
    )
    features, _ = epoch(Batches(recipe(augmentation=still), Speech(task, None)))

    blank = np.ptp(features[..., 0], axis=2) == 0
    assert blank.any()


def test_synthetic_clips_are_drawn_as_a_share_of_the_real_ones(
    task: Dataset, spoken: Speech
) -> None:
    features, _ = epoch(Batches(recipe(synthetic=0.4), Speech(task, None), spoken))

    known = set(rows(as_input(PLAIN.frontend, spoken.task.clips)))
    assert len(features) == 10 + 4
    assert sum(row in known for row in rows(features)) == 4


def test_another_epoch_draws_other_synthetic_clips(task: Dataset, spoken: Speech) -> None:
    batches = Batches(recipe(synthetic=0.4), Speech(task, None), spoken)
    first, _ = epoch(batches)
    batches.on_epoch_end()
    second, _ = epoch(batches)

    assert rows(first) != rows(second)
    assert set(rows(as_input(PLAIN.frontend, task.clips))) <= set(rows(second))


def test_synthetic_other_words_follow_the_synthetic_share(task: Dataset, spoken: Speech) -> None:
    assert spoken.others is not None
    candidate = recipe(synthetic=0.4, other_words=0.5)
    features, targets = epoch(Batches(candidate, Speech(task, None), spoken))

    known = set(rows(as_input(PLAIN.frontend, spoken.others.clips)))
    assert sum(row in known for row in rows(features)) == 2
    assert (targets == 0.5).all(axis=1).sum() == 2


@pytest.mark.parametrize(("peak", "learned"), [(99, False), (100, True)])
def test_near_silent_clips_are_nothing_to_learn_from(
    task: Dataset, peak: int, *, learned: bool
) -> None:
    clips = task.clips.copy()
    clips[3] = 0
    clips[3, 500] = -peak
    dataset = replace(task, clips=clips)
    assert (3 in usable(dataset, Training())) is learned
    assert 3 in usable(dataset, PLAIN.training)  # which wants clips as they are
