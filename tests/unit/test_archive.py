"""An archive in the cache: unpacked word by word, trusted for its digest alone."""

import http.server
import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from harness.datasets.fetching.archive import Archive
from harness.errors import DatasetError, UnreachableError
from harness.files import sha256
from tests.unit.killing import kill_often
from tests.unit.recordings import wav_bytes, word_digest, write_archive, write_folder
from tests.unit.servers import Handler, Server, running, send

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
        file_name="small.zip",
        top="small",
        url=NOWHERE,
        digests={"go": word_digest(GO), "stop": word_digest(STOP)},
        cache=cache,
        archives=zipped.parent,
    )


def everything(_: str) -> bool:
    return True


def read(
    archive: Archive, word: str, wanted: Callable[[str], bool] = everything
) -> dict[str, bytes]:
    """Return file name -> bytes of each wanted file of *word*."""
    return {Path(found.key).name: found.data for found in archive.read([word], wanted)}


def test_the_recordings_of_each_word_are_read(archive: Archive) -> None:
    assert (read(archive, "go"), read(archive, "stop")) == (GO, STOP)


def test_only_wanted_files_are_read(archive: Archive) -> None:
    unpacked, cached = (read(archive, "go", lambda name: name == "b.wav") for _ in range(2))
    assert (unpacked, cached) == ({"b.wav": GO["b.wav"]}, {"b.wav": GO["b.wav"]})


def test_only_the_word_asked_for_is_unpacked(archive: Archive, cache: Path) -> None:
    read(archive, "go")
    assert [path.name for path in (cache / "small").iterdir()] == ["go"]


def test_what_is_unpacked_is_the_recordings_and_their_manifest(
    archive: Archive, cache: Path
) -> None:
    read(archive, "go")
    unpacked = sorted(path.name for path in (cache / "small" / "go").iterdir())
    assert unpacked == ["MANIFEST.sha256", "a.wav", "b.wav"]


def test_a_second_read_needs_no_archive(archive: Archive, zipped: Path) -> None:
    read(archive, "go")
    zipped.unlink()
    assert read(archive, "go") == GO


def test_an_archive_in_the_cache_is_found(archive: Archive, cache: Path, zipped: Path) -> None:
    cache.mkdir()
    zipped.rename(cache / "small.zip")
    assert read(archive, "go") == GO


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
def test_a_damaged_cache_is_noticed_and_mended_from_the_archive(
    archive: Archive, cache: Path, zipped: Path, damage: Callable[[Path], None]
) -> None:
    read(archive, "go")
    damage(cache / "small" / "go")
    assert read(archive, "go") == GO
    zipped.unlink()
    assert read(archive, "go") == GO


def test_what_was_left_by_a_killed_run_is_removed(archive: Archive, cache: Path) -> None:
    half = dict.fromkeys((".unpacking-1234/go/a.wav", ".unpacking-1234/go.damaged/a.wav"), b"half")
    write_folder(cache / "small", half)
    assert read(archive, "go") == GO
    assert [path.name for path in (cache / "small").iterdir()] == ["go"]


def test_a_word_folder_that_was_never_finished_is_not_trusted(
    archive: Archive, cache: Path
) -> None:
    write_folder(cache / "small", {"go/a.wav": GO["a.wav"]})
    assert read(archive, "go") == GO


def test_a_wrong_digest_is_an_error_that_names_word_both_digests_and_a_cure(
    archive: Archive, zipped: Path
) -> None:
    other = {"a.wav": wav_bytes([8])}
    write_archive(zipped, {"small/go/a.wav": other["a.wav"]})
    fault = (
        f"{zipped} holds 1 recordings of 'go' with digest {word_digest(other)}, "
        f"expected {word_digest(GO)}; fetch the archive again, or measure a folder "
        f"with --dataset FOLDER"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        read(archive, "go")


def test_recordings_with_a_wrong_digest_are_not_kept(
    archive: Archive, zipped: Path, cache: Path
) -> None:
    write_archive(zipped, {"small/go/a.wav": b"other"})
    with pytest.raises(DatasetError, match="holds 1 recordings of 'go' with digest"):
        read(archive, "go")
    assert not (cache / "small" / "go").exists()


@pytest.mark.parametrize(
    "member", ["../climbed.wav", "small/go/../../climbed.wav", "/climbed.wav", "small\\climbed.wav"]
)
def test_a_path_that_climbs_out_is_refused(archive: Archive, zipped: Path, member: str) -> None:
    write_archive(zipped, {**MEMBERS, member: b""})
    fault = f"{zipped} holds {member!r}, which climbs out of its folder; fetch the archive again,"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}"):
        read(archive, "go")


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
    fault = rf"^{re.escape(str(zipped))} is not a complete archive \(.+\); fetch the archive again,"
    with pytest.raises(DatasetError, match=fault):
        read(archive, "go")


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
    fault = re.escape(f"cannot unpack go to {tmp_path}/cache/small: ")
    cure = "; make room or point XDG_CACHE_HOME to another folder"
    with pytest.raises(DatasetError, match=f"^{fault}.+{cure}$"):
        read(archive, "go")


def test_an_archive_that_cannot_be_had_is_an_error_that_names_every_cure(
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
    with pytest.raises(UnreachableError, match=f"^{fault}.+{cure}$") as caught:
        read(archive, "go")
    cause = str(caught.value.__cause__)
    assert cause.startswith(f"not in KWS_DATA, and {NOWHERE} could not be fetched (")
    assert str(cache.parent) not in cause


# tar.gz, with a digest of the file alone


def tarred(path: Path, members: Mapping[str, bytes] = MEMBERS) -> Path:
    """Write *members*, without their top folder, as Speech Commands is published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(f"./{name.removeprefix('small/')}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    return tarred(tmp_path / "archives" / "full.tar.gz")


def of_tar(tar: Path, cache: Path, archives: Path | None = None) -> Archive:
    data = tar.read_bytes()
    return Archive(
        file_name="full.tar.gz",
        url=NOWHERE,
        cache=cache,
        archives=archives,
        size=len(data),
        sha256=sha256(data),
    )


@pytest.fixture
def full(tar: Path, cache: Path) -> Archive:
    return of_tar(tar, cache, tar.parent)


def test_words_of_a_tar_are_read(full: Archive) -> None:
    assert (read(full, "go"), read(full, "stop")) == (GO, STOP)


def test_all_words_asked_for_are_unpacked_in_one_pass(
    full: Archive, tar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    real = tarfile.open

    def noted(path: Path, mode: Literal["r|gz"], **more: Any) -> tarfile.TarFile:
        opened.append(path)
        return real(path, mode, **more)

    monkeypatch.setattr(tarfile, "open", noted)
    keys = [found.key for found in full.read(["go", "stop"], everything)]
    assert keys == ["go/a.wav", "go/b.wav", "stop/a.wav"]
    assert opened == [tar]


def test_a_damaged_digest_is_noticed(full: Archive, cache: Path) -> None:
    read(full, "go")
    (cache / "full" / "go" / "DIGEST").write_bytes(b"\xff\xfe\x80")
    assert read(full, "go") == GO


@DAMAGES
def test_a_damaged_word_of_a_tar_is_unpacked_again(
    full: Archive, cache: Path, damage: Callable[[Path], None]
) -> None:
    read(full, "go")
    damage(cache / "full" / "go")
    assert read(full, "go") == GO


def test_a_manifest_that_lost_a_line_is_noticed(full: Archive, cache: Path) -> None:
    read(full, "go")
    manifest = cache / "full" / "go" / "MANIFEST.sha256"
    manifest.write_text(manifest.read_text().splitlines(keepends=True)[0])
    assert read(full, "go") == GO


def test_a_word_the_archive_does_not_hold_is_refused(full: Archive, tar: Path) -> None:
    fault = f"{tar} holds 0 recordings of 'yes' with digest .*, expected at least one; fetch"
    with pytest.raises(DatasetError, match=f"^{fault}"):
        read(full, "yes")


def test_a_file_of_another_size_is_refused_with_both(full: Archive, tar: Path) -> None:
    size = tar.stat().st_size
    tar.write_bytes(tar.read_bytes() + b"more")
    fault = f"{tar} has {size + 4:,} bytes, expected {size:,}; fetch the archive again,"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}"):
        read(full, "go")
    assert tar.exists()


def test_a_file_of_another_digest_is_refused_with_both(full: Archive, tar: Path) -> None:
    right = tar.read_bytes()
    tar.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    fault = f"{tar} has SHA-256 {sha256(tar.read_bytes())}, expected {sha256(right)}; fetch"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}"):
        read(full, "go")


def test_a_wrong_file_that_we_fetched_is_removed(tar: Path, cache: Path) -> None:
    archive = of_tar(tar, cache)
    cache.mkdir()
    (cache / "full.tar.gz").write_bytes(b"<!DOCTYPE html>")
    with pytest.raises(DatasetError, match=r"it is removed: run again to fetch it anew,"):
        read(archive, "go")
    assert not (cache / "full.tar.gz").exists()


def test_a_broken_zip_that_we_fetched_is_removed(archive: Archive, zipped: Path) -> None:
    zipped.unlink()
    archive.cache.mkdir()
    (archive.cache / "small.zip").write_bytes(b"<!DOCTYPE html>")
    with pytest.raises(
        DatasetError, match=r"is not a complete archive .* it is removed: run again"
    ):
        read(archive, "go")
    assert not (archive.cache / "small.zip").exists()


LOGIN: Final = b"<!DOCTYPE html><title>Please log in</title>"


@pytest.mark.parametrize(
    ("archive", "fault"),
    [
        ("small.zip", "is not a complete archive (File is not a zip file)"),
        ("full.tar.gz", f"has SHA-256 {sha256(LOGIN)}, expected {sha256(b'tar')}"),
    ],
)
def test_a_login_page_in_place_of_an_archive_counts_as_unreachable(
    cache: Path, archive: str, fault: str
) -> None:
    def login(request: http.server.BaseHTTPRequestHandler) -> None:
        send(request, 200, LOGIN)

    known: dict[str, Any] = (
        {"size": len(LOGIN), "sha256": sha256(b"tar")} if "tar" in archive else {}
    )
    with running(Server({f"/{archive}": login})) as server:
        url = server.url(f"/{archive}")
        fetched = Archive(file_name=archive, url=url, cache=cache, archives=None, **known)
        sent = f"what {url} sent {fault}; is it the login page of a network?"
        with pytest.raises(UnreachableError, match=re.escape(f"and {sent}; put")) as caught:
            read(fetched, "go")
    assert str(caught.value.__cause__) == sent
    assert not (cache / archive).exists()


def test_a_tar_that_breaks_off_is_refused(tar: Path, cache: Path) -> None:
    tar.write_bytes(tar.read_bytes()[:-60])
    with pytest.raises(DatasetError, match="is not a complete archive"):
        read(of_tar(tar, cache, tar.parent), "go")


def test_unpacked_words_and_whole_archives_are_at_hand(tar: Path, cache: Path) -> None:
    archive = of_tar(tar, cache, tar.parent)
    assert archive.at_hand(["go", "stop"])
    read(archive, "go")
    tar.unlink()
    assert archive.at_hand(["go"])
    assert not archive.at_hand(["go", "stop"])


@DAMAGES
def test_damaged_words_are_not_at_hand(
    full: Archive, cache: Path, tar: Path, damage: Callable[[Path], None]
) -> None:
    read(full, "go")
    damage(cache / "full" / "go")
    assert full.at_hand(["go"])
    tar.unlink()
    assert not full.at_hand(["go"])


def test_a_cache_that_cannot_be_read_back_is_refused(
    full: Archive, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Archive, "_cached", lambda *_: None)
    fault = f"{cache}/full/go cannot be read back; point XDG_CACHE_HOME to another folder"
    with pytest.raises(DatasetError, match=f"^{re.escape(fault)}$"):
        read(full, "go")


# Two processes at once

SHARING = """
import sys
from dataclasses import replace
from pathlib import Path
from harness.datasets.fetching.archive import Archive

url, archives, cache, size, digest = sys.argv[1:]
archive = Archive(
    file_name="full.tar.gz", url=url, cache=Path(cache), archives=Path(archives),
    size=int(size), sha256=digest,
)
print("ready", flush=True)
sys.stdin.readline()
for turn in range(8):
    there = replace(archive, cache=archive.cache / str(turn))
    print(len(list(there.read(["go", "stop"], lambda _: True))))
"""


def share(url: str, tar: Path, archives: Path, cache: Path) -> "subprocess.Popen[str]":
    """Start a process that reads two words eight times, each time from another cache."""
    arguments = (url, archives, cache, tar.stat().st_size, sha256(tar.read_bytes()))
    return subprocess.Popen(
        [sys.executable, "-c", SHARING, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def together(*processes: "subprocess.Popen[str]") -> list[tuple[str, str]]:
    """Let *processes* begin at once; return the standard output and error of each."""
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60) for process in processes]
    return [
        (out, re.sub(r"waiting for another process that holds .*\.lock\n", "", err))
        for out, err in outputs
    ]


def test_two_processes_can_unpack_one_archive_at_the_same_time(tar: Path, cache: Path) -> None:
    first, second = (share(NOWHERE, tar, tar.parent, cache) for _ in range(2))
    assert together(first, second) == [("3\n" * 8, "")] * 2


def test_two_processes_fetch_one_archive_once(tmp_path: Path, tar: Path, cache: Path) -> None:
    data = tar.read_bytes()

    def slowly(request: http.server.BaseHTTPRequestHandler) -> None:
        assert isinstance(request, Handler)
        request.server.closing.wait(0.02)
        send(request, 200, data)

    with running(Server({"/full.tar.gz": slowly})) as server:
        url = server.url("/full.tar.gz")
        first, second = (share(url, tar, tmp_path / "empty", cache) for _ in range(2))
        assert together(first, second) == [("3\n" * 8, "")] * 2
    assert len(server.asked) == 8


UNPACKING = """
import shutil
from pathlib import Path
from harness.datasets.fetching.archive import Archive

archives, cache, digest = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
size = (archives / "full.tar.gz").stat().st_size
archive = Archive(
    file_name="full.tar.gz", url="", cache=cache, archives=archives, size=size, sha256=digest
)

def read():
    return {found.key: found.data for found in archive.read(["go", "stop"], lambda _: True)}

def work():
    read()
    shutil.rmtree(cache / "full" / "go")
    shutil.rmtree(cache / "full" / "stop")

def check():
    assert read() == published

published = read()
"""


def test_a_process_killed_at_any_moment_leaves_nothing_that_is_trusted_wrongly(
    tmp_path: Path, cache: Path
) -> None:
    words = {
        f"{word}/{i}.wav": wav_bytes([i, len(word)]) for word in ("go", "stop") for i in range(10)
    }
    tar = tarred(tmp_path / "archives" / "full.tar.gz", words)
    kill_often(UNPACKING, tar.parent, cache, sha256(tar.read_bytes()), kills=60)
    archive = of_tar(tar, cache, tar.parent)
    shutil.rmtree(cache / "full" / "go", ignore_errors=True)
    assert {one.key: one.data for one in archive.read(["go", "stop"], everything)} == words
    assert sorted(path.name for path in (cache / "full").iterdir()) == ["go", "stop"]
