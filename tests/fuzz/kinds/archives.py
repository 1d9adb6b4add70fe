"""Archives: unpacked to a cache, where no file may be that was not published, nor one elsewhere."""

import gzip
import io
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from harness.datasets.dataset import content_digest
from harness.datasets.fetching.archive import Archive
from harness.datasets.fetching.members import Limits
from harness.errors import DatasetError
from harness.files import sha256
from tests.fuzz.case import Kind, Made
from tests.fuzz.mutate import INTEGERS, damaged

_LIMITS: Final = Limits(files=4, file_bytes=2_000, total_bytes=6_000)
_WORDS: Final = ("go", "stop")
_TOP: Final = "case"

_PUBLISHED: Final = {
    f"{word}/{number}.wav": f"{word} {number} ".encode() * 100
    for word in _WORDS
    for number in range(2)
}
_DIGESTS: Final = {
    word: content_digest(
        {key.partition("/")[2]: sha256(data) for key, data in _PUBLISHED.items() if word in key}
    )
    for word in _WORDS
}

_OUTSIDE: Final = Path("/spotbench-fuzz")
_NAMES: Final = (
    "../go/3.wav",
    f"{_TOP}/../../go/3.wav",
    f"{_OUTSIDE}/go/3.wav",
    f"{_TOP}/go/..wav",
    f"{_TOP}/go/../3.wav",
    f"{_TOP}\\go\\3.wav",
    f"{_TOP}/go/3.wav/",
    f"{_TOP}//go/3.wav",
    f"{_TOP}/./go/3.wav",
    f"{_TOP}/go/\x1b[2J.wav",
    f"{_TOP}/go/\udcff.wav",
    f"{_TOP}/go/{'a' * 300}.wav",
    f"{_TOP}/go/0.wav",
    f"{_TOP}/go/3.wav",
    f"{_TOP}/go",
    "C:/go/3.wav",
    "other/go/3.wav",
    _TOP,
    "",
)
"""Names of one more member."""

_SIZES: Final = (0, 1, 2_000, 2_001, 4 << 20)
"""Sizes of one more member: the limit, and others beside and far above it."""

_TYPES: Final = (
    *[tarfile.REGTYPE] * 4,
    *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_SPARSE, b"?"),
)
_EXTENSIONS: Final = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE)
_GZIP_HEADER: Final = bytes.fromhex("1f8b08000000000002ff")
_BOMBS: Final = 50
"""One tar in so many is a bomb."""

_SIZE_FIELD: Final = 124
_SIZE_BYTES: Final = 12
_CHECKSUM: Final = slice(148, 156)
"""Places of fields in the header of a member of a tar."""

_METHODS: Final = (
    *(zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED),
    *(zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA),
)


_OURS: Final = ("MANIFEST.sha256", "DIGEST")
"""Files that the cache keeps beside those of a word."""


_Files = dict[str, bytes]
"""Recordings by word and name."""


class _Member(NamedTuple):
    """A member of an archive."""

    name: str
    data: bytes


def make(generator: Random) -> Made:
    """Return an archive: odd from the beginning, or damaged, or both, or neither."""
    members = [_Member(f"{_TOP}/{name}", data) for name, data in _PUBLISHED.items()]
    if generator.randrange(2):
        odd = _Member(generator.choice(_NAMES), bytes(generator.choice(_SIZES)))
        members.insert(generator.randrange(len(members) + 1), odd)
    if generator.randrange(8) == 0:
        del members[generator.randrange(len(members))]
    suffix, write = generator.choice(((".zip", _zip), (".tar.gz", _tar)))
    return Made(0, f"{_TOP}{suffix}", write(members, generator))


def _zip(members: list[_Member], generator: Random) -> bytes:
    file = io.BytesIO()
    method = generator.choice(_METHODS)
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            plain = name.encode(errors="replace").decode()
            archive.writestr(zipfile.ZipInfo(plain), data, method)
    whole = file.getvalue()
    return damaged(whole, generator) if generator.randrange(2) else whole


def _tar(members: list[_Member], generator: Random) -> bytes:
    if generator.randrange(_BOMBS) == 0:
        return _bomb(generator)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if generator.randrange(8) == 0:
                info.type, info.linkname = generator.choice(_TYPES), generator.choice(_NAMES)
            archive.addfile(info, io.BytesIO(data))
    whole = file.getvalue()
    if generator.randrange(2):
        whole = generator.choice((damaged, _with_odd_size))(whole, generator)
    if generator.randrange(4):
        whole = _with_checksums(whole)
    packed = gzip.compress(whole, mtime=0)
    return damaged(packed, generator) if generator.randrange(4) == 0 else packed


def _bomb(generator: Random) -> bytes:
    """Return half a megabyte that holds a name of half a gigabyte of zeros."""
    info = tarfile.TarInfo(f"{_TOP}/go/3.wav")
    info.type, info.size = generator.choice(_EXTENSIONS), 512 << 20
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    parts = [
        packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
        for part in (info.tobuf(tarfile.GNU_FORMAT), *[bytes(1 << 20)] * 2)
    ]
    # After a full flush, what follows does not depend on what came before.
    return _GZIP_HEADER + b"".join(parts) + parts[-1] * 511


def _with_odd_size(whole: bytes, generator: Random) -> bytes:
    """Return a tar in which one member tells an odd size, as text or as a binary number."""
    place = generator.choice(_headers(whole)) + _SIZE_FIELD
    value = generator.choice(INTEGERS)
    binary = b"\x80" if value >= 0 else b"\xff"
    field = binary + value.to_bytes(_SIZE_BYTES - 1, "big", signed=True)
    return whole[:place] + field + whole[place + _SIZE_BYTES :]


def _headers(whole: bytes) -> list[int]:
    """Return where headers may be: blocks that begin with the name of the folder."""
    blocks = range(0, len(whole), tarfile.BLOCKSIZE)
    return [place for place in blocks if whole.startswith(_TOP.encode(), place)] or [0]


def _with_checksums(whole: bytes) -> bytes:
    """Return a tar whose headers have the right checksum, so that damage to them is not seen."""
    changed = bytearray(whole)
    for place in _headers(whole):
        block = changed[place : place + tarfile.BLOCKSIZE]
        if len(block) == tarfile.BLOCKSIZE:
            block[_CHECKSUM] = b" " * 8
            changed[place + _CHECKSUM.start : place + _CHECKSUM.stop] = b"%06o\0 " % sum(block)
    return bytes(changed)


def published(made: Made, folder: Path, _: Random) -> None:
    """Unpack the published words: each is whole and as it was published, or not there."""
    files, written = _unpacked(made, folder / "published", _DIGESTS)
    wrong = [key for key, data in written.items() if _PUBLISHED.get(key) != data]
    assert not wrong, f"wrote {wrong}, which are not as published"
    assert _pass_on(files) == _PUBLISHED, f"read {sorted(written)}, which are not all"


def of_any_contents(made: Made, folder: Path, _: Random) -> None:
    """Unpack words of any contents: they must be within the limits."""
    files, written = _unpacked(made, folder / "any", {})
    sizes = [len(data) for data in written.values()]
    assert max(sizes, default=0) <= _LIMITS.file_bytes, f"wrote a file of {max(sizes)} bytes"
    assert sum(sizes) <= _LIMITS.total_bytes, f"wrote {sum(sizes)} bytes"
    for word in _WORDS:
        count = sum(key.startswith(f"{word}/") for key in written)
        assert count <= _LIMITS.files, f"wrote {count} files of {word}"
    assert _pass_on(files) == written, "the files are not those that were written"


def _pass_on(found: _Files | DatasetError) -> _Files:
    if isinstance(found, DatasetError):
        raise found
    return found


def _unpacked(
    made: Made, folder: Path, digests: Mapping[str, str]
) -> tuple[_Files | DatasetError, _Files]:
    """Return what an archive is read as, and what recordings it wrote, all where they belong."""
    archive = Archive(
        file_name=made.name,
        url="http://127.0.0.1:1/nowhere",
        cache=folder / "cache",
        archives=folder,
        top=_TOP,
        limits=_LIMITS,
        digests=digests,
    )
    folder.mkdir()
    (folder / made.name).write_bytes(made.data)
    try:
        recordings = list(archive.read(_WORDS, lambda _: True))
    except DatasetError as error:
        return error, _written(folder)
    return {found.key: found.data for found in recordings}, _written(folder)


def _written(folder: Path) -> _Files:
    """Return what was unpacked, by word and name; nothing may be anywhere else."""
    cache = folder / "cache" / _TOP
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    unpacked = [path for path in files if path.parent.parent == cache and path.name not in _OURS]
    others = {path.name for path in files if path not in unpacked} - {*_OURS, f"{_TOP}.lock"}
    assert others <= {f"{_TOP}.zip", f"{_TOP}.tar.gz"}, f"wrote {others}"
    assert not _OUTSIDE.exists(), f"wrote to {_OUTSIDE}"
    return {path.relative_to(cache).as_posix(): path.read_bytes() for path in unpacked}


ARCHIVES: Final = Kind("archives", make, (published, of_any_contents))
