"""The full data set: two archives, fetched from a server on this machine."""

import http.server
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.datasets import for_training, speech_commands
from harness.datasets.speech_commands import FULL, TEST, TEST_WORDS, WORDS, SpeechCommands
from harness.errors import NoRecordingsError, UnreachableError
from harness.files import sha256
from tests.unit.recordings import wav_bytes
from tests.unit.servers import Server, running, send

# Speakers of which the data set's own hash puts one in each split.
TRAINING, VALIDATION, TESTING = "004ae714", "6a27a9bf", "0ea0e2f4"


def packed(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


FULL_FILE = packed(
    {
        "./README.md": b"credits",
        "./_background_noise_/hum.wav": b"a minute",
        **{
            f"./{word}/{speaker}_nohash_0.wav": wav_bytes([number, len(word)])
            for word in WORDS
            for number, speaker in enumerate((TRAINING, VALIDATION, TESTING), start=1)
        },
    }
)
TEST_FILE = packed(
    {f"./{word}/{i}.wav": wav_bytes([i, len(word)]) for word in TEST_WORDS for i in range(3)}
)
FILES = {FULL[0]: FULL_FILE, TEST[0]: TEST_FILE}


def answer(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 200, FILES[request.path.removeprefix("/")])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with running(Server({f"/{name}": answer for name in FILES})) as server:
        monkeypatch.setattr(speech_commands, "URL", server.url("").rstrip("/"))
        for constant, (name, data) in zip(("FULL", "TEST"), FILES.items(), strict=True):
            monkeypatch.setattr(speech_commands, constant, (name, len(data), sha256(data)))
        yield server


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_its_words_are_those_of_its_archives(cache: Path) -> None:
    source = SpeechCommands(cache)
    assert (len(source.words("training")), len(source.words("validation"))) == (35, 35)
    assert len(source.words("test")) == 12
    assert {"go", "stop"} <= set(source.words("training")) & set(source.words("test"))


def test_the_published_archives_are_named_with_size_and_digest() -> None:
    for name, size, digest in (FULL, TEST):
        assert name.endswith("_v0.02.tar.gz")
        assert size > 100_000_000
        assert len(digest) == 64


def test_the_test_split_is_the_canonical_test_archive(server: Server, cache: Path) -> None:
    dataset = SpeechCommands(cache).load(("go", "_unknown_"), "test")
    assert dataset.keys == (
        *(f"_unknown_/{i}.wav" for i in range(3)),
        *(f"go/{i}.wav" for i in range(3)),
    )
    assert (dataset.name, dataset.split, dataset.note) == ("speech_commands", "test", None)
    assert server.asked == [(f"/{TEST[0]}", None)]


@pytest.mark.parametrize(
    ("split", "speaker", "first"), [("training", TRAINING, 1), ("validation", VALIDATION, 2)]
)
def test_other_splits_are_speakers_of_the_full_archive(
    server: Server, cache: Path, split: str, speaker: str, first: int
) -> None:
    dataset = SpeechCommands(cache).load(("go", "marvin"), split)
    assert dataset.keys == (f"go/{speaker}_nohash_0.wav", f"marvin/{speaker}_nohash_0.wav")
    assert dataset.clips[:, 0].tolist() == [first, first]
    assert server.asked == [(f"/{FULL[0]}", None)]


def test_only_words_asked_for_are_unpacked(server: Server, cache: Path) -> None:
    SpeechCommands(cache).load(("go", "stop"), "training")
    assert sorted(path.name for path in (cache / "speech_commands_v0.02").iterdir()) == [
        "go",
        "stop",
    ]
    assert len(server.asked) == 1


def test_what_is_unpacked_needs_no_server(server: Server, cache: Path) -> None:
    SpeechCommands(cache).load(("go",), "test")
    (cache / TEST[0]).unlink()
    assert len(SpeechCommands(cache).load(("go",), "test")) == 3
    assert len(server.asked) == 1


def test_an_archive_at_hand_is_not_fetched(server: Server, cache: Path, tmp_path: Path) -> None:
    (tmp_path / TEST[0]).write_bytes(TEST_FILE)
    assert len(SpeechCommands(cache, tmp_path).load(("go",), "test")) == 3
    assert server.asked == []


def test_an_archive_of_other_contents_is_refused(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_commands, "TEST", (TEST[0], len(TEST_FILE), sha256(b"published")))
    fault = f"sent has SHA-256 {sha256(TEST_FILE)}, expected {sha256(b'published')}; is it"
    with pytest.raises(UnreachableError, match=fault):
        SpeechCommands(cache).load(("go",), "test")
    assert not (cache / TEST[0]).exists()
    assert len(server.asked) == 1


def test_unknown_words_are_refused(cache: Path) -> None:
    fault = "^speech_commands has no recordings of marvin; it has _silence_, _unknown_, down, go"
    with pytest.raises(NoRecordingsError, match=fault):
        SpeechCommands(cache).load(("go", "marvin"), "test")


def test_a_server_that_cannot_be_reached_is_told(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(speech_commands, "URL", "http://127.0.0.1:1")
    with pytest.raises(UnreachableError, match=f"^{TEST[0]} is not in {cache}, and http://127"):
        SpeechCommands(cache).load(("go",), "test")


def test_it_is_trained_on_where_it_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    environ = {"KWS_DATA": str(tmp_path)}
    people, voices = for_training(environ)
    assert (people.name, voices.name) == ("mini_speech_commands", "espeak")

    (tmp_path / FULL[0]).write_bytes(FULL_FILE)

    people, _ = for_training(environ)
    assert people.name == "speech_commands"


def test_a_cache_that_is_damaged_makes_nobody_fetch_it_for_training(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    SpeechCommands(tmp_path / "spotbench").load(WORDS, "training")
    (tmp_path / "spotbench" / FULL[0]).unlink()
    assert for_training({})[0].name == "speech_commands"

    damaged = tmp_path / "spotbench" / "speech_commands_v0.02" / "marvin"
    (damaged / f"{VALIDATION}_nohash_0.wav").write_bytes(b"damaged")

    assert for_training({})[0].name == "mini_speech_commands"
    assert len(server.asked) == 1
