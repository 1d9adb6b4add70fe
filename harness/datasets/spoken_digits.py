"""
Spoken digits: six people say "zero" to "nine" 50 times each, 3,000 recordings.

No model is trained on English digits, and nothing is chosen by them, so they show how a
model answers words that were not in its training. All of them are the test split.
Source: Free Spoken Digit Dataset, Zohar Jackson and others, CC BY-SA 4.0.
"""

import io
import re
import wave
from collections.abc import Iterator
from math import gcd
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ, Clip
from harness.datasets.dataset import Dataset, Recording, assemble, require_words
from harness.datasets.fetching.archive import Archive, require_files
from harness.datasets.fetching.members import Limits, Spot
from harness.datasets.noise import to_int16
from harness.errors import DatasetError

NAME: Final = "spoken_digits"
REPOSITORY: Final = "free-spoken-digit-dataset"
COMMIT: Final = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
URL: Final = f"https://github.com/Jakobovski/{REPOSITORY}/archive/{COMMIT}.zip"

WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NEVER_TRAINED: Final = frozenset({*WORDS, "won", "to", "too", "for", "ate"})
"""The digits and words that sound like one: no training, calibration or choice uses them."""

SPEAKERS: Final = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
TAKES: Final = 50

DIGESTS: Final = {
    "0": "07fd72a5b463493d945726799050c1b0c9b417076f772fe733152347f9d8db8d",
    "1": "011f3873aa50eb52f98d6e6fc1ee56c640ba110fafc0140dfdef99bfd4aa044c",
    "2": "86891e7eaa032df10d7d0b3fb05d0c8ef3b36e3687edfdcc8d2c7ece07e2c953",
    "3": "5469196b1c042a06db9f8ea4bf70654b0913a1fb1745a9ec8ea3eab72dff725a",
    "4": "1d52c85331318ebeb22239aede1d80414fd115874794d4bd2294add86a5de8ec",
    "5": "d02afb289266e25f409043c9f687dbeaca09e261b1ee6f4d72e63296d19b3035",
    "6": "938d57eb18b90fcb2fb8591dddaf49b8e9a4835da78aee3995a072e8a4680a16",
    "7": "21ff08ed2d9ea8737b21b06edbddc7863a115626b24300b278bfee4735c3fccb",
    "8": "a87780ac7dcf81671b56518ea052d4b3cf375608a1c02e3e862e2fae9535dadd",
    "9": "f2f6033f4722444e04e7d41d81894121abce05d6f89051f30a8beb81560a9b8c",
}
"""Content digest of the published files of each digit."""

LIMITS: Final = Limits(files=300, file_bytes=36_568, total_bytes=21_128_848)

_FILE: Final = re.compile(r"recordings/((\d)_[a-z]+_\d+\.wav)", re.ASCII)


class SpokenDigits:
    """The archive of one commit, verified digit by digit."""

    name = NAME

    def __init__(self, cache: Path, archives: Path | None = None) -> None:
        """
        Set the folders; nothing is read yet.

        Args:
            cache: Folder for the downloaded archive and the unpacked digits.
            archives: Folder that may hold ``free-spoken-digit-dataset.zip``, or None.

        """
        self._archive = Archive(
            file_name=f"{REPOSITORY}.zip",
            url=URL,
            cache=cache,
            archives=archives,
            top=f"{REPOSITORY}-{COMMIT}",
            place=_place,
            limits=LIMITS,
            check=_check,
            digests=DIGESTS,
            otherwise="measure without recorded digits",
        )

    def words(self, split: str) -> tuple[str, ...]:
        """Return the ten words; raises DatasetError for any split except ``test``."""
        if split != "test":
            msg = (
                f"{NAME} has a test split only, not {split!r}: no model may be trained on "
                f"English digits; use another data set for {split}"
            )
            raise DatasetError(msg)
        return WORDS

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        """
        Read the clips of *words*; unpack the digits that the cache lacks.

        Keys are ``<word>/<speaker>_<take>.wav``. The digest covers the recordings as
        published, at 8 kHz.
        """
        require_words(NAME, words, self.words(split))
        return assemble(NAME, split, self._recordings(words), to_clip)

    def _recordings(self, words: tuple[str, ...]) -> Iterator[Recording]:
        digits = [str(digit) for digit, word in enumerate(WORDS) if word in words]
        for found in self._archive.read(digits, lambda _: True):
            word, name = WORDS[int(found.word)], found.key.partition("_")[2]
            yield Recording(key=f"{word}/{name}", word=word, data=found.data)


def speaker(key: str) -> str:
    """Return the speaker of the clip *key*: ``zero/george_12.wav`` -> ``george``."""
    return key.partition("/")[2].rpartition("_")[0]


def to_clip(data: bytes, _key: str = "") -> Clip:
    """
    Decode a 16-bit mono WAV file of any sample rate to one second at 16 kHz.

    A longer recording is cut to its loudest second (the one with the most energy, the
    first of equals). A shorter one is zero-padded at the end.

    Returns:
        int16, shape ``(CLIP_SAMPLES,)``. SciPy resamples it; another version of SciPy may
        round a sample differently.

    """
    samples = to_int16(_resampled(data))
    start = _loudest(samples) if samples.size > CLIP_SAMPLES else 0
    clip = np.zeros(CLIP_SAMPLES, np.int16)
    kept = samples[start : start + CLIP_SAMPLES]
    clip[: kept.size] = kept
    return clip


def _resampled(data: bytes) -> npt.NDArray[np.float32]:
    from scipy.signal import resample_poly  # noqa: PLC0415  (0.9 s to import, seldom needed)

    with wave.open(io.BytesIO(data)) as wav:
        rate_hz = wav.getframerate()
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.float32)
    common = gcd(rate_hz, SAMPLE_RATE_HZ)
    resampled: npt.NDArray[np.float32] = resample_poly(
        samples, SAMPLE_RATE_HZ // common, rate_hz // common
    )
    return resampled


def _loudest(samples: npt.NDArray[np.int16]) -> int:
    """Return the index at which the second with the most energy begins."""
    energy = np.concatenate([[0], np.cumsum(samples.astype(np.int64) ** 2)])
    return int(np.argmax(energy[CLIP_SAMPLES:] - energy[:-CLIP_SAMPLES]))


def _place(path: str) -> Spot | None:
    """Place a recording by the digit that its file name begins with."""
    found = _FILE.fullmatch(path)
    return (found[2], found[1]) if found else None


def _check(digit: str, folder: Path) -> None:
    """Raise WrongError if a take of a speaker is missing."""
    names = (f"{digit}_{who}_{take}.wav" for who in SPEAKERS for take in range(TAKES))
    require_files(digit, folder, names)
