"""Archives that would unpack to more than was published: refused before anything is kept."""

import io
import re
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.datasets.fetching.archive import Archive
from harness.datasets.fetching.members import Limits
from harness.errors import DatasetError
from tests.unit.recordings import write_archive

LIMITS = Limits(files=3, file_bytes=1_000, total_bytes=4_000)
MIB = 1 << 20

Writer = Callable[[Path, Mapping[str, bytes]], Path]


def write_tar(path: Path, files: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def archive_of(folder: Path, file_name: str) -> Archive:
    return Archive(
        file_name=file_name,
        url="http://127.0.0.1:1/nowhere",
        cache=folder / "cache",
        archives=folder / "archives",
        top="small",
        limits=LIMITS,
    )


@pytest.fixture(params=["small.zip", "small.tar.gz"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    """Return an archive that is not written yet, in each of the two formats."""
    return archive_of(tmp_path, request.param)


@pytest.fixture
def zipped(tmp_path: Path) -> Archive:
    return archive_of(tmp_path, "small.zip")


@pytest.fixture
def tarred(tmp_path: Path) -> Archive:
    return archive_of(tmp_path, "small.tar.gz")


def file_of(archive: Archive) -> Path:
    assert archive.archives
    return archive.archives / archive.file_name


def write(archive: Archive, files: Mapping[str, bytes]) -> Path:
    writer: Writer = write_archive if archive.file_name.endswith(".zip") else write_tar
    return writer(file_of(archive), files)


def read(archive: Archive, *words: str) -> dict[str, bytes]:
    return {found.key: found.data for found in archive.read(words, lambda _: True)}


def refused(archive: Archive, fault: str, *words: str) -> None:
    """Check that reading *words* fails for *fault* and leaves nothing in the cache."""
    text = re.escape(f"{file_of(archive)} {fault}; fetch the archive again, or measure a folder")
    with pytest.raises(DatasetError, match=f"^{text}"):
        read(archive, *words)
    assert [path for path in archive.cache.rglob("*") if path.suffix == ".wav"] == []


def test_limits_that_are_met_exactly_are_kept(archive: Archive) -> None:
    files = {
        **{f"go/{i}.wav": bytes([i]) * 1_000 for i in range(3)},
        "stop/0.wav": b"s" * 1_000,
    }
    write(archive, {f"small/{key}": data for key, data in files.items()})
    assert read(archive, "go", "stop") == files


def test_a_file_larger_than_any_published_is_refused(archive: Archive) -> None:
    write(archive, {"small/go/a.wav": b"fine", "small/go/b.wav": bytes(1_001)})
    refused(archive, "holds 1,001 bytes in 'small/go/b.wav', expected at most 1,000", "go")


def test_more_files_than_were_published_are_refused(archive: Archive) -> None:
    write(archive, {f"small/go/{i}.wav": b"" for i in range(4)})
    refused(archive, "holds 4 files of 'go', expected at most 3", "go")


def test_more_bytes_than_were_published_are_refused(archive: Archive) -> None:
    sizes = {"go/0": 1_000, "go/1": 1_000, "go/2": 1_000, "stop/0": 1_000, "stop/1": 1}
    write(archive, {f"small/{name}.wav": bytes(size) for name, size in sizes.items()})
    refused(archive, "holds 4,001 bytes in all, expected at most 4,000", "go", "stop")


def test_a_file_that_is_not_requested_may_be_large(archive: Archive) -> None:
    write(archive, {"small/go/a.wav": b"go", "small/noise.bin": bytes(MIB)})
    assert read(archive, "go") == {"go/a.wav": b"go"}


def test_a_bomb_is_refused_without_its_bytes_in_memory(archive: Archive) -> None:
    path = write(archive, {"small/go/a.wav": bytes(64 * MIB)})
    assert path.stat().st_size < MIB
    tracemalloc.start()
    try:
        refused(archive, "holds 67,108,864 bytes in 'small/go/a.wav', expected at most 1,000", "go")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 48 * MIB  # tarfile unpacks blocks of 10 KiB, each to 10 MiB at most


def test_a_zip_is_refused_before_the_first_of_its_files_is_read(
    zipped: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(zipped, {"small/go/a.wav": b"fine", "small/go/b.wav": bytes(1_001)})
    opened: list[object] = []
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *found: opened.append(found))
    refused(zipped, "holds 1,001 bytes in 'small/go/b.wav', expected at most 1,000", "go")
    assert opened == []


def test_a_name_that_climbs_out_is_refused_before_any_file_is_read(
    zipped: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(zipped, {"small/go/a.wav": b"fine", "../b.wav": b""})
    opened: list[object] = []
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *found: opened.append(found))
    refused(zipped, "holds '../b.wav', which climbs out of its folder", "go")
    assert opened == []


def test_a_long_name_is_cut_in_the_error(archive: Archive) -> None:
    write(archive, {f"../{'a' * 9_999}.wav": b""})
    refused(archive, f"holds '../{'a' * 196}, which climbs out of its folder", "go")


def test_a_long_fault_is_cut_in_the_error(zipped: Archive) -> None:
    path = write(zipped, {"small/go/a.wav": bytes(range(256)) * 3})
    data = bytearray(path.read_bytes())
    data[26:28] = struct.pack("<H", 300)  # as if so many bytes were the name
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"is not a complete archive \(File name in") as found:
        read(zipped, "go")
    assert len(str(found.value)) < 400 + len(str(path))


def rewrite_sizes(path: Path, size: int) -> None:
    """Make both headers of the only file of a zip say that it unpacks to *size* bytes."""
    data = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.rindex(signature) + place, size)
    path.write_bytes(data)


def test_a_size_of_gigabytes_is_refused_by_its_header(zipped: Archive) -> None:
    path = write(zipped, {"small/go/a.wav": b"short"})
    rewrite_sizes(path, 4_000_000_000)
    fault = "holds 4,000,000,000 bytes in 'small/go/a.wav', expected at most 1,000"
    refused(zipped, fault, "go")


def test_a_bomb_that_lies_about_its_size_is_cut_off_and_refused(zipped: Archive) -> None:
    path = write(zipped, {"small/go/a.wav": bytes(64 * MIB)})
    rewrite_sizes(path, 100)
    tracemalloc.start()
    try:
        refused(zipped, "is not a complete archive (Bad CRC-32 for file 'small/go/a.wav')", "go")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB


def test_a_method_that_may_take_gigabytes_to_unpack_is_refused(zipped: Archive) -> None:
    write_archive(file_of(zipped), {"small/go/a.wav": b"go"}, zipfile.ZIP_LZMA)
    refused(zipped, "packs 'small/go/a.wav' by method 14, expected DEFLATE", "go")


def test_a_name_that_is_not_text_is_refused(zipped: Archive) -> None:
    path = write(zipped, {"small/go/ä.wav": b"", "small/go/a.wav": b""})
    path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xff\xff"))
    with pytest.raises(
        DatasetError, match=r"is not a complete archive \('utf-8' codec can't decode"
    ):
        read(zipped, "go")


@pytest.mark.parametrize("name", ["ä.wav", f"{'a' * 101}.wav", "a\n.wav", "a b.wav", ".wav"])
def test_a_file_with_a_name_unlike_any_published_is_passed_over(
    archive: Archive, name: str
) -> None:
    write(archive, {"small/go/a.wav": b"go", f"small/go/{name}": b"odd"})
    assert read(archive, "go") == {"go/a.wav": b"go"}


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_name_of_megabytes_is_refused_without_its_bytes_in_memory(
    tarred: Archive, kind: bytes
) -> None:
    file_of(tarred).parent.mkdir()
    with tarfile.open(file_of(tarred), "w:gz") as tar:
        long = tarfile.TarInfo("small/go/a.wav")
        long.type, long.size = kind, 64 * MIB
        tar.addfile(long, io.BytesIO(bytes(long.size)))
    tracemalloc.start()
    try:
        fault = "holds a name of 67,108,864 bytes, expected at most 1,048,576"
        refused(tarred, fault, "go")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 48 * MIB


def test_the_headers_of_a_tar_are_not_all_held(tarred: Archive) -> None:
    others = {f"small/cat/{number}.wav": b"" for number in range(10_000)}
    write(tarred, {**others, "small/go/a.wav": b"go"})
    tracemalloc.start()
    try:
        assert read(tarred, "go") == {"go/a.wav": b"go"}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * MIB  # 8 MiB if all are held


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_pipes_in_a_tar_are_passed_over(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "small.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        odd = tarfile.TarInfo("small/go/a.wav")
        odd.type, odd.linkname = kind, "/etc/passwd"
        tar.addfile(odd)
        tar.addfile(tarfile.TarInfo("small/go/b.wav"))
    archive = Archive(
        file_name=path.name, url="", cache=tmp_path / "cache", archives=tmp_path, top="small"
    )
    assert read(archive, "go") == {"go/b.wav": b""}


def test_an_archive_of_another_version_is_refused_by_its_folder(archive: Archive) -> None:
    write(archive, {"small-master/go/a.wav": b"go"})
    refused(archive, "holds 'small-master', expected 'small': it is another version", "go")


def test_an_archive_without_members_is_refused(archive: Archive) -> None:
    write(archive, {})
    refused(archive, "holds nothing, expected 'small': it is another version", "go")


def test_every_way_on_is_that_of_the_data_set(archive: Archive) -> None:
    write(archive, {"small/go/a.wav": bytes(1_001)})
    with pytest.raises(DatasetError, match=r"; fetch the archive again, or train without it$"):
        read(replace(archive, otherwise="train without it"), "go")
