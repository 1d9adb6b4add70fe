"""Downloads, from a server on this machine that does what the test asks for."""

import contextlib
import errno
import http.server
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.datasets.fetching.download import download
from harness.errors import DatasetError, UnreachableError
from tests.unit.killing import kill_often
from tests.unit.servers import Answer, Handler, Server, running, send

WHOLE = bytes(range(256)) * 1_000
HALF = len(WHOLE) // 2


def whole(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 200, WHOLE)


def rest(request: http.server.BaseHTTPRequestHandler) -> None:
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    total = len(WHOLE)
    send(request, 206, WHOLE[start:], Content_Range=f"bytes {start}-{total - 1}/{total}")


def breaking_off(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 200, WHOLE[:HALF], Content_Length=len(WHOLE))


def dripping(request: http.server.BaseHTTPRequestHandler, pause_s: float = 0.001) -> None:
    """Send the rest of it, or all of it, in ten drops or more."""
    start = int((request.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    request.send_response(206 if start else 200)
    request.send_header("Content-Length", str(len(WHOLE) - start))
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(WHOLE) - 1}/{len(WHOLE)}")
    request.end_headers()
    for drop in range(start, len(WHOLE), len(WHOLE) // 10):
        with contextlib.suppress(ConnectionError):
            request.wfile.write(WHOLE[drop : drop + len(WHOLE) // 10])
            request.wfile.flush()
            time.sleep(pause_s)


def dripping_slowly(request: http.server.BaseHTTPRequestHandler) -> None:
    dripping(request, pause_s=0.12)


def dripping_and_falling_silent(request: http.server.BaseHTTPRequestHandler) -> None:
    """Send three drops, each far smaller than what is read at once."""
    assert isinstance(request, Handler)
    request.send_response(200)
    request.send_header("Content-Length", str(len(WHOLE)))
    request.end_headers()
    for drop in range(3):
        request.wfile.write(WHOLE[drop * 1_000 : (drop + 1) * 1_000])
        request.wfile.flush()
    request.server.closing.wait()


def half_without_length(request: http.server.BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(WHOLE[:HALF])


def with_nonsense(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 200, WHOLE, Content_Length="much")


def from_elsewhere(request: http.server.BaseHTTPRequestHandler) -> None:
    total = len(WHOLE)
    send(request, 206, WHOLE, Content_Range=f"bytes 0-{total - 1}/{total}")


def from_nowhere(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 206, WHOLE[HALF:])


def rest_in_parts(request: http.server.BaseHTTPRequestHandler) -> None:
    """Send a hundred bytes of the rest, as a server may."""
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    some = WHOLE[start : start + 100]
    send(request, 206, some, Content_Range=f"bytes {start}-{start + 99}/{len(WHOLE)}")


def nothing_more(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 416, b"", Content_Range=f"bytes */{len(WHOLE)}")


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
    "/dripping": dripping,
    "/dripping-slowly": dripping_slowly,
    "/without-length": without_length,
    "/moved": moved,
    "/moved-whole": moved_whole,
    "/missing": missing,
    "/past-the-end": past_the_end,
    "/nothing-more": nothing_more,
    "/dripping-and-falling-silent": dripping_and_falling_silent,
    "/half-without-length": half_without_length,
    "/with-nonsense": with_nonsense,
    "/from-elsewhere": from_elsewhere,
    "/from-nowhere": from_nowhere,
    "/rest-in-parts": rest_in_parts,
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with running(Server(ANSWERS)) as server:
        yield server


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


def test_a_download_that_breaks_off_reports_how_far_it_came(server: Server, target: Path) -> None:
    url = server.url("/breaking-off")
    fault = (
        f"{url} could not be fetched (it broke off after 128,000 of 256,000 bytes; "
        f"run again to resume)"
    )
    with pytest.raises(UnreachableError, match=f"^{re.escape(fault)}$"):
        download(url, target)


def test_a_download_that_breaks_off_leaves_a_part_file_only(
    server: Server, part: Path, target: Path
) -> None:
    with pytest.raises(UnreachableError, match="it broke off"):
        download(server.url("/breaking-off"), target)
    assert (part.read_bytes(), target.exists()) == (WHOLE[:HALF], False)


@pytest.mark.parametrize("path", ["/rest", "/moved"])
def test_the_next_call_asks_only_for_what_is_missing(
    server: Server, target: Path, path: str
) -> None:
    with pytest.raises(UnreachableError, match="it broke off"):
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
    with pytest.raises(UnreachableError, match=f"^{re.escape(url)} answered 404 Not Found"):
        download(url, target)


def test_a_part_file_longer_than_the_file_is_deleted(
    server: Server, part: Path, target: Path
) -> None:
    part.write_bytes(WHOLE + b"more")
    url = server.url("/past-the-end")
    with pytest.raises(UnreachableError, match=f"^{re.escape(url)} answered 416"):
        download(url, target)
    download(server.url("/whole"), target)
    assert server.asked[-1] == ("/whole", None)


@pytest.mark.parametrize(
    ("path", "size"),
    [("/nothing-more", None), ("/nothing-more", len(WHOLE)), ("/past-the-end", len(WHOLE))],
)
def test_a_part_file_that_is_already_complete_is_accepted(
    server: Server, part: Path, target: Path, path: str, size: int | None
) -> None:
    part.write_bytes(WHOLE)
    download(server.url(path), target, size=size)
    assert (target.read_bytes(), part.exists()) == (WHOLE, False)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/from-elsewhere", "bytes 0-255999/256000"),
        ("/from-nowhere", "bytes without their position"),
    ],
)
def test_bytes_from_another_position_are_not_appended(
    server: Server, part: Path, target: Path, path: str, sent: str
) -> None:
    part.write_bytes(WHOLE[:HALF])
    fault = (
        f"{server.url(path)} sends {sent}, not those from 128,000 (the incomplete file is removed: "
        f"run again to fetch it anew)"
    )
    with pytest.raises(UnreachableError, match=f"^{re.escape(fault)}$"):
        download(server.url(path), target)
    assert (part.exists(), target.exists()) == (False, False)


def test_a_partial_answer_is_not_taken_for_the_whole_file(
    server: Server, part: Path, target: Path
) -> None:
    part.write_bytes(WHOLE[:HALF])
    fault = "it broke off after 128,100 of 256,000 bytes; run again to resume"
    with pytest.raises(UnreachableError, match=fault):
        download(server.url("/rest-in-parts"), target)
    assert part.read_bytes() == WHOLE[: HALF + 100]


def test_a_known_size_is_checked_where_the_server_sends_no_length(
    server: Server, target: Path
) -> None:
    fault = "it broke off after 128,000 of 256,000 bytes; run again to resume"
    with pytest.raises(UnreachableError, match=fault):
        download(server.url("/half-without-length"), target, size=len(WHOLE))
    assert not target.exists()


def test_a_length_that_is_no_number_is_refused(server: Server, target: Path) -> None:
    url = server.url("/with-nonsense")
    fault = f"{url} could not be fetched (Content-Length is 'much', not a number)"
    with pytest.raises(UnreachableError, match=f"^{re.escape(fault)}$"):
        download(url, target)


def test_a_silent_server_is_given_up_on_and_the_part_file_is_kept(
    server: Server, part: Path, target: Path
) -> None:
    url = server.url("/dripping-and-falling-silent")
    with pytest.raises(
        UnreachableError, match=f"^{re.escape(url)} could not be fetched .*timed out"
    ):
        download(url, target, silence_s=1)
    assert (part.read_bytes(), target.exists()) == (WHOLE[:3_000], False)


def test_a_server_that_is_not_there_is_refused_by_its_address(server: Server, target: Path) -> None:
    url = "http://127.0.0.1:1/words.zip"
    with pytest.raises(UnreachableError, match=f"^{re.escape(url)} could not be fetched .*refused"):
        download(url, target)
    assert server.asked == []


def test_a_folder_that_cannot_be_written_is_named(server: Server, target: Path) -> None:
    target.parent.write_bytes(b"a file where a folder should be")
    with pytest.raises(DatasetError, match=re.escape(str(target.parent))):
        download(server.url("/whole"), target)


def test_a_full_disk_is_not_reported_as_a_fault_of_the_server(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    url = server.url("/whole")
    fault = (
        f"{url} cannot be kept in {target.parent}: No space left on device; make room or point "
        f"XDG_CACHE_HOME to another folder"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$") as caught:
        download(url, target)
    assert not isinstance(caught.value, UnreachableError)


def test_a_file_of_another_size_is_refused_before_it_is_fetched(
    server: Server, target: Path
) -> None:
    url = server.url("/whole")
    fault = f"{url} offers 256,000 bytes, expected 99"
    with pytest.raises(UnreachableError, match=f"^{re.escape(fault)}$"):
        download(url, target, size=99)
    assert list(target.parent.iterdir()) == []


def test_a_file_of_the_published_size_is_fetched(server: Server, part: Path, target: Path) -> None:
    part.write_bytes(WHOLE[:HALF])
    download(server.url("/rest"), target, size=len(WHOLE))
    assert target.read_bytes() == WHOLE


def test_a_slow_server_that_keeps_sending_is_waited_for(server: Server, target: Path) -> None:
    start = time.monotonic()
    download(server.url("/dripping-slowly"), target, silence_s=1)
    assert target.read_bytes() == WHOLE
    assert time.monotonic() - start > 1


FETCHING = """
from pathlib import Path
from harness.datasets.fetching.download import download

target = Path(sys.argv[2])

def work():
    download(sys.argv[1], target)
    target.unlink()

def check():
    assert not target.exists() or target.stat().st_size == int(sys.argv[3])
"""


def test_a_process_killed_at_any_moment_leaves_what_the_next_one_resumes(
    server: Server, part: Path, target: Path
) -> None:
    url = server.url("/dripping")
    kill_often(FETCHING, url, target, len(WHOLE), kills=25)
    target.unlink(missing_ok=True)
    kept_bytes = part.stat().st_size if part.exists() else 0
    download(url, target)
    assert target.read_bytes() == WHOLE
    rest = f"bytes={kept_bytes}-" if kept_bytes else None
    assert server.asked[-1] == ("/dripping", rest)
