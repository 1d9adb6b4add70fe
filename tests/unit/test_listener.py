"""The listener: what it tells of a source, and when."""

import io
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from harness import LogMel, Trigger
from harness.errors import SourceError
from harness.spotter.model import Model
from harness.spotter.spotter import Spotter
from harness.stream.commands import Commands
from harness.stream.console import Console, as_text
from harness.stream.detector import Detector
from harness.stream.listener import Listener
from harness.stream.pcm import Samples
from tests.unit.models import FEATURES, loud, loudness_model

LOST = "the mic lost audio (overrun), as others keep this machine busy"
SILENT = "the mic has been silent for 10 s; unmute it and raise its gain with alsamixer (F4)"


class Blocks:
    """A source of given blocks; an error among them is raised, a number counts overruns."""

    name = "the mic"

    def __init__(self, *blocks: Samples | int | SourceError, live: bool = False) -> None:
        self._blocks = blocks
        self.live = live
        self.overruns = 0

    def __iter__(self) -> Iterator[Samples]:
        for block in self._blocks:
            if isinstance(block, SourceError):
                raise block
            if isinstance(block, int):
                self.overruns += block
            else:
                yield block

    def close(self) -> None:
        """Nothing to let go of."""


def quiet(samples: int) -> Samples:
    return np.zeros(samples, np.int16)


def said(source: Blocks, offset: float = 4) -> tuple[list[str], list[str]]:
    """Return what is printed on a source: detections, and the rest. Silence is no word."""
    labels = ("go", "stop")
    model = Model(loudness_model(offset=offset), "m", features_shape=FEATURES, labels=labels)
    detector = Detector(Spotter(LogMel(), model, labels=labels, task=labels), Trigger())
    out, err = io.StringIO(), io.StringIO()
    console = Console(as_text, out, err)
    try:
        Listener(detector, console, Commands({}, console.note)).listen(source)
    except SourceError as error:
        console.note(f"error: {error}")
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def cut(samples: Samples, size: int) -> Iterable[Samples]:
    return [samples[at : at + size] for at in range(0, len(samples), size)]


TWO_WORDS = np.concatenate([quiet(32_000), loud(), quiet(32_000), loud()])
DETECTIONS = ["     2.20 s  go", "     3.20 s  go", "     5.20 s  go"]
"""The end of the first word still triggers when the rest after it is over."""


@pytest.mark.parametrize("size", [100, 1_600, 7_777, 96_000])
def test_detections_are_the_same_however_audio_arrives(size: int) -> None:
    detections, (summary,) = said(Blocks(*cut(TWO_WORDS, size)))

    assert [line[:15] for line in detections] == DETECTIONS
    assert summary.startswith("6.00 s of audio, 3 detections, 0 overruns, ")
    assert summary.endswith(" % of one core")


def test_what_was_heard_before_an_error_is_told() -> None:
    fault = SourceError("unplugged")

    detections, (summary, error) = said(Blocks(TWO_WORDS, 1, fault, TWO_WORDS))

    assert [line[:15] for line in detections] == DETECTIONS
    assert summary.startswith("6.00 s of audio, 3 detections, 1 overruns, ")
    assert error == "error: unplugged"


def test_a_source_without_a_sample_is_told_nothing_of() -> None:
    assert said(Blocks(quiet(0), SourceError("empty"))) == ([], ["error: empty"])


def test_a_microphone_is_introduced() -> None:
    _, (first, _) = said(Blocks(quiet(100), live=True))

    assert first == "listening to the mic for go, stop; Ctrl-C ends it"


def test_overruns_are_told_once_and_counted() -> None:
    second = loud()

    _, (_, note, summary) = said(Blocks(second, 1, second, 2, second, live=True))

    assert note.startswith(LOST)
    assert ", 3 overruns, " in summary


@pytest.mark.parametrize(("live", "notes"), [(True, 1), (False, 0)])
def test_a_silent_microphone_is_told_but_not_a_silent_file(*, live: bool, notes: int) -> None:
    _, told = said(Blocks(*[quiet(8_000)] * 40, live=live))

    assert len([line for line in told if line.startswith(SILENT)]) == notes
