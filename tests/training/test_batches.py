"""Batches: what an epoch draws from the pools, and what scores are wanted for it."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest

from candidates._networks import DsCnn
from candidates._training.batches import Batches, ahead, batches_of
from candidates._training.features import as_input
from candidates._training.parts import OUTLIER, Part
from candidates._training.pools import Pools
from harness import Augmentation, Candidate, Frontend, LogMel, Mfcc, Training, Waveform
from tests.training.synthetic import voices

PLAIN: Final = Candidate(
    frontend=LogMel(frame_ms=50, hop_ms=25, mel_bins=30),
    network=DsCnn(width=8, blocks=1),
    training=Training(batch_size=4, augmentation=None, seed=0),
)
STILL: Final = Augmentation(
    shift_ms=0, stretch=0, gain_db=(0, 0), noise_share=0, masked_frames=0, masked_bins=0
)
CLIPS: Final = voices(10)
TASK: Final = Part(name="keywords", clips=CLIPS, labels=np.repeat([0, 1], 5), drawn=10, variants=1)
OTHERS: Final = Part(name="others", clips=voices(20)[10:], labels=np.full(10, OUTLIER), drawn=6)

Drawn = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pools")


def recipe(**changed: object) -> Candidate:
    return replace(PLAIN, training=replace(PLAIN.training, **changed))  # type: ignore[arg-type]


def batches(folder: Path, *parts: Part, candidate: Candidate = PLAIN) -> Batches:
    return batches_of(candidate, parts, Pools(folder=folder, frontend=candidate.frontend))


def epoch(drawn_from: Batches, number: int = 0) -> Drawn:
    """Features and targets of all batches of an epoch."""
    features, targets = zip(*drawn_from.epoch(number), strict=True)
    return np.concatenate(features), np.concatenate(targets)


def rows(features: npt.NDArray[Any]) -> list[bytes]:
    """Return features of each clip as something that can be sorted and counted."""
    return sorted(clip.tobytes() for clip in features)


def test_an_epoch_draws_every_clip_once(folder: Path) -> None:
    features, _ = epoch(batches(folder, TASK))

    assert rows(features) == rows(as_input(PLAIN.frontend, TASK.clips))


def test_the_last_batch_may_be_smaller(folder: Path) -> None:
    drawn_from = batches(folder, TASK)

    assert [len(features) for features, _ in drawn_from.epoch(0)] == [4, 4, 2]
    assert len(drawn_from) == 3


def test_each_clip_keeps_its_word(folder: Path) -> None:
    features, targets = epoch(batches(folder, TASK))

    assert rows(features[targets[:, 0] == 1]) == rows(as_input(PLAIN.frontend, CLIPS[:5]))
    assert rows(features[targets[:, 1] == 1]) == rows(as_input(PLAIN.frontend, CLIPS[5:]))


def test_outliers_have_no_label_to_go_to(folder: Path) -> None:
    features, targets = epoch(batches(folder, TASK, OTHERS))

    outliers = (targets == 0.5).all(axis=1)
    assert np.count_nonzero(outliers) == 6
    assert set(rows(features[outliers])) < set(rows(as_input(PLAIN.frontend, OTHERS.clips)))


def test_label_smoothing_spreads_its_share_over_all_labels(folder: Path) -> None:
    _, targets = epoch(batches(folder, TASK, candidate=recipe(label_smoothing=0.1)))

    # 0.9 of the whole, and half of the remaining 0.1
    np.testing.assert_allclose(np.sort(targets), [[0.05, 0.95]] * 10, rtol=1e-6)


def test_clips_are_repeated_evenly(folder: Path) -> None:
    features, _ = epoch(batches(folder, replace(TASK, drawn=25)))

    assert set(Counter(rows(features)).values()) == {2, 3}


def test_outliers_are_drawn_anew_each_epoch(folder: Path) -> None:
    drawn_from = batches(folder, OTHERS)

    assert rows(epoch(drawn_from)[0]) != rows(epoch(drawn_from, 1)[0])


def test_the_order_changes_from_epoch_to_epoch(folder: Path) -> None:
    drawn_from = batches(folder, TASK)
    first, second = epoch(drawn_from)[0], epoch(drawn_from, 1)[0]

    assert not np.array_equal(first, second)
    assert rows(first) == rows(second)


def test_an_epoch_depends_on_seed_and_number_alone(folder: Path) -> None:
    varied = recipe(augmentation=Augmentation())
    one, other = (batches(folder, TASK, OTHERS, candidate=varied) for _ in range(2))
    epoch(one, 0)

    for mine, yours in zip(epoch(one, 3), epoch(other, 3), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_another_seed_draws_otherwise(folder: Path) -> None:
    first, second = (
        epoch(batches(folder, TASK, candidate=recipe(seed=seed)))[0] for seed in (1, 2)
    )

    assert not np.array_equal(first, second)


def test_variants_are_drawn_from_all_there_are(folder: Path) -> None:
    varied = recipe(augmentation=replace(STILL, gain_db=(-20, 0)))
    one = replace(TASK, clips=CLIPS[:1], labels=np.array([0]), drawn=40, variants=6)

    features, _ = epoch(batches(folder, one, candidate=varied))

    assert len(set(rows(features))) == 6


def test_features_are_masked_when_clips_are_varied(folder: Path) -> None:
    varied = recipe(augmentation=replace(STILL, masked_frames=39))

    features, _ = epoch(batches(folder, TASK, candidate=varied))

    assert (np.ptp(features[..., 0], axis=2) == 0).any()


@pytest.mark.parametrize("frontend", [LogMel(mel_bins=8), Mfcc(), Waveform()], ids=str)
def test_a_batch_has_the_shape_of_its_front_end(folder: Path, frontend: Frontend) -> None:
    candidate = replace(recipe(augmentation=Augmentation()), frontend=frontend)

    features, _ = next(batches(folder, TASK, candidate=candidate).epoch(0))

    assert features.shape == (4, *frontend.shape, 1)
    assert features.dtype == np.float32


def test_the_next_item_is_made_while_one_is_used() -> None:
    made = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    found = []
    for item in ahead(items()):
        assert all(event.wait(10) for event in made[: item + 2])
        found.append(item)
    assert found == [0, 1, 2]


def test_what_is_raised_while_an_item_is_made_is_raised_where_it_is_used() -> None:
    def items() -> Iterator[int]:
        yield 1
        msg = "no room"
        raise MemoryError(msg)

    used = ahead(items())
    assert next(used) == 1
    with pytest.raises(MemoryError, match="no room"):
        next(used)
