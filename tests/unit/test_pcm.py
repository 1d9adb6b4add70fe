"""From bytes of any layout to 16 kHz mono int16."""

import struct

import numpy as np
import pytest

from harness.errors import SourceError
from harness.stream.pcm import ENCODINGS, Converter, Layout, Samples

RATES = [8_000, 22_050, 44_100, 48_000, 96_000]


def converted(data: bytes, encoding: str = "S16_LE", channels: int = 1) -> list[int]:
    layout = Layout(encoding=encoding, channels=channels, rate_hz=16_000)
    return list(map(int, Converter(layout, "x.wav")(data)))


def tone(hz: float, rate_hz: int, seconds: float = 1.0) -> Samples:
    """Return a sine of amplitude 10,000."""
    times = np.arange(round(rate_hz * seconds)) / rate_hz
    samples: Samples = np.rint(10_000 * np.sin(2 * np.pi * hz * times)).astype(np.int16)
    return samples


def resampled(samples: Samples, rate_hz: int, cut: int) -> Samples:
    """Return *samples* at 16 kHz, passed on in pieces of *cut* samples."""
    convert = Converter(Layout(encoding="S16_LE", channels=1, rate_hz=rate_hz), "x.wav")
    pieces = [convert(samples[at : at + cut].tobytes()) for at in range(0, len(samples), cut)]
    return np.concatenate([*pieces, convert(b"", last=True)])


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("U8", bytes([0, 127, 128, 255])),
        ("S16_LE", struct.pack("<4h", -32_768, -256, 0, 32_512)),
        ("S24_3LE", bytes.fromhex("000080 0000ff 000000 00007f")),
        ("S24_LE", bytes.fromhex("000080ff 0000ffff 00000000 00007f00")),
        ("S32_LE", struct.pack("<4i", -(2**31), -(2**24), 0, 32_512 * 2**16)),
        ("FLOAT_LE", struct.pack("<4f", -1, -1 / 128, 0, 127 / 128)),
        ("FLOAT64_LE", struct.pack("<4d", -1, -1 / 128, 0, 127 / 128)),
    ],
)
def test_every_encoding_says_the_same(encoding: str, data: bytes) -> None:
    assert converted(data, encoding) == [-32_768, -256, 0, 32_512]


def test_no_encoding_is_left_out_of_that_test() -> None:
    (mark,) = test_every_encoding_says_the_same.pytestmark  # type: ignore[attr-defined]

    assert {encoding for encoding, _ in mark.args[1]} == set(ENCODINGS)


def test_24_bits_right_in_32_may_have_anything_above_them() -> None:
    assert converted(bytes.fromhex("0000807f 0000ff00"), "S24_LE") == [-32_768, -256]


def test_channels_are_averaged() -> None:
    data = struct.pack("<6h", 100, 300, -32_768, 32_767, 32_767, 32_767)

    assert converted(data, channels=2) == [200, 0, 32_767]


def test_floats_beyond_full_scale_are_clipped() -> None:
    assert converted(struct.pack("<2f", 1.5, -1.5), "FLOAT_LE") == [32_767, -32_768]


@pytest.mark.parametrize("sample", [float("nan"), float("inf")])
def test_a_sample_that_is_no_number_is_refused(sample: float) -> None:
    fault = "^x.wav holds samples that are not finite numbers; record it again$"
    with pytest.raises(SourceError, match=fault):
        converted(struct.pack("<f", sample), "FLOAT_LE")


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_tone_stays_that_tone_at_its_time(rate_hz: int) -> None:
    found = resampled(tone(440, rate_hz), rate_hz, cut=1_000)

    middle = slice(2_000, 14_000)  # the ends ring
    assert len(found) == 16_000
    assert np.abs(found[middle] - tone(440, 16_000)[middle].astype(int)).max() <= 2


def test_what_16_khz_cannot_hold_is_removed_not_folded_down() -> None:
    found = resampled(tone(12_000, 48_000), 48_000, cut=1_000)

    assert np.abs(found[2_000:14_000]).max() <= 2


@pytest.mark.parametrize("rate_hz", RATES)
def test_it_does_not_matter_where_the_pieces_are_cut(rate_hz: int) -> None:
    noise = np.random.default_rng(1).integers(-9_000, 9_000, rate_hz, np.int16)

    whole = resampled(noise, rate_hz, cut=rate_hz)

    assert np.array_equal(resampled(noise, rate_hz, cut=777), whole)
    assert np.array_equal(resampled(noise, rate_hz, cut=rate_hz // 20), whole)
