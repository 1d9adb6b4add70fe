"""
mini Speech Commands: 8 words, 1,000 recordings each, split by speaker.

It is an excerpt of Speech Commands v0.01 (Pete Warden 2018, arXiv:1804.03209), CC BY 4.0.
"""

from pathlib import Path
from typing import Final

from harness.datasets.dataset import Dataset, assemble, require_words
from harness.datasets.fetching.archive import Archive
from harness.datasets.fetching.members import Limits
from harness.datasets.split import in_split

NAME: Final = "mini_speech_commands"
URL: Final = "https://storage.googleapis.com/download.tensorflow.org/data/mini_speech_commands.zip"

DIGESTS: Final = {
    "down": "7979c1dc907ef7271eac0991278dc824c465633542c3d442c6f27232f2eda079",
    "go": "e92900346c13ef58b4f6789220d6eb3c822e9fcfa21cec87c451a123a9e86e39",
    "left": "5c95a051db7f8eca35839f7dda65e2b84d62483c7289b4bbfc52e641010dff69",
    "no": "f24e2712f6932a4f00b9193a7f91804ddc8949931d5b79ebd221096cec8f964c",
    "right": "a0c91e607ab1bbcf116e443803fed6687f81f2611b4a9941502331ef499c50f4",
    "stop": "b0fe072526f6bb3b5bc39739f24913bc6b1f6d9e1fdcfebf963b2bdcbf16472d",
    "up": "48c15757ef1d3164c5aa5fb5e9ddc619ac1856f3d7158f36fc3b22a293db9763",
    "yes": "500922038f572e965c1dfde40ed6788ccf0a99c44bc9f91fd351361d38fd3d81",
}
"""Content digest of each word's folder. The archive has no digest: it was zipped repeatedly."""

LIMITS: Final = Limits(files=1_000, file_bytes=32_044, total_bytes=8 * 1_000 * 32_044)
"""The longest recording has one second of 16-bit samples and a header of 44 bytes."""


class MiniSpeechCommands:
    """The data set of the exercise, verified word by word."""

    name = NAME

    def __init__(self, cache: Path, archives: Path | None = None) -> None:
        """
        Set the folders; nothing is read yet.

        Args:
            cache: Folder for the downloaded archive and the unpacked words.
            archives: Folder that may hold ``mini_speech_commands.zip``, or None.

        """
        self._archive = Archive(
            file_name=f"{NAME}.zip",
            url=URL,
            cache=cache,
            archives=archives,
            top=NAME,
            limits=LIMITS,
            digests=DIGESTS,
        )

    def words(self, split: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return the eight words, the same in every split."""
        return tuple(DIGESTS)

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """Read the clips of *words* in *split*; unpack the words that the cache lacks."""
        require_words(NAME, words, self.words(split))
        return assemble(NAME, split, self._archive.read(words, in_split(split)))
