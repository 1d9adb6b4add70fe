"""Fetching one file over HTTP: a broken-off download is resumed, an incomplete file not used."""

import http.client
import os
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from harness.datasets.fetching.connect import opener
from harness.errors import DatasetError, UnreachableError
from harness.progress import tqdm

SILENCE_S: Final = 10
"""Seconds without a byte after which a download gives up."""

_CHUNK_BYTES: Final = 1 << 16
_PARTIAL_CONTENT: Final = 206
_RANGE_NOT_SATISFIABLE: Final = 416
_NETWORK: Final = (
    ConnectionError,
    TimeoutError,
    http.client.HTTPException,
    urllib.error.URLError,
)


def download(
    url: str, target: Path, *, size: int | None = None, silence_s: float = SILENCE_S
) -> None:
    """
    Fetch *url* to *target*, with a progress bar.

    The bytes are kept in ``<target>.part`` until the file is complete, and the next call
    requests only the missing ones.

    Args:
        url: Address of the file.
        target: Path to write the file to.
        size: Published size in bytes, None if unknown; a file of another size is refused.
        silence_s: Seconds to wait for a connection, and then for each byte.

    Raises:
        UnreachableError: If the server cannot be reached, has no such file or breaks off.
        DatasetError: If the file cannot be written.

    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(url, part, size, silence_s)
        os.replace(part, target)
    except urllib.error.HTTPError as error:
        msg = f"{url} answered {error.code} {error.reason}"
        raise UnreachableError(msg) from error
    except _UselessError as error:
        part.unlink(missing_ok=True)
        msg = f"{url} {error} (the incomplete file is removed: run again to fetch it anew)"
        raise UnreachableError(msg) from error
    except _NETWORK as error:
        msg = f"{url} could not be fetched ({error})"
        raise UnreachableError(msg) from error
    except OSError as error:
        msg = (
            f"{url} cannot be kept in {target.parent}: {error.strerror}; make room or point "
            f"XDG_CACHE_HOME to another folder"
        )
        raise DatasetError(msg) from error


class _UselessError(Exception):
    """An answer that does not continue the incomplete file; its text follows the address."""


def _fetch(url: str, part: Path, size: int | None, silence_s: float) -> None:
    """Fetch the missing bytes of *part*."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    try:
        answer = opener().open(urllib.request.Request(url, headers=headers), timeout=silence_s)
    except urllib.error.HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise
        _require_whole(start, error, size)
        return
    with answer:
        if answer.status == _PARTIAL_CONTENT:
            _require_rest(start, answer)
        else:
            start = 0  # the server sends the whole file
        total = _total(start, answer)
        if None not in (size, total) and size != total:
            part.unlink(missing_ok=True)
            msg = f"{url} offers {total:,} bytes, expected {size:,}"
            raise UnreachableError(msg)
        _append(answer, part, start, total or size)


def _require_whole(start: int, answer: urllib.error.HTTPError, size: int | None) -> None:
    """Raise unless the file ends at *start*, so that nothing is missing."""
    total = re.fullmatch(r"bytes \*/(\d+)", answer.headers.get("Content-Range", ""))
    if start != (int(total[1]) if total else size):
        msg = f"answered {answer.code} {answer.reason}"
        raise _UselessError(msg)


def _require_rest(start: int, answer: http.client.HTTPResponse) -> None:
    """Raise unless the bytes that are sent begin at *start*."""
    found = answer.headers.get("Content-Range", "")
    if not found.startswith(f"bytes {start}-"):
        msg = f"sends {found or 'bytes without their position'}, not those from {start:,}"
        raise _UselessError(msg)


def _total(start: int, answer: http.client.HTTPResponse) -> int | None:
    """Return the size of the whole file, None if the server does not send it."""
    whole = re.fullmatch(r"bytes \d+-\d+/(\d+)", answer.headers.get("Content-Range", ""))
    if whole:
        return int(whole[1])
    length = answer.headers.get("Content-Length")
    if length is None:
        return None
    if not length.isdecimal():
        msg = f"Content-Length is {length!r}, not a number"
        raise http.client.HTTPException(msg)
    return start + int(length)


def _append(answer: http.client.HTTPResponse, part: Path, start: int, total: int | None) -> None:
    """Write the bytes as they arrive, so that none is lost if the download breaks off."""
    with (
        part.open("ab" if start else "wb") as file,
        tqdm(
            total=total,
            initial=start,
            desc=part.stem,
            unit="B",
            unit_scale=True,
            disable=None,  # if the output is no terminal
        ) as bar,
    ):
        while chunk := answer.read1(_CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))
    found = part.stat().st_size
    if total is not None and found != total:
        msg = f"it broke off after {found:,} of {total:,} bytes; run again to resume"
        raise http.client.HTTPException(msg)
