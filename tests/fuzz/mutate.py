"""Damage to bytes of any format: bits, integers, and pieces that are lost, doubled or foreign."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

INTEGERS: Final = tuple(
    sorted(
        {0, 1, 2, 3, 7, -1, -2}
        | {
            sign * (2**bits + more)
            for bits in (7, 8, 15, 16, 24, 31, 32, 62)
            for more in (-1, 0, 1)
            for sign in (1, -1)
        }
    )
)
"""Integers at which code goes wrong."""

_HEAD_BYTES: Final = 64
"""How much of an end is hit more often: there most formats have what describes the rest."""

_CHANGES_OF_A_CASE: Final = (1, 1, 1, 2, 4)
_SPLICED: Final = 0.1


def damaged(data: bytes, generator: Random, others: Sequence[bytes] = ()) -> bytes:
    """Return *data* with a few changes, most often one, and now and then the end of another."""
    for _ in range(generator.choice(_CHANGES_OF_A_CASE)):
        if data:
            data = generator.choice(_CHANGES)(data, generator)
    if others and generator.random() < _SPLICED:
        other = generator.choice(others)
        data = data[: _place(data, generator)] + other[_place(other, generator) :]
    return data


def _place(data: bytes, generator: Random) -> int:
    """Return a place in *data*, half of the time near one of its ends."""
    if not data:
        return 0
    near = generator.randrange(min(len(data), _HEAD_BYTES))
    anywhere = generator.randrange(len(data))
    return generator.choice((near, len(data) - 1 - near, anywhere, anywhere))


def _bit(data: bytes, generator: Random) -> bytes:
    place = _place(data, generator)
    changed = data[place] ^ (1 << generator.randrange(8))
    return data[:place] + bytes([changed]) + data[place + 1 :]


def _integer(data: bytes, generator: Random) -> bytes:
    size = generator.choice((1, 2, 4, 8))
    place = _place(data, generator) // size * size
    value = generator.choice(INTEGERS) % (1 << 8 * size)
    return data[:place] + value.to_bytes(size, "little") + data[place + size :]


def _truncated(data: bytes, generator: Random) -> bytes:
    return data[: _place(data, generator)]


def _without_piece(data: bytes, generator: Random) -> bytes:
    place = _place(data, generator)
    return data[:place] + data[place + generator.randint(1, _HEAD_BYTES) :]


def _with_piece_again(data: bytes, generator: Random) -> bytes:
    place = _place(data, generator)
    return data[: place + generator.randint(1, _HEAD_BYTES)] + data[place:]


def _with_noise(data: bytes, generator: Random) -> bytes:
    place, size = _place(data, generator), generator.randint(1, _HEAD_BYTES)
    kept = place + generator.choice((0, size))
    return data[:place] + generator.randbytes(size) + data[kept:]


_CHANGES: Final[Sequence[Callable[[bytes, Random], bytes]]] = (
    *(_bit, _integer) * 6,
    _truncated,
    _without_piece,
    _with_piece_again,
    _with_noise,
)
