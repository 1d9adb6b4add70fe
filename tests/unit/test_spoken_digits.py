"""Spoken digits: from 8 kHz to clips, a test split only, the real archive where there is one."""

import http.server
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.audio import Clip
from harness.datasets import spoken_digits
from harness.datasets.dataset import content_digest
from harness.datasets.spoken_digits import COMMIT, WORDS, SpokenDigits, speaker, to_clip
from harness.errors import DatasetError, NoRecordingsError, UnreachableError
from harness.files import sha256
from tests.unit.recordings import wav_bytes, word_digest, write_archive
from tests.unit.servers import Answer, Server, running, send

ARCHIVE = "free-spoken-digit-dataset.zip"
TOP = f"free-spoken-digit-dataset-{COMMIT}"


def recording(*samples: int) -> bytes:
    return wav_bytes(samples, rate_hz=8_000)


FILES = {
    f"{digit}_{who}_0.wav": recording(1_000 * digit, number)
    for digit in range(10)
    for number, who in enumerate(("ann", "bob"))
}
MEMBERS = {
    f"{TOP}/README.md": b"credits",
    f"{TOP}/metadata.py": b"accents",
    **{f"{TOP}/recordings/{name}": data for name, data in FILES.items()},
}


@pytest.fixture(autouse=True)
def _two_speakers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two recordings of each digit be all that was published."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(spoken_digits, "URL", "http://127.0.0.1:1/nowhere.zip")
    monkeypatch.setattr(spoken_digits, "SPEAKERS", ("ann", "bob"))
    monkeypatch.setattr(spoken_digits, "TAKES", 1)
    for digit in spoken_digits.DIGESTS:
        files = {name: data for name, data in FILES.items() if name.startswith(digit)}
        monkeypatch.setitem(spoken_digits.DIGESTS, digit, word_digest(files))


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "archives" / ARCHIVE, MEMBERS).parent


@pytest.fixture
def small(tmp_path: Path, archives: Path) -> SpokenDigits:
    return SpokenDigits(tmp_path / "cache", archives)


def test_its_words_are_the_ten_digits(small: SpokenDigits) -> None:
    expected = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    assert small.words("test") == expected


def test_a_recording_is_filed_under_the_word_spoken(small: SpokenDigits) -> None:
    dataset = small.load(("three", "seven"), "test")
    assert (dataset.name, dataset.split, dataset.note) == ("spoken_digits", "test", None)
    assert dataset.keys == (
        "seven/ann_0.wav",
        "seven/bob_0.wav",
        "three/ann_0.wav",
        "three/bob_0.wav",
    )
    assert dataset.words == ("seven", "seven", "three", "three")
    assert np.argmax(dataset.clips, axis=1).tolist() == [0, 0, 0, 0]
    assert (dataset.clips[:, 0] // 1_000).tolist() == [7, 7, 3, 3]


def test_the_digest_is_of_keys_and_recordings_as_published(small: SpokenDigits) -> None:
    published = {f"two/{who}_0.wav": sha256(FILES[f"2_{who}_0.wav"]) for who in ("ann", "bob")}
    assert small.load(("two",), "test").digest == f"sha256:{content_digest(published)}"


@pytest.mark.parametrize("split", ["training", "validation"])
def test_digits_are_never_trained_on(small: SpokenDigits, split: str) -> None:
    fault = (
        f"spoken_digits has a test split only, not {split!r}: no model may be trained on "
        f"English digits; use another data set for {split}"
    )
    with pytest.raises(DatasetError, match=f"^{fault}$"):
        small.words(split)
    with pytest.raises(DatasetError, match=f"^{fault}$"):
        small.load(("one",), split)


def test_unknown_words_are_refused_and_the_known_ones_are_listed(small: SpokenDigits) -> None:
    fault = "spoken_digits has no recordings of go; it has zero, one, two, three, four, five, six,"
    with pytest.raises(NoRecordingsError, match=f"^{fault}"):
        small.load(("go", "one"), "test")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param("zero/george_12.wav", "george", id="as-published"),
        pytest.param("nine/ann_marie_0.wav", "ann_marie", id="two-names"),
    ],
)
def test_the_speaker_comes_before_the_take_in_a_file_name(key: str, expected: str) -> None:
    assert speaker(key) == expected


# From 8 kHz to a clip


def tone(seconds: float, amplitude: float, frequency_hz: float = 440.0) -> list[int]:
    times = np.arange(int(8_000 * seconds)) / 8_000
    return list(np.rint(amplitude * np.sin(2 * np.pi * frequency_hz * times)).astype(int))


def test_a_tone_keeps_its_pitch_and_level() -> None:
    clip = to_clip(recording(*tone(1, 8_000)))
    expected = 8_000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    inner = slice(100, -100)  # the filter rings at both ends
    np.testing.assert_allclose(clip[inner], expected[inner], atol=20)


def test_a_short_recording_is_padded_with_zeros_at_the_end() -> None:
    clip = to_clip(recording(*tone(0.5, 8_000)))
    assert (str(clip.dtype), clip.shape) == ("int16", (16_000,))
    assert np.abs(clip[7_900:8_000]).max() > 1_000
    assert not clip[8_000:].any()


@pytest.mark.parametrize("before_s", [0.0, 0.3, 1.0])
def test_a_long_recording_is_cut_to_its_loudest_second(before_s: float) -> None:
    quiet, loud = tone(before_s, 100), tone(1, 8_000)
    clip = to_clip(recording(*quiet, *loud, *tone(1 - before_s, 100)))
    expected = 8_000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    inner = slice(100, -100)
    np.testing.assert_allclose(clip[inner], expected[inner], atol=100)


def test_the_first_of_two_equally_loud_seconds_is_kept() -> None:
    samples = [0] * 24_000
    samples[2_000] = samples[20_000] = 10_000
    assert np.argmax(to_clip(recording(*samples))) == 4_000


def test_a_second_is_neither_cut_nor_padded() -> None:
    clip = to_clip(recording(*[0] * 7_999, 10_000))
    assert np.argmax(clip) == 15_998


def test_samples_that_resampling_makes_too_large_are_clipped() -> None:
    clip = to_clip(recording(*[32_767, 32_767, -32_768, -32_768] * 200))
    assert (clip.min(), clip.max()) == (-32_768, 32_767)


# Archives that are not what was published


def without(*parts: str) -> dict[str, bytes]:
    return {name: data for name, data in MEMBERS.items() if not any(part in name for part in parts)}


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        pytest.param(
            without("/7_"),
            "lacks 2 of 2 files of '7', the first 7_ann_0.wav",
            id="missing-word",
        ),
        pytest.param(
            without("_bob_"),
            "lacks 1 of 2 files of '7', the first 7_bob_0.wav",
            id="missing-speaker",
        ),
        pytest.param(
            {name.replace(COMMIT, "master"): data for name, data in MEMBERS.items()},
            f"holds 'free-spoken-digit-dataset-master', expected {TOP!r}: it is another version",
            id="another-commit",
        ),
        pytest.param(
            MEMBERS | {f"{TOP}/recordings/7_cid_0.wav": recording(1)},
            "holds 3 recordings of '7' with digest ",
            id="another-speaker",
        ),
        pytest.param(
            MEMBERS | {f"{TOP}/recordings/7_bob_0.wav": recording(1)},
            "holds 2 recordings of '7' with digest ",
            id="another-recording",
        ),
        pytest.param(
            MEMBERS | {f"{TOP}/recordings/7_bob_0.wav": bytes(36_569)},
            f"holds 36,569 bytes in '{TOP}/recordings/7_bob_0.wav', expected at most 36,568",
            id="large",
        ),
    ],
)
def test_an_archive_of_other_contents_is_refused_by_what_differs(
    small: SpokenDigits, archives: Path, members: dict[str, bytes], fault: str
) -> None:
    path = write_archive(archives / ARCHIVE, members)
    cure = "; fetch the archive again, or measure without recorded digits"
    with pytest.raises(DatasetError, match=f"^{re.escape(f'{path} {fault}')}.*{cure}$"):
        small.load(("seven",), "test")


def test_an_archive_that_is_cut_off_is_refused(small: SpokenDigits, archives: Path) -> None:
    path = archives / ARCHIVE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        DatasetError, match=rf"^{re.escape(str(path))} is not a complete archive \("
    ):
        small.load(("one",), "test")


# Fetching


def zipped(tmp_path: Path) -> bytes:
    return write_archive(tmp_path / "published.zip", MEMBERS).read_bytes()


def sends(body: bytes) -> Answer:
    return lambda request: send(request, 200, body)


def streams(body: bytes, *, end: bytes = b"0\r\n\r\n") -> Answer:
    """Return an answer in chunks that does not say how long it is, as GitHub's does."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.send_header("Connection", "close")
        request.end_headers()
        for chunk in (body[:500], body[500:]):
            request.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        request.wfile.write(end)

    return answer


def leads_on(request: http.server.BaseHTTPRequestHandler) -> None:
    send(request, 302, b"", Location="/codeload")


@pytest.mark.parametrize("answer", [sends, streams])
def test_the_archive_is_fetched_where_it_is_not_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[bytes], Answer]
) -> None:
    answers = {"/archive.zip": leads_on, "/codeload": answer(zipped(tmp_path))}
    with running(Server(answers)) as server:
        monkeypatch.setattr(spoken_digits, "URL", server.url("/archive.zip"))
        dataset = SpokenDigits(tmp_path / "cache").load(WORDS, "test")
    assert len(dataset) == 20
    assert server.asked == [("/archive.zip", None), ("/codeload", None)]


def test_a_download_that_breaks_off_is_reported_and_resumed_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zipped(tmp_path)
    answers = {"/archive.zip": streams(data[:600], end=b"")}
    with running(Server(answers)) as server:
        monkeypatch.setattr(spoken_digits, "URL", server.url("/archive.zip"))
        source = SpokenDigits(tmp_path / "cache", tmp_path / "elsewhere")
        with pytest.raises(UnreachableError, match=r"could not be fetched \(.+ or measure without"):
            source.load(WORDS, "test")
        server.answers["/archive.zip"] = streams(data)
        assert len(source.load(WORDS, "test")) == 20


def test_an_archive_that_cannot_be_had_is_an_error_that_names_every_cure(tmp_path: Path) -> None:
    fault = re.escape(f"{ARCHIVE} is not in {tmp_path}, and http://127.0.0.1:1/nowhere.zip could ")
    cure = (
        "; put it there, set KWS_DATA to the folder that holds it, or "
        "measure without recorded digits"
    )
    with pytest.raises(UnreachableError, match=f"^{fault}.+{cure}$"):
        SpokenDigits(tmp_path).load(("one",), "test")


def test_an_archive_of_another_commit_is_not_kept_when_it_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {name.replace(COMMIT, "master"): data for name, data in MEMBERS.items()}
    data = write_archive(tmp_path / "other.zip", other).read_bytes()
    with running(Server({"/archive.zip": sends(data)})) as server:
        monkeypatch.setattr(spoken_digits, "URL", server.url("/archive.zip"))
        with pytest.raises(UnreachableError, match=r"expected .*: it is another version"):
            SpokenDigits(tmp_path / "cache").load(("one",), "test")
    assert not (tmp_path / "cache" / ARCHIVE).exists()


def test_the_published_address_is_of_the_commit_that_is_verified() -> None:
    public = f"https://github.com/Jakobovski/free-spoken-digit-dataset/archive/{COMMIT}.zip"
    assert public == PUBLIC


PUBLIC = spoken_digits.URL  # before any test replaces it


@pytest.fixture
def speech(
    kws_data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> SpokenDigits:
    if not (kws_data / ARCHIVE).is_file():
        pytest.skip(f"needs real speech: put {ARCHIVE} into {kws_data}")
    monkeypatch.undo()
    return SpokenDigits(tmp_path_factory.getbasetemp() / "speech-cache", kws_data)


@pytest.mark.speech
def test_six_people_say_each_digit_fifty_times(speech: SpokenDigits) -> None:
    dataset = speech.load(WORDS, "test")
    spoken = Counter(
        (word, speaker(key)) for word, key in zip(dataset.words, dataset.keys, strict=True)
    )
    assert (len(dataset), set(spoken.values())) == (3_000, {50})
    assert {who for _, who in spoken} == set(spoken_digits.SPEAKERS)
    assert {word for word, _ in spoken} == set(WORDS)


@pytest.mark.speech
def test_the_digest_of_all_digits_stays_as_it_is(speech: SpokenDigits) -> None:
    expected = "sha256:2024442fbe63d6289eef19eb91c24c4e30204c0a544f12f0a6c75e2a3604b61c"
    assert speech.load(WORDS, "test").digest == expected


@pytest.mark.speech
def test_twenty_recordings_are_longer_than_a_second(
    speech: SpokenDigits, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def noted(data: bytes, _: str) -> Clip:
        sizes.append((len(data) - 44) // 2)
        return np.zeros(16_000, np.int16)

    monkeypatch.setattr(spoken_digits, "to_clip", noted)
    speech.load(WORDS, "test")
    assert sum(size > 8_000 for size in sizes) == 20


@pytest.mark.speech
def test_no_recording_is_silent(speech: SpokenDigits) -> None:
    clips = speech.load(WORDS, "test").clips
    assert np.abs(clips).max(axis=1).min() > 100
