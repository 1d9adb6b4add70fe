"""An archive in the cache: unpacked word by word, trusted for its digest alone."""

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.datasets.archive import Archive
from harness.errors import DatasetError
from tests.unit.recordings import wav_bytes, word_digest, write_archive, write_folder

GO = {"a.wav": wav_bytes([1]), "b.wav": wav_bytes([2])}
STOP = {"a.wav": wav_bytes([3])}
MEMBERS = {
    "small/README.md": b"credits",
    **{f"small/go/{name}": data for name, data in GO.items()},
    **{f"small/stop/{name}": data for name, data in STOP.items()},
    "small/go/notes.txt": b"no recording",
    "small/go/deeper/c.wav": b"in no word's folder",
}
NOWHERE = "http://127.0.0.1:1/small.zip"
"""Port 1 is reserved and nothing listens there."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "archives" / "small.zip", MEMBERS)


@pytest.fixture
def archive(cache: Path, zipped: Path) -> Archive:
    return Archive(
        name="small",
        url=NOWHERE,
        digests={"go": word_digest(GO), "stop": word_digest(STOP)},
        cache=cache,
        archives=zipped.parent,
    )


def everything(_: str) -> bool:
    return True


def test_the_recordings_of_a_word_are_read(archive: Archive) -> None:
    assert archive.read("go", everything) == GO


def test_two_words_are_kept_apart(archive: Archive) -> None:
    assert (archive.read("go", everything), archive.read("stop", everything)) == (GO, STOP)


def test_only_wanted_files_are_read(archive: Archive) -> None:
    unpacked, cached = (archive.read("go", lambda name: name == "b.wav") for _ in range(2))
    assert (unpacked, cached) == ({"b.wav": GO["b.wav"]}, {"b.wav": GO["b.wav"]})


def test_only_the_word_asked_for_is_unpacked(archive: Archive, cache: Path) -> None:
    archive.read("go", everything)
    assert [path.name for path in (cache / "small").iterdir()] == ["go"]


def test_what_is_unpacked_is_the_recordings_and_their_manifest(
    archive: Archive, cache: Path
) -> None:
    archive.read("go", everything)
    unpacked = sorted(path.name for path in (cache / "small" / "go").iterdir())
    assert unpacked == ["MANIFEST.sha256", "a.wav", "b.wav"]


def test_a_second_read_needs_no_archive(archive: Archive, zipped: Path) -> None:
    archive.read("go", everything)
    zipped.unlink()
    assert archive.read("go", everything) == GO


def test_an_archive_in_the_cache_is_found(archive: Archive, cache: Path, zipped: Path) -> None:
    cache.mkdir()
    zipped.rename(cache / "small.zip")
    assert archive.read("go", everything) == GO


def damage_content(folder: Path) -> None:
    (folder / "a.wav").write_bytes(b"damaged")


def damage_by_swapping(folder: Path) -> None:
    shutil.copy(folder / "b.wav", folder / "a.wav")


def damage_by_removing(folder: Path) -> None:
    (folder / "a.wav").unlink()


def damage_manifest(folder: Path) -> None:
    (folder / "MANIFEST.sha256").write_bytes(b"\xff no manifest")


def damage_by_removing_the_manifest(folder: Path) -> None:
    (folder / "MANIFEST.sha256").unlink()


def damage_both(folder: Path) -> None:
    data = wav_bytes([9])
    (folder / "a.wav").write_bytes(data)
    (folder / "MANIFEST.sha256").write_text(f"a.wav {word_digest({'a.wav': data})}\n")


DAMAGES = pytest.mark.parametrize(
    "damage",
    [
        damage_content,
        damage_by_swapping,
        damage_by_removing,
        damage_manifest,
        damage_by_removing_the_manifest,
        damage_both,
    ],
)


@DAMAGES
def test_a_damaged_cache_is_noticed(
    archive: Archive, cache: Path, damage: Callable[[Path], None]
) -> None:
    archive.read("go", everything)
    damage(cache / "small" / "go")
    assert archive.read("go", everything) == GO


@DAMAGES
def test_a_damaged_cache_is_mended_from_the_archive(
    archive: Archive, cache: Path, zipped: Path, damage: Callable[[Path], None]
) -> None:
    archive.read("go", everything)
    damage(cache / "small" / "go")
    archive.read("go", everything)
    zipped.unlink()
    assert archive.read("go", everything) == GO


def test_what_was_left_by_a_killed_run_is_not_trusted(archive: Archive, cache: Path) -> None:
    half = dict.fromkeys((".go-1234/fresh/a.wav", ".go-1234/damaged/a.wav"), b"half")
    write_folder(cache / "small", half)
    assert archive.read("go", everything) == GO


def test_a_word_folder_that_was_never_finished_is_not_trusted(
    archive: Archive, cache: Path
) -> None:
    write_folder(cache / "small", {"go/a.wav": GO["a.wav"]})
    assert archive.read("go", everything) == GO


def test_another_process_may_unpack_the_same_word_meanwhile(
    archive: Archive, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(cache / "small", {"go/a.wav": b"theirs"})
    monkeypatch.setattr(Path, "exists", lambda _: False)  # looked for before it was there
    assert archive.read("go", everything) == GO
    assert (cache / "small" / "go" / "a.wav").read_bytes() == b"theirs"


def test_a_wrong_digest_names_word_both_digests_and_a_way_on(
    archive: Archive, zipped: Path
) -> None:
    other = {"a.wav": wav_bytes([8])}
    write_archive(zipped, {"small/go/a.wav": other["a.wav"]})
    fault = (
        f"{zipped}: the 1 recordings of 'go' have digest {word_digest(other)}, "
        f"expected {word_digest(GO)}; fetch the archive again, or measure what "
        f"it holds with --dataset FOLDER"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        archive.read("go", everything)


def test_recordings_with_a_wrong_digest_are_not_kept(
    archive: Archive, zipped: Path, cache: Path
) -> None:
    write_archive(zipped, {"small/go/a.wav": b"other"})
    with pytest.raises(DatasetError, match="the 1 recordings of 'go' have digest"):
        archive.read("go", everything)
    assert not (cache / "small" / "go").exists()


@pytest.mark.parametrize(
    "member", ["../climbed.wav", "small/go/../../climbed.wav", "/climbed.wav", "small\\climbed.wav"]
)
def test_a_path_that_climbs_out_is_refused(archive: Archive, zipped: Path, member: str) -> None:
    write_archive(zipped, {**MEMBERS, member: b""})
    fault = f"{zipped} holds {member!r}, which climbs out of its folder; do not use this archive"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        archive.read("go", everything)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def changed(path: Path) -> None:
    data = write_archive(path, MEMBERS, zipfile.ZIP_STORED).read_bytes()
    path.write_bytes(data.replace(GO["a.wav"], bytes(len(GO["a.wav"]))))


def overwritten(path: Path) -> None:
    before, member, after = path.read_bytes().partition(b"small/go/a.wav")
    path.write_bytes(before + member + b"\xff" * 8 + after[8:])


def encrypted(path: Path) -> None:
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"small/go/a.wav") - 46  # in the central directory
    data[entry + 8] |= 1  # its flags
    path.write_bytes(data)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncated, changed, overwritten, encrypted, emptied])
def test_a_damaged_archive_is_refused_by_name(
    archive: Archive, zipped: Path, damage: Callable[[Path], None]
) -> None:
    damage(zipped)
    fault = rf"^{re.escape(str(zipped))} is no whole zip archive \(.+\); remove it and run again$"
    with pytest.raises(DatasetError, match=fault):
        archive.read("go", everything)


@pytest.mark.parametrize(
    "blocked",
    [
        pytest.param("cache", id="cache"),
        pytest.param("cache/small", id="folder-of-words"),
    ],
)
def test_a_cache_that_cannot_be_written_is_refused(
    archive: Archive, tmp_path: Path, blocked: str
) -> None:
    write_folder(tmp_path, {blocked: b"a file where a folder should be"})
    fault = re.escape(f"cannot unpack 'go' to {tmp_path}/cache/small/go: ")
    cure = "; make room or point XDG_CACHE_HOME to another folder"
    with pytest.raises(DatasetError, match=f"^{fault}.+{cure}$"):
        archive.read("go", everything)


def test_an_archive_that_is_nowhere_is_refused_with_every_way_on(
    archive: Archive, zipped: Path, cache: Path
) -> None:
    zipped.unlink()
    fault = re.escape(
        f"small.zip is not in {zipped.parent} or {cache}, and {NOWHERE} could not be fetched ("
    )
    cure = re.escape(
        "; put it there, set KWS_DATA to the folder that holds it, or measure a folder "
        "with --dataset FOLDER"
    )
    with pytest.raises(DatasetError, match=f"^{fault}.+{cure}$"):
        archive.read("go", everything)
