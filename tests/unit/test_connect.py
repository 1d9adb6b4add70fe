"""Connecting to hosts with many addresses, some of which never answer."""

import contextlib
import socket
import time
import urllib.error
from collections.abc import Iterator

import pytest

from harness.datasets.fetching.connect import connect, opener

NOBODY = ("127.0.0.1", 1)
"""Port 1 is reserved and nothing listens there."""


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=0)


@contextlib.contextmanager
def silent() -> Iterator[tuple[str, int]]:
    """Give an address that never answers: a queue that is full, and nobody serves it."""
    with listening() as server, contextlib.ExitStack() as queue:
        for _ in range(3):
            waiting = queue.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()


@pytest.fixture
def silences() -> Iterator[list[tuple[str, int]]]:
    with silent() as first, silent() as second, silent() as third, silent() as fourth:
        yield [first, second, third, fourth]


@pytest.fixture
def answering() -> Iterator[tuple[str, int]]:
    with listening() as server:
        yield server.getsockname()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *places: tuple[str, int]) -> None:
    """Let every host have the addresses *places*."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_one_address_that_answers_is_found_among_silent_ones(
    silences: list[tuple[str, int]], answering: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, NOBODY, *silences, answering)
    with connect(("many.example", 80), 60) as connection:
        assert connection.getpeername() == answering
        assert connection.gettimeout() == 60


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_all_addresses_share_one_deadline(
    silences: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    resolve_to(monkeypatch, *silences * 25)
    start = time.monotonic()
    with pytest.raises(urllib.error.URLError, match="timed out"):
        opener().open(f"{scheme}://many.example/words.zip", timeout=0.2)
    # One after the other, these hundred would take 20 s.
    assert 0.2 <= time.monotonic() - start < 10


def test_a_refusal_by_every_address_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, NOBODY, NOBODY)
    with pytest.raises(ConnectionRefusedError, match="refused"):
        connect(("many.example", 80), 60)


def test_an_address_of_an_unsupported_family_is_skipped(
    answering: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = (-1, socket.SOCK_STREAM, 6, "", ("::1", 80))
    good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", answering)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [odd, good])
    with connect(("many.example", 80), 60) as connection:
        assert connection.getpeername() == answering
