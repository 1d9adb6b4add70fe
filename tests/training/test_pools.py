"""Pools of features: kept, verified, bounded and shared."""

import dataclasses
import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from candidates._training import pools as module
from candidates._training.features import PROCESSES, as_input
from candidates._training.pools import Pools
from harness import Augmentation, LogMel
from harness.errors import DatasetError
from harness.files import locked
from tests.training.synthetic import voices

CLIPS = voices(6)
FRONTEND = LogMel(hop_ms=50, mel_bins=8)
HOW = Augmentation()


@pytest.fixture
def pools(tmp_path: Path) -> Pools:
    return Pools(folder=tmp_path / "pools", frontend=FRONTEND)


def files(pools: Pools) -> list[Path]:
    return sorted(pools.folder.glob("*.pool"))


def the_file(pools: Pools) -> Path:
    (file,) = files(pools)
    return file


def never(*_: Any) -> Any:
    raise AssertionError


def test_clips_as_they_are_have_the_features_of_the_front_end(pools: Pools) -> None:
    pool = pools.of(CLIPS, None, 1, "clips")

    assert pool.dtype == np.float32
    np.testing.assert_array_equal(pool[:, 0], as_input(FRONTEND, CLIPS)[..., 0])


def test_there_are_as_many_variants_as_asked_for(pools: Pools) -> None:
    pool = pools.of(CLIPS, HOW, 5, "clips")

    assert pool.shape == (6, 5, *FRONTEND.shape)
    assert len({one.tobytes() for one in pool.reshape(30, -1)}) == 30


def test_a_pool_is_made_once(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pools.of(CLIPS, HOW, 2, "clips")
    monkeypatch.setattr(module, "made_from", never)

    np.testing.assert_array_equal(pools.of(CLIPS, HOW, 2, "clips"), first)


def test_the_same_pool_is_made_every_time(pools: Pools, tmp_path: Path) -> None:
    elsewhere = Pools(folder=tmp_path / "elsewhere", frontend=FRONTEND)

    pools.of(CLIPS, HOW, 3, "clips")
    elsewhere.of(CLIPS, HOW, 3, "clips")

    assert the_file(pools).read_bytes() == the_file(elsewhere).read_bytes()


def test_processes_make_what_one_makes(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = np.array(pools.of(CLIPS, HOW, 3, "clips"))
    the_file(pools).unlink()
    monkeypatch.setattr("candidates._training.features._FEW", 0)

    np.testing.assert_array_equal(pools.of(CLIPS, HOW, 3, "clips"), alone)
    assert PROCESSES == 2


@pytest.mark.parametrize(
    ("clips", "frontend", "how", "variants"),
    [
        (CLIPS[:5], FRONTEND, HOW, 2),
        (CLIPS[::-1], FRONTEND, HOW, 2),
        (CLIPS, LogMel(hop_ms=50, mel_bins=9), HOW, 2),
        (CLIPS, LogMel(hop_ms=50, mel_bins=8, low_hz=30), HOW, 2),
        (CLIPS, FRONTEND, Augmentation(stretch=0.2), 2),
        (CLIPS, FRONTEND, HOW, 3),
        (CLIPS, FRONTEND, None, 1),
    ],
    ids=["clips", "order", "shape", "front-end", "variation", "variants", "as they are"],
)
def test_what_features_follow_from_makes_another_pool(
    pools: Pools, clips: Any, frontend: LogMel, how: Augmentation | None, variants: int
) -> None:
    pools.of(CLIPS, HOW, 2, "clips")

    dataclasses.replace(pools, frontend=frontend).of(clips, how, variants, "clips")

    assert len(files(pools)) == 2


def test_masks_make_no_other_pool(pools: Pools) -> None:
    pools.of(CLIPS, HOW, 2, "clips")
    pools.of(CLIPS, Augmentation(masked_frames=9, masked_bins=9), 2, "clips")

    assert len(files(pools)) == 1


@pytest.mark.parametrize("what", ["numpy.__version__", "scipy.__version__"])
def test_another_library_makes_another_pool(
    pools: Pools, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    pools.of(CLIPS, HOW, 2, "clips")
    module._edition.cache_clear()
    monkeypatch.setattr(what, "9.9.9")

    pools.of(CLIPS, HOW, 2, "clips")

    module._edition.cache_clear()
    assert len(files(pools)) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-100] + bytes([data[-100] ^ 1]) + data[-99:],
        lambda data: b"0" * 64 + data[64:],
        lambda data: b"\xff" * 64 + data[64:],
        lambda _: b"",
    ],
    ids=["half", "a bit", "another digest", "no digest", "empty"],
)
def test_a_damaged_pool_is_made_again(pools: Pools, damage: Any) -> None:
    pools.of(CLIPS, HOW, 2, "clips")
    whole = the_file(pools).read_bytes()
    the_file(pools).write_bytes(damage(whole))

    pools.of(CLIPS, HOW, 2, "clips")

    assert the_file(pools).read_bytes() == whole


def test_a_pool_of_another_front_end_under_its_name_is_made_again(pools: Pools) -> None:
    pools.of(CLIPS, HOW, 2, "clips")
    file, whole = the_file(pools), the_file(pools).read_bytes()
    foreign = dataclasses.replace(pools, frontend=LogMel(hop_ms=50, mel_bins=8, low_hz=30))
    file.unlink()
    foreign.of(CLIPS, HOW, 2, "clips")
    the_file(pools).rename(file)  # as large as the right one, and whole

    pools.of(CLIPS, HOW, 2, "clips")

    assert file.read_bytes() == whole


def test_pools_not_used_for_longest_are_removed_first(
    pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[int, Path] = {}
    for age, variants in ((300, 2), (200, 3), (100, 4)):
        pools.of(CLIPS, HOW, variants, "clips")
        (kept[variants],) = set(files(pools)) - set(kept.values())
        os.utime(kept[variants], (1e9 - age, 1e9 - age))
    pools.of(CLIPS, HOW, 2, "clips")  # used again
    size = kept[2].stat().st_size + kept[4].stat().st_size
    monkeypatch.setattr(module, "LIMIT_BYTES", size + 5 * kept[2].stat().st_size // 2)

    pools.of(CLIPS, HOW, 5, "clips")

    assert kept[2] in files(pools)
    assert kept[3] not in files(pools)


def test_a_pool_that_is_removed_can_be_read_on(pools: Pools) -> None:
    pool = pools.of(CLIPS, HOW, 2, "clips")
    before = np.array(pool)

    the_file(pools).unlink()

    np.testing.assert_array_equal(pool, before)


def test_what_a_killed_writer_left_is_removed(pools: Pools) -> None:
    left = pools.folder / ".writing-1234"
    left.mkdir(parents=True)
    (left / "half.pool").write_bytes(b"half")

    pools.of(CLIPS, HOW, 2, "clips")

    assert not left.exists()


def test_a_pool_that_is_being_made_is_left_alone(pools: Pools) -> None:
    being_made = pools.folder / ".writing-1234-x"
    being_made.mkdir(parents=True)

    with locked(pools.folder / "1234.lock"):
        pools.of(CLIPS, HOW, 2, "clips")

    assert being_made.exists()


def test_a_full_disk_is_told(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        yield

    monkeypatch.setattr(module, "made_from", full)
    fault = "^features of keywords cannot be kept in .*/pools: No space left on device; make room "
    with pytest.raises(DatasetError, match=fault):
        pools.of(CLIPS, HOW, 2, "keywords")
    assert list(pools.folder.glob("*pool")) == []


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "pools").write_text("a file")
    pools = Pools(folder=tmp_path / "pools", frontend=FRONTEND)
    with pytest.raises(DatasetError, match=r"with XDG_CACHE_HOME$"):
        pools.of(CLIPS, HOW, 2, "clips")


def test_large_features_have_fewer_variants(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    bytes_a_clip = 2 * int(np.prod(FRONTEND.shape))
    monkeypatch.setattr(module, "POOL_BYTES", 4 * len(CLIPS) * bytes_a_clip)

    assert pools.of(CLIPS, HOW, 24, "clips").shape[1] == 4
    monkeypatch.setattr(module, "POOL_BYTES", 0)
    assert pools.of(CLIPS, HOW, 24, "clips").shape[1] == 1


@dataclass(frozen=True, kw_only=True)
class Samples:
    """A front-end of a candidate's own: every hundredth sample, scaled."""

    scale: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis."""
        return (160,)

    def __call__(self, clip: Any) -> Any:
        """Return the features of *clip*."""
        return (self.scale * clip[::100]).astype(np.float32)


@pytest.mark.parametrize(
    ("scale", "dtype"), [(1 / 32_768, np.float16), (1.0, np.float32), (1e9, np.float32)]
)
def test_features_too_large_for_float16_are_kept_in_float32(
    tmp_path: Path, scale: float, dtype: Any
) -> None:
    pool = Pools(folder=tmp_path, frontend=Samples(scale=scale)).of(CLIPS, HOW, 2, "clips")

    assert pool.dtype == dtype
    assert pool.shape == (6, 2, 160)
    assert np.isfinite(pool).all()
