"""Listening to WAV files of every kind, and to what is none."""

import os
import struct
import threading
import tracemalloc
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from harness.errors import SourceError
from harness.stream.pcm import Samples
from harness.stream.wav import WavFile
from tests.unit.recordings import riff_bytes

CONVERT = r"convert it with: ffmpeg -i IN -c:a pcm_s16le OUT\.wav"
RAMP = np.arange(-8_000, 8_000, dtype=np.int16)


def heard(path: Path) -> Samples:
    """Return all that a listener gets to hear of a file."""
    with closing(WavFile(path)) as file:
        return np.concatenate(list(file))


def written(folder: Path, data: bytes) -> Path:
    path = folder / "x.wav"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("extensible", [False, True], ids=["plain", "extensible"])
@pytest.mark.parametrize(
    ("kind", "sample_bytes", "data"),
    [
        (1, 1, np.repeat((RAMP // 256 + 128).astype(np.uint8), 8).tobytes()),
        (1, 2, np.repeat(RAMP, 8).tobytes()),
        (1, 3, (np.repeat(RAMP, 8).astype("<i4") << 8).view("u1").reshape(-1, 4)[:, :3].tobytes()),
        (1, 4, (np.repeat(RAMP, 8).astype("<i4") << 16).tobytes()),
        (3, 4, (np.repeat(RAMP, 8) / 32_768).astype("<f4").tobytes()),
        (3, 8, (np.repeat(RAMP, 8) / 32_768).astype("<f8").tobytes()),
    ],
    ids=["8 bit", "16 bit", "24 bit", "32 bit", "float", "double"],
)
def test_every_format_is_heard_in_eight_channels(
    tmp_path: Path, kind: int, sample_bytes: int, data: bytes, *, extensible: bool
) -> None:
    file = riff_bytes(data, kind=kind, channels=8, sample_bytes=sample_bytes, extensible=extensible)

    found = heard(written(tmp_path, file))

    expected = RAMP // 256 * 256 if sample_bytes == 1 else RAMP
    assert np.array_equal(found, expected)


def test_96_khz_is_heard_at_16(tmp_path: Path) -> None:
    path = written(tmp_path, riff_bytes(bytes(2 * 96_000), rate_hz=96_000))

    assert np.array_equal(heard(path), np.zeros(16_000))


def test_a_rate_that_is_no_multiple_is_heard_to_the_last_sample(tmp_path: Path) -> None:
    path = written(tmp_path, riff_bytes(bytes(2 * 44_100), rate_hz=44_100))

    assert np.array_equal(heard(path), np.zeros(16_000))


def test_chunks_before_and_after_the_samples_are_not_heard(tmp_path: Path) -> None:
    data = riff_bytes(RAMP.tobytes())
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"

    path = written(tmp_path, data[:12] + odd + data[12:] + odd)

    assert np.array_equal(heard(path), RAMP)


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x8000_0000, 0x7FFF_F000])
def test_a_size_that_its_program_did_not_know_means_all_there_is(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, riff_bytes(RAMP.tobytes(), data_bytes=size))

    assert np.array_equal(heard(path), RAMP)


def test_a_file_with_sizes_of_64_bits_is_heard(tmp_path: Path) -> None:
    data = riff_bytes(RAMP.tobytes(), data_bytes=0xFFFF_FFFF)
    wide = b"ds64" + struct.pack("<IQQQI", 28, 0, 2 * RAMP.size, 0, 0)

    path = written(tmp_path, b"RF64" + data[4:12] + wide + data[12:] + b"LIST\0\0\0\0")

    assert np.array_equal(heard(path), RAMP)


def test_a_pipe_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[riff_bytes(RAMP.tobytes())])
    writer.start()

    assert np.array_equal(heard(path), RAMP)
    writer.join()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", r"x\.wav is empty \(0 bytes\); record it again"),
        (b"OggS" + bytes(20), rf"is not a WAV file: it begins with b'OggS.*'; {CONVERT}"),
        (b"RIFX" + bytes(4) + b"WAVE", rf"is not a WAV file: it begins with b'RIFX.*'; {CONVERT}"),
        (riff_bytes(b"")[:30], "x.wav ends inside its header; copy it again from its source"),
        (riff_bytes(b"")[:12], "x.wav ends inside its header; copy it again from its source"),
        (riff_bytes(b""), "x.wav holds no samples; record it again"),
        (riff_bytes(b"123", channels=2), "x.wav holds no samples; record it again"),
        (
            b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff",
            "x.wav ends inside its header; copy it again from its source",
        ),
        (
            b"RIFF\0\0\0\0WAVEdata" + bytes(8),
            rf"x.wav has no chunk 'fmt ' before its samples; {CONVERT}",
        ),
        (
            b"RIFF\0\0\0\0WAVEfmt \2\0\0\0\0\0",
            rf"has a chunk 'fmt ' of 2 bytes, expected 16 or more; {CONVERT}",
        ),
        (
            riff_bytes(bytes(9), kind=0x11),
            rf"x.wav is compressed: IMA ADPCM \(number 17\), expected PCM or float; {CONVERT}",
        ),
        (
            riff_bytes(bytes(9), kind=6, sample_bytes=1, extensible=True),
            rf"is compressed: A-law \(number 6\), expected PCM or float; {CONVERT}",
        ),
        (
            riff_bytes(bytes(9), kind=0x4321),
            rf"is compressed: an unknown format \(number 17185\), expected PCM or float; {CONVERT}",
        ),
        (
            riff_bytes(bytes(8), sample_bytes=8),
            "has frames of 8 bytes with 1 channels of 64 bits, expected 8 to 32 bits of PCM",
        ),
        (
            riff_bytes(bytes(8), channels=0),
            r"has frames of 0 bytes with 0 channels of 16 bits, expected ",
        ),
        (
            riff_bytes(bytes(8), rate_hz=0),
            rf"has 0 samples per second, expected 1,000 to 768,000; {CONVERT}",
        ),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:30],
)
def test_what_is_no_wav_file_of_samples_is_refused(tmp_path: Path, data: bytes, fault: str) -> None:
    with pytest.raises(SourceError, match=fault):
        WavFile(written(tmp_path, data))


@pytest.mark.parametrize(("name", "reason"), [("none.wav", "No such file"), (".", "Is a dir")])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(SourceError, match=rf"cannot be read \({reason}.*\); name a WAV file"):
        WavFile(tmp_path / name)


def test_all_there_is_of_a_truncated_file_is_heard_before_the_error(tmp_path: Path) -> None:
    path = written(tmp_path, riff_bytes(RAMP.tobytes() + b"\0", data_bytes=10 * 32_000))
    heard: list[Samples] = []

    fault = r"x\.wav is truncated: 1\.00 of 10\.00 s are there; copy it again from its source$"
    with closing(WavFile(path)) as file, pytest.raises(SourceError, match=fault):
        heard += file

    assert np.array_equal(np.concatenate(heard), RAMP)


def test_the_memory_needed_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak_bytes(seconds: int) -> int:
        path = tmp_path / f"{seconds}.wav"
        with path.open("wb") as file:
            file.write(riff_bytes(b"", channels=2, rate_hz=48_000, data_bytes=seconds * 192_000))
            file.truncate(file.tell() + seconds * 192_000)  # a hole reads as zeros
        tracemalloc.start()
        with closing(WavFile(path)) as source:
            for _ in source:
                pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(1)  # imports the resampler
    assert peak_bytes(600) < 1.1 * peak_bytes(10)
