"""The one zip recipe."""

import time
import zlib

import numpy as np
import pytest

from harness.spotter.size import zipped_bytes

CONTAINER_BYTES = 30 + 46 + 22 + 2 * len("model.tflite")
"""Local header, central directory and its end (APPNOTE 4.3), and the entry's name twice."""

EMPTY_DEFLATE_BYTES = 2
"""One final block with nothing but its end (RFC 1951, 3.2.3)."""


def deflated_bytes(data: bytes, level: int) -> int:
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return len(deflate.compress(data) + deflate.flush())


def test_a_kilobyte_of_zeros_is_compressed_not_stored() -> None:
    assert zipped_bytes(bytes(1_024)) < 200


def test_an_empty_file_costs_the_container_alone() -> None:
    assert zipped_bytes(b"") == CONTAINER_BYTES + EMPTY_DEFLATE_BYTES


def test_the_level_is_nine() -> None:
    data = np.random.default_rng(0).integers(0, 4, 50_000, np.uint8).tobytes()
    expected = {level: CONTAINER_BYTES + deflated_bytes(data, level) for level in (6, 9)}
    assert (zipped_bytes(data), expected[6] != expected[9]) == (expected[9], True)


def test_a_board_without_a_clock_zips_too(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_wall = zipped_bytes(b"model")
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(0))
    assert zipped_bytes(b"model") == at_the_wall
