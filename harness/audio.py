"""
From the bytes of a WAV file to a clip.

A clip is one second of 16 kHz mono speech: int16, shape ``(CLIP_SAMPLES,)``.
No recording is resampled or mixed down, and no recording of a word is cut. A file in
another format is refused by name, because a silent repair would change what is
measured.
"""

import io
import wave

import numpy as np
import numpy.typing as npt

from harness import wav
from harness.errors import AudioError

SAMPLE_RATE_HZ = 16_000
CLIP_SAMPLES = 16_000
"""Samples in one second, the longest that a recording in Speech Commands lasts."""

FULL_SCALE = 32_768
"""Magnitude of the largest int16 sample, 0 dBFS."""

Clip = npt.NDArray[np.int16]
"""One second of speech, shape ``(CLIP_SAMPLES,)``."""

_CONVERT = "convert it with: ffmpeg -i IN.wav -t 1 -ac 1 -ar 16000 -c:a pcm_s16le OUT.wav"


def amplitude(level_dbfs: float) -> float:
    """Return a level in dB of full scale as an amplitude of int16 samples."""
    return float(FULL_SCALE * 10 ** (level_dbfs / 20))


def decode_wav(data: bytes, name: str) -> Clip:
    """
    Decode a WAV file, zero-padded at the end to one second.

    Args:
        data: Contents of the file.
        name: What errors call the file.

    Returns:
        int16, shape ``(CLIP_SAMPLES,)``.

    Raises:
        AudioError: If the file does not hold 1 to ``CLIP_SAMPLES`` samples of 16 kHz
            mono 16-bit PCM, or is shorter than its header says.

    """
    samples = _samples(data, name)
    if samples.size > CLIP_SAMPLES:
        msg = (
            f"{name} holds {samples.size} samples, more than one second ({CLIP_SAMPLES}); "
            f"{_CONVERT}"
        )
        raise AudioError(msg)
    clip = np.zeros(CLIP_SAMPLES, np.int16)
    clip[: samples.size] = samples
    return clip


def cut_wav(data: bytes, name: str) -> list[bytes]:
    """
    Cut a WAV file into WAV files of one second each.

    The rest at the end, shorter than a second, is dropped. A file of a second or less
    is returned as it is. Raises AudioError as :func:`decode_wav` does, except for
    files that are too long.
    """
    samples = _samples(data, name)
    if samples.size <= CLIP_SAMPLES:
        return [data]
    seconds = samples[: samples.size // CLIP_SAMPLES * CLIP_SAMPLES].reshape(-1, CLIP_SAMPLES)
    return [_encode(second) for second in seconds]


def _encode(clip: Clip) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, SAMPLE_RATE_HZ, clip.size, "NONE", ""))
        writer.writeframes(clip.astype("<i2").tobytes())
    return file.getvalue()


def _samples(data: bytes, name: str) -> Clip:
    """Return all samples of a WAV file, int16; raises AudioError."""
    try:
        found = wav.parse(data)
    except ValueError as error:
        msg = f"{name} is not a PCM WAV file ({len(data):,} bytes: {error}); {_CONVERT}"
        raise AudioError(msg) from error
    _check_format(found, name)
    expected = found.expected_bytes // 2
    samples = np.frombuffer(found.samples[: len(found.samples) // 2 * 2], dtype="<i2")
    if samples.size < expected:
        msg = (
            f"{name} is truncated: {samples.size} of {expected} samples; copy it again from "
            f"its source"
        )
        raise AudioError(msg)
    if samples.size == 0:
        msg = f"{name} holds no samples; record it again or remove it"
        raise AudioError(msg)
    return samples


def _check_format(found: wav.Wav, name: str) -> None:
    for what, value, wanted in (
        ("channels", found.channels, 1),
        ("bits per sample", found.bits, 16),
        ("samples per second", found.rate_hz, SAMPLE_RATE_HZ),
    ):
        if value != wanted:
            msg = f"{name} has {value} {what}, expected {wanted}; {_CONVERT}"
            raise AudioError(msg)
