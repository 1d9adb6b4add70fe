"""Raw samples from a pipe."""

import io
import os
import pty

import numpy as np
import pytest

from harness.errors import SourceError
from harness.stream.pcm import Samples
from harness.stream.raw import RawInput

RAMP = np.arange(-8_000, 8_000, dtype=np.int16)


class Dripping(io.BytesIO):
    """A pipe that has three bytes at a time."""

    def read1(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002
        return self.read(3)


@pytest.mark.parametrize("kind", [io.BytesIO, Dripping])
def test_every_sample_is_heard_however_it_arrives(kind: type[io.BytesIO]) -> None:
    assert np.array_equal(np.concatenate(list(RawInput(kind(RAMP.tobytes())))), RAMP)


def test_whole_samples_are_heard_before_the_error_of_half_a_one() -> None:
    heard: list[Samples] = []

    fault = (
        "^standard input ends in mid-sample, one byte after 16,000 samples; "
        "send 16 kHz mono 16-bit samples$"
    )
    with pytest.raises(SourceError, match=fault):
        heard += RawInput(io.BytesIO(RAMP.tobytes() + b"\1"))

    assert np.array_equal(np.concatenate(heard), RAMP)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", r"holds no samples \(tox closes it\); pipe .* to: python -m harness\.stream NAME"),
        (b"RIFF....WAVEfmt ", r"is a WAV file, expected raw samples; use --file F\.wav"),
    ],
)
def test_what_is_no_raw_audio_is_refused(data: bytes, fault: str) -> None:
    with pytest.raises(SourceError, match=f"^standard input {fault}"):
        list(RawInput(io.BytesIO(data)))


def test_a_closed_standard_input_is_refused() -> None:
    with pytest.raises(SourceError, match=r"^standard input is closed; pipe 16 kHz mono 16-bit"):
        RawInput(None)


def test_a_terminal_is_refused() -> None:
    leader, follower = pty.openpty()
    fault = r"^standard input is a terminal; pipe 16 kHz mono 16-bit"
    with os.fdopen(follower, "rb") as terminal, pytest.raises(SourceError, match=fault):
        RawInput(terminal)
    os.close(leader)
