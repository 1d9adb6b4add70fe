"""
Connecting to a host that may have many addresses, with one deadline for all of them.

The standard library tries one address after the other until each times out. A firewall
that drops packets is silent on every one of them: with twenty addresses of ten seconds
each, a run would wait for three minutes.
"""

import contextlib
import http.client
import os
import selectors
import socket
import time
import urllib.request
from collections.abc import Iterator
from typing import Any


def opener() -> urllib.request.OpenerDirector:
    """Return an opener like that of ``urllib.request.urlopen`` that uses :func:`connect`."""
    return urllib.request.build_opener(_Http, _Https)


def connect(address: tuple[str, int], timeout_s: float, _source: Any = None) -> socket.socket:
    """
    Return a connection to the first address of a host that answers; all are tried at once.

    Args:
        address: Host and port.
        timeout_s: Seconds until all attempts time out; then the connection's timeout.

    Raises:
        OSError: If no address answers: TimeoutError, or the last refusal.

    """
    failed = OSError(f"{address[0]} has no address")
    with contextlib.ExitStack() as attempts:
        begun = []
        for family, kind, protocol, _, place in socket.getaddrinfo(
            *address, type=socket.SOCK_STREAM
        ):
            try:
                attempt = attempts.enter_context(socket.socket(family, kind, protocol))
                attempt.settimeout(0)
                with contextlib.suppress(BlockingIOError):  # it has begun
                    attempt.connect(place)
            except OSError as error:
                failed = error
            else:
                begun.append(attempt)
        for attempt in _answered(begun, timeout_s):
            code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                connection = socket.socket(fileno=attempt.detach())  # the others are closed
                connection.settimeout(timeout_s)
                return connection
            failed = OSError(code, os.strerror(code))
    raise failed


def _answered(attempts: list[socket.socket], timeout_s: float) -> Iterator[socket.socket]:
    """Yield each of *attempts* as it is answered or refused; raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as pending:
        for attempt in attempts:
            pending.register(attempt, selectors.EVENT_WRITE, attempt)
        while pending.get_map():
            ready = pending.select(max(0, deadline - time.monotonic()))
            if not ready:
                msg = "timed out"
                raise TimeoutError(msg)
            for key, _ in ready:
                pending.unregister(key.data)
                yield key.data


class _Connection(http.client.HTTPConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = connect  # in place of socket.create_connection


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    pass


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req)
