"""Streams that a data set brings: long recordings, with the times of words in them if known."""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from harness.audio import CLIP_SAMPLES, SAMPLE_RATE_HZ
from harness.errors import DatasetError, SourceError
from harness.stream.pcm import Samples
from harness.stream.scene import Keyword, Part
from harness.stream.wav import WavFile

FIELDS: Final = ("start_s", "end_s", "word")
"""Columns of the ``.csv`` beside a recording, a line for each word of its data set."""


@dataclass(frozen=True)
class Recorded:
    """
    Recordings one after another, each a background of its own, a second of silence between.

    Attributes:
        paths: WAV files of any rate and number of channels.
        task: Words that are keywords; other words are part of the background.
        known: Words that a ``.csv`` may name.

    """

    paths: Sequence[Path]
    task: tuple[str, ...]
    known: Collection[str]

    def parts(self) -> Iterator[Part]:
        """
        Yield the recordings block by block.

        Raises:
            DatasetError: If a recording or the times of its words cannot be used.

        """
        for path in self.paths:
            said = _words(path.with_suffix(".csv"), self.known)
            keywords = [keyword for keyword in said if keyword.word in self.task]
            end = 0
            for block in _blocks(path):
                yield Part(path.name, block, _begun(keywords, end, block.size))
                end += block.size
            _require_a_second(path, end)
            if said and said[-1].end > end:
                last_s, length_s = said[-1].end / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ
                fault = f"ends at {last_s:.2f} s, after the {length_s:.2f} s of {path.name}"
                msg = f"{path.with_suffix('.csv')}: {said[-1].word} {fault}; correct its times"
                raise DatasetError(msg)
            yield Part(None, np.zeros(CLIP_SAMPLES, np.int16))


def _require_a_second(path: Path, samples: int) -> None:
    """Raise DatasetError for a recording too short to decide on anything in it."""
    if samples < CLIP_SAMPLES:
        length_s = samples / SAMPLE_RATE_HZ
        msg = (
            f"{path} lasts {length_s:.3g} s, and a stream a second or more; move it to the folder "
            "of its word, or remove it"
        )
        raise DatasetError(msg)


def _begun(keywords: Sequence[Keyword], start: int, size: int) -> list[Keyword]:
    """Return the keywords that begin in the *size* samples from *start*, counted from there."""
    return [
        Keyword(word, first - start, last - start)
        for word, first, last in keywords
        if start <= first < start + size
    ]


def _blocks(path: Path) -> Iterator[Samples]:
    try:
        source = WavFile(path)
        try:
            yield from source
        finally:
            source.close()
    except SourceError as error:
        msg = f"a stream of the data set cannot be used: {error}"
        raise DatasetError(msg) from error


def _words(path: Path, known: Collection[str]) -> list[Keyword]:
    """Return what is said when, by the ``.csv`` at *path*; nothing if there is none."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        msg = f"{path} cannot be read ({error}); write lines of {','.join(FIELDS)}, in UTF-8"
        raise DatasetError(msg) from error
    if lines and tuple(lines[0]) == FIELDS:
        lines = lines[1:]
    said = [_word(path, line, known) for line in lines if line]
    for earlier, later in pairwise(said):
        if later.start < earlier.end:
            at_s = later.start / SAMPLE_RATE_HZ
            msg = (
                f"{path}: {later.word} begins at {at_s:.2f} s, before {earlier.word} ends; sort "
                f"the lines by time and let no two overlap"
            )
            raise DatasetError(msg)
    return said


def _word(path: Path, line: Sequence[str], known: Collection[str]) -> Keyword:
    try:
        start_s, end_s, word = float(line[0]), float(line[1]), line[2].strip()
        start, end = round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ)
    except (ValueError, IndexError, OverflowError) as error:
        msg = f"{path}: the line {','.join(line)!r} is not {','.join(FIELDS)}; correct it"
        raise DatasetError(msg) from error
    if not 0 <= start < end:
        msg = f"{path}: {word} is said from {start_s} to {end_s} s; let it end after it begins"
        raise DatasetError(msg)
    if word not in known:
        msg = f"{path}: there is no folder for the word {word!r}; it has {', '.join(sorted(known))}"
        raise DatasetError(msg)
    return Keyword(word, start, end)
