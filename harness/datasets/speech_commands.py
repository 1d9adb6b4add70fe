"""
Speech Commands v0.02: 35 words, 105,829 recordings, and its canonical test set.

The training and validation splits are taken from the full archive, by speaker. The test
split is the archive published for testing: ten words, unknown words and silence.
Source: Pete Warden 2018, arXiv:1804.03209, CC BY 4.0.
"""

from pathlib import Path
from typing import Final

from harness.datasets.dataset import Dataset, assemble, require_words
from harness.datasets.fetching.archive import Archive
from harness.datasets.fetching.members import Limits
from harness.datasets.split import in_split

NAME: Final = "speech_commands"
URL: Final = "https://storage.googleapis.com/download.tensorflow.org/data"

# fmt: off
WORDS: Final = (
    "backward", "bed", "bird", "cat", "dog", "down", "eight", "five", "follow", "forward", "four",
    "go", "happy", "house", "learn", "left", "marvin", "nine", "no", "off", "on", "one", "right",
    "seven", "sheila", "six", "stop", "three", "tree", "two", "up", "visual", "wow", "yes", "zero",
)
TEST_WORDS: Final = (
    "_silence_", "_unknown_", "down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes",
)
# fmt: on

# Sizes and digests as TensorFlow Datasets publishes them.
FULL: Final = (
    "speech_commands_v0.02.tar.gz",
    2_428_923_189,
    "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
)
TEST: Final = (
    "speech_commands_test_set_v0.02.tar.gz",
    112_563_277,
    "cc2a00c1147c2254e9be3fa0f779d8c17421dc349b86366567a8edfa9acd51df",
)

LIMITS: Final = Limits(files=5_000, file_bytes=1 << 16, total_bytes=105_829 << 15)
"""Bounds on what the archives can unpack to, beside the digests that they are verified by."""


class SpeechCommands:
    """The full data set; measuring reads the test archive alone."""

    name = NAME

    def __init__(self, cache: Path, archives: Path | None = None) -> None:
        """
        Set the folders; nothing is read yet.

        Args:
            cache: Folder for the downloaded archives and the unpacked words.
            archives: Folder that may hold the two ``.tar.gz`` archives, or None.

        """
        self._full, self._test = (
            Archive(
                file_name=file_name,
                url=f"{URL}/{file_name}",
                cache=cache,
                archives=archives,
                limits=LIMITS,
                size=size,
                sha256=digest,
            )
            for file_name, size, digest in (FULL, TEST)
        )

    def words(self, split: str) -> tuple[str, ...]:
        """Return the 35 words to train on, or the 12 folders of the test set."""
        return TEST_WORDS if split == "test" else WORDS

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Read the clips of *words* in *split*; unpack the words that the cache lacks."""
        require_words(NAME, words, self.words(split))
        if split == "test":
            return assemble(NAME, split, self._test.read(words, lambda _: True))
        return assemble(NAME, split, self._full.read(words, in_split(split)))

    def can_train(self) -> bool:
        """Return whether the full archive is on this machine."""
        return self._full.at_hand(WORDS)
