"""Reading WAV files: one second of 16 kHz mono 16-bit speech, or a refusal by name."""

import contextlib
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.audio import decode_wav
from harness.errors import AudioError
from tests.unit.recordings import wav_bytes

CURE = re.escape("; convert it with: ffmpeg -i IN.wav -t 1 -ac 1 -ar 16000 -c:a pcm_s16le OUT.wav")
WHOLE = wav_bytes(range(10))
HEADER_BYTES = len(WHOLE) - 20


def test_samples_come_out_as_they_went_in() -> None:
    samples = [0, 1, -1, 32_767, -32_768]
    assert decode_wav(wav_bytes(samples), "a.wav")[:5].tolist() == samples


def test_a_clip_is_int16_and_one_second_long() -> None:
    clip = decode_wav(wav_bytes(), "a.wav")
    assert (clip.dtype.name, clip.shape) == ("int16", (16_000,))


def test_a_short_recording_is_padded_with_silence_at_its_end() -> None:
    clip = decode_wav(wav_bytes([7, 7]), "a.wav")
    assert (clip[:2].tolist(), clip[2:].tolist()) == ([7, 7], [0] * 15_998)


def test_a_recording_of_one_second_is_taken_whole() -> None:
    assert decode_wav(wav_bytes([1] * 16_000), "a.wav").sum() == 16_000


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(wav_bytes(channels=2, samples=(1, 2)), "2 channels, expected 1", id="stereo"),
        pytest.param(wav_bytes(sample_bytes=1), "8 bits per sample, expected 16", id="8-bit"),
        pytest.param(wav_bytes(sample_bytes=3), "24 bits per sample, expected 16", id="24-bit"),
        pytest.param(
            wav_bytes(rate_hz=8_000), "8000 samples per second, expected 16000", id="8-kHz"
        ),
        pytest.param(
            wav_bytes(rate_hz=44_100), "44100 samples per second, expected 16000", id="44.1-kHz"
        ),
    ],
)
def test_another_format_is_refused(data: bytes, fault: str) -> None:
    with pytest.raises(AudioError, match=f"^go/a.wav has {fault}{CURE}$"):
        decode_wav(data, "go/a.wav")


def with_sizes(riff: int, samples: int) -> bytes:
    """Return a file whose header tells these two sizes, in bytes."""
    sizes = [size.to_bytes(4, "little") for size in (riff, samples)]
    return WHOLE[:4] + sizes[0] + WHOLE[8:40] + sizes[1] + WHOLE[44:]


def with_bits(bits: int) -> bytes:
    return WHOLE[:34] + bits.to_bytes(2, "little") + WHOLE[36:]


def extensible(*, bits: int = 16, code: int = 1) -> bytes:
    """Return a file of the extensible format, which has another format inside."""
    form = WHOLE[20:36].replace(b"\x01\x00", b"\xfe\xff", 1)
    more = struct.pack("<HHIH14s", 22, bits, 4, code, bytes(14))
    return WHOLE[:16] + (40).to_bytes(4, "little") + form + more + WHOLE[36:]


@pytest.mark.parametrize(
    ("riff", "samples"),
    [(0xFFFFFFFF, 0xFFFFFFFF), (0x7FFFFFFF, 0x7FFFFFDB), (0x80000024, 0x80000000)],
    ids=["all ones", "2 GiB less one", "2 GiB"],
)
def test_a_recording_from_a_pipe_lasts_to_the_end_of_the_file(riff: int, samples: int) -> None:
    clip = decode_wav(with_sizes(riff, samples), "a.wav")

    assert clip[:11].tolist() == [*range(10), 0]


@pytest.mark.parametrize("bits", range(9, 16))
def test_fewer_bits_are_not_taken_for_sixteen(bits: int) -> None:
    for data in (with_bits(bits), extensible(bits=bits)):
        with pytest.raises(AudioError, match=f"^a.wav has {bits} bits per sample, expected 16"):
            decode_wav(data, "a.wav")


def test_the_extensible_format_is_read_by_what_it_extends() -> None:
    assert decode_wav(extensible(), "a.wav")[:10].tolist() == list(range(10))
    with pytest.raises(AudioError, match=r"^a\.wav is not a PCM WAV file \(.* unknown format: 3\)"):
        decode_wav(extensible(code=3), "a.wav")


def test_a_second_data_chunk_is_refused() -> None:
    second = b"data" + (4).to_bytes(4, "little") + bytes(4)

    message = r"^a\.wav is not a PCM WAV file \(76 bytes: it has a second data chunk\)"
    with pytest.raises(AudioError, match=message):
        decode_wav(WHOLE + second, "a.wav")


def test_other_chunks_are_passed_over() -> None:
    note = b"LIST" + (3).to_bytes(4, "little") + b"abc\0"
    cut_off = b"LIST" + (99).to_bytes(4, "little") + b"abc"
    data = WHOLE[:12] + note + WHOLE[12:36] + note + WHOLE[36:] + note + cut_off

    assert decode_wav(data, "a.wav")[:11].tolist() == [*range(10), 0]


def test_a_format_that_is_too_short_is_refused() -> None:
    data = WHOLE[:16] + (8).to_bytes(4, "little") + WHOLE[20:28] + WHOLE[36:]

    message = (
        r"^a\.wav is not a PCM WAV file \(56 bytes: its format takes 8 bytes, not 16 or more\)"
    )
    with pytest.raises(AudioError, match=message):
        decode_wav(data, "a.wav")


def test_a_sample_more_than_a_second_is_refused() -> None:
    fault = re.escape("go/a.wav holds 16001 samples, more than one second (16000)")
    with pytest.raises(AudioError, match=f"^{fault}{CURE}$"):
        decode_wav(wav_bytes([0] * 16_001), "go/a.wav")


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        pytest.param(b"", "0 bytes: it ends inside its header", id="an-empty-file"),
        pytest.param(WHOLE[:24], "24 bytes: it ends inside its header", id="half-a-header"),
        pytest.param(b"OggS" + bytes(96), "100 bytes: .*RIFF", id="another-format"),
        pytest.param(
            WHOLE[:20] + b"\x03" + WHOLE[21:], "64 bytes: unknown format: 3", id="32-bit-float"
        ),
        pytest.param(
            WHOLE[:17] + b"\x01" + WHOLE[18:],
            "64 bytes: it ends inside its header",
            id="a-chunk-longer-than-the-file",
        ),
    ],
)
def test_what_is_no_pcm_wav_file_is_refused(data: bytes, detail: str) -> None:
    with pytest.raises(AudioError, match=rf"^go/a.wav is not a PCM WAV file \({detail}.*\){CURE}$"):
        decode_wav(data, "go/a.wav")


@pytest.mark.parametrize(
    ("kept_bytes", "samples"),
    [
        pytest.param(0, 0, id="before-the-first-sample"),
        pytest.param(8, 4, id="between-two-samples"),
        pytest.param(9, 4, id="within-a-sample"),
    ],
)
def test_a_truncated_file_is_refused(kept_bytes: int, samples: int) -> None:
    fault = f"go/a.wav is truncated: {samples} of 10 samples; copy it again from its source"
    with pytest.raises(AudioError, match=f"^{fault}$"):
        decode_wav(WHOLE[: HEADER_BYTES + kept_bytes], "go/a.wav")


def test_a_file_without_samples_is_refused() -> None:
    fault = "go/a.wav holds no samples; record it again or remove it"
    with pytest.raises(AudioError, match=f"^{fault}$"):
        decode_wav(wav_bytes([]), "go/a.wav")


@given(kept_bytes=st.integers(0, len(WHOLE) - 1))
def test_wherever_a_file_is_cut_the_error_names_it(kept_bytes: int) -> None:
    with pytest.raises(AudioError, match=r"^go/a\.wav "):
        decode_wav(WHOLE[:kept_bytes], "go/a.wav")


@given(
    damage=st.dictionaries(
        st.integers(0, HEADER_BYTES - 1), st.sampled_from([0, 1, 127, 128, 255]), min_size=1
    )
)
def test_whatever_a_header_says_there_is_a_clip_or_a_refusal(damage: dict[int, int]) -> None:
    data = bytearray(WHOLE)
    for place, value in damage.items():
        data[place] = value
    with contextlib.suppress(AudioError):
        assert decode_wav(bytes(data), "go/a.wav").shape == (16_000,)
