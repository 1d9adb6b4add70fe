"""Clips made from a seed, and a data set of words made of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip
from harness.datasets import Dataset
from harness.datasets.dataset import content_digest
from harness.files import sha256

Clips = npt.NDArray[np.int16]

PITCH_HZ: Final = {"go": 400, "stop": 2_400, "up": 1_000, "yes": 5_000}
SPLITS: Final = ("training", "validation", "test")


def voice(pitch_hz: float, rng: np.random.Generator) -> Clip:
    """One burst of a tone with overtones over faint noise: speech, as a front-end sees it."""
    time = np.arange(CLIP_SAMPLES) / SAMPLE_RATE_HZ
    burst = np.exp(-(((time - rng.uniform(0.3, 0.7)) / 0.15) ** 2))
    phase = 2 * np.pi * pitch_hz * rng.uniform(0.9, 1.1) * time
    tone = np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.25 * np.sin(3 * phase)
    samples = 10 ** rng.uniform(3, 4) * burst * tone + 30 * rng.standard_normal(CLIP_SAMPLES)
    clip: Clip = np.rint(samples).astype(np.int16)
    return clip


def voices(count: int) -> Clips:
    """Return *count* clips of all kinds, the same ones every time."""
    rng = np.random.default_rng(0)
    return np.stack([voice(rng.uniform(100, 5_000), rng) for _ in range(count)])


@dataclass(frozen=True, kw_only=True)
class SyntheticSource:
    """
    A data set in which each word is a pitch.

    Attributes:
        clips_a_word: In each split.

    """

    clips_a_word: int
    name: str = "synthetic"

    def words(self, split: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return the pitches by name."""
        return tuple(PITCH_HZ)

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Make the clips of *words* in *split*."""
        keys = tuple(f"{word}/{i}.wav" for word in words for i in range(self.clips_a_word))
        rng = np.random.default_rng(SPLITS.index(split))
        clips = np.stack([voice(PITCH_HZ[key.split("/")[0]], rng) for key in keys])
        contents = {key: sha256(clip.tobytes()) for key, clip in zip(keys, clips, strict=True)}
        return Dataset(
            name=self.name,
            split=split,
            keys=keys,
            words=tuple(key.split("/")[0] for key in keys),
            clips=clips,
            digest="sha256:" + content_digest(contents),
        )


@dataclass(frozen=True, kw_only=True)
class MarkedSource:
    """
    Words of another language, or of no task: pitches that no other source has.

    Attributes:
        said: The words of each split.
        clips_a_word: In each split.

    """

    said: dict[str, tuple[str, ...]]
    clips_a_word: int = 3
    name: str = "marked"

    def words(self, split: str) -> tuple[str, ...]:
        """Return the words of *split*."""
        return self.said[split]

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Make the clips of *words* in *split*."""
        source = SyntheticSource(clips_a_word=self.clips_a_word)
        clips = np.concatenate([source.load(("up",), split).clips for _ in words])
        keys = tuple(f"{word}/{i}.wav" for word in words for i in range(self.clips_a_word))
        return Dataset(
            name=self.name,
            split=split,
            keys=keys,
            words=tuple(key.split("/")[0] for key in keys),
            clips=clips,
            digest=f"sha256:{self.name} {split} {len(words)}",
        )
