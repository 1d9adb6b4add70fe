"""Downloads, from a server on this machine that does what the test tells it."""

import http.server
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.datasets.download import download
from harness.errors import DatasetError

WHOLE = bytes(range(256)) * 1_000
HALF = len(WHOLE) // 2

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Server(http.server.ThreadingHTTPServer):
    """Answers each path with its function and remembers what was asked for."""

    daemon_threads = True

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.asked: list[tuple[str, str | None]] = []
        self.closing = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Hands each request to the function of its path."""

    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Range"]))
        self.server.answers[self.path](self)

    def log_message(self, *_: object) -> None:
        pass


def send(
    request: http.server.BaseHTTPRequestHandler, status: int, body: bytes, **headers: object
) -> None:
    request.send_response(status)
    for name, value in {"Content_Length": len(body), **headers}.items():
        request.send_header(name.replace("_", "-"), str(value))
    request.end_headers()
    request.wfile.write(body)


def whole(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 200, WHOLE)


def rest(request: http.server.BaseHTTPRequestHandler) -> None:
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    total = len(WHOLE)
    send(request, 206, WHOLE[start:], Content_Range=f"bytes {start}-{total - 1}/{total}")


def breaking_off(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 200, WHOLE[:HALF], Content_Length=len(WHOLE))


def falling_silent(request: http.server.BaseHTTPRequestHandler) -> None:
    assert isinstance(request, Handler)
    breaking_off(request)
    request.server.closing.wait()


def without_length(request: http.server.BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(WHOLE)


def moved(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 302, b"", Location="/rest")


def moved_whole(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 302, b"", Location="/whole")


def missing(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 404, b"no such file")


def past_the_end(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 416, b"")


ANSWERS: dict[str, Answer] = {
    "/whole": whole,
    "/rest": rest,
    "/breaking-off": breaking_off,
    "/falling-silent": falling_silent,
    "/without-length": without_length,
    "/moved": moved,
    "/moved-whole": moved_whole,
    "/missing": missing,
    "/past-the-end": past_the_end,
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server(ANSWERS) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "words.zip"


@pytest.fixture
def part(target: Path) -> Path:
    target.parent.mkdir()
    return target.with_name("words.zip.part")


@pytest.mark.parametrize("path", ["/whole", "/without-length", "/moved-whole"])
def test_a_whole_file_arrives(server: Server, target: Path, path: str) -> None:
    download(server.url(path), target)
    assert target.read_bytes() == WHOLE


def test_nothing_else_is_left(server: Server, target: Path) -> None:
    download(server.url("/whole"), target)
    assert list(target.parent.iterdir()) == [target]


def test_an_old_file_is_replaced(server: Server, part: Path, target: Path) -> None:
    target.write_bytes(b"old")
    download(server.url("/whole"), target)
    assert (target.read_bytes(), part.exists()) == (WHOLE, False)


def test_a_break_off_says_how_far_it_came(server: Server, target: Path) -> None:
    url = server.url("/breaking-off")
    fault = (
        f"{url} could not be fetched (it broke off after 128,000 of 256,000 bytes; "
        f"run again to resume)"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        download(url, target)


def test_a_break_off_keeps_what_came_but_not_in_place(
    server: Server, part: Path, target: Path
) -> None:
    with pytest.raises(DatasetError, match="it broke off"):
        download(server.url("/breaking-off"), target)
    assert (part.read_bytes(), target.exists()) == (WHOLE[:HALF], False)


@pytest.mark.parametrize("path", ["/rest", "/moved"])
def test_the_next_call_asks_only_for_what_is_missing(
    server: Server, target: Path, path: str
) -> None:
    with pytest.raises(DatasetError, match="it broke off"):
        download(server.url("/breaking-off"), target)
    download(server.url(path), target)
    assert target.read_bytes() == WHOLE
    assert server.asked[-1] == ("/rest", "bytes=128000-")


def test_a_server_that_cannot_resume_sends_it_all(server: Server, part: Path, target: Path) -> None:
    part.write_bytes(b"half of something")
    download(server.url("/whole"), target)
    assert target.read_bytes() == WHOLE


def test_a_file_that_is_not_there_is_refused_by_its_address(server: Server, target: Path) -> None:
    url = server.url("/missing")
    with pytest.raises(DatasetError, match=f"^{re.escape(url)} answered 404 Not Found"):
        download(url, target)


def test_a_part_past_the_end_is_thrown_away(server: Server, part: Path, target: Path) -> None:
    part.write_bytes(WHOLE + b"more")
    url = server.url("/past-the-end")
    with pytest.raises(DatasetError, match=f"^{re.escape(url)} answered 416"):
        download(url, target)
    download(server.url("/whole"), target)
    assert server.asked[-1] == ("/whole", None)


def test_silence_is_given_up_on(server: Server, part: Path, target: Path) -> None:
    url = server.url("/falling-silent")
    with pytest.raises(DatasetError, match=f"^{re.escape(url)} could not be fetched .*timed out"):
        download(url, target, silence_s=0.1)
    assert (part.exists(), target.exists()) == (True, False)


def test_a_server_that_is_not_there_is_refused_by_its_address(server: Server, target: Path) -> None:
    url = "http://127.0.0.1:1/words.zip"
    with pytest.raises(DatasetError, match=f"^{re.escape(url)} could not be fetched .*refused"):
        download(url, target)
    assert server.asked == []


def test_a_folder_that_cannot_be_written_is_named(server: Server, target: Path) -> None:
    target.parent.write_bytes(b"a file where a folder should be")
    with pytest.raises(DatasetError, match=re.escape(str(target.parent))):
        download(server.url("/whole"), target)
