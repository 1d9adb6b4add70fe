"""Synthetic speech: planned, spoken by eSpeak NG, kept in the cache."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
import pytest

from harness.audio import CLIP_SAMPLES
from harness.datasets import espeak
from harness.datasets.espeak import Espeak, clips, process, voices
from harness.datasets.espeak.kept import SOURCES, edition
from harness.datasets.espeak.speak import RATE_HZ
from harness.datasets.espeak.voices import SPLITS, WORDS, Utterance, family, plan, speakers
from harness.errors import DatasetError, NoRecordingsError
from tests.unit.killing import kill_often

GO_STOP = ("go", "stop")
FEW = ("f1", "f2", "m1", "m2", "m3", "m4", "m5")
"""Voices, of which one is of the test split: 24 clips of a word."""

BROKEN = (
    r"^the data set espeak needs the package espeakng-loader, whole \(.+\); install it again, or "
)

VARIANTS = process.variants()


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Espeak:
    monkeypatch.setattr(espeak, "variants", lambda: FEW)
    return Espeak(tmp_path / "cache")


def kept(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "cache" / "espeak").glob("*/test-go.clips")
    return path


def tone(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Return a loud tone with a tenth of a second of silence on either side."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    quiet = np.zeros(RATE_HZ // 10)
    sound = np.concatenate([quiet, 8_000 * np.sin(2 * np.pi * 440 * times), quiet])
    return sound.astype(np.int16)


def levels_db(clip: np.ndarray[tuple[int], np.dtype[np.int16]]) -> list[float]:
    """Return the power in each hundredth of a second."""
    power = (clip.astype(float).reshape(-1, CLIP_SAMPLES // 100) ** 2).mean(axis=1)
    return list(10 * np.log10(power + 1e-3))


# The plan


def test_go_and_stop_have_over_600_test_clips() -> None:
    assert sum(len(plan(word, "test", VARIANTS)) for word in GO_STOP) >= 600


def test_there_are_most_clips_to_train_on() -> None:
    training, validation, test = (len(plan("go", split, VARIANTS)) for split in SPLITS)
    assert training > 2 * test > 2 * validation > 200


def test_no_family_of_voices_is_on_two_sides() -> None:
    sides = [{family(name) for name in found} for found in speakers(VARIANTS).values()]
    assert sum(map(len, sides)) == len(set.union(*sides))


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("klatt", "klatt"),
        ("klatt6", "klatt"),
        ("AnxiousAndy", "andy"),
        ("whisperf", "whisper"),
        ("Mike", "mike"),
        ("mike2", "mike"),
        ("f4", "f4"),
        ("m1", "m1"),
    ],
)
def test_a_family_is_voices_that_differ_in_a_setting(variant: str, expected: str) -> None:
    assert family(variant) == expected


def test_every_voice_that_is_like_a_person_is_on_one_side() -> None:
    machines = {name for name in VARIANTS if "robo" in name.lower()} | {"Demonic", "Tweaky"}
    placed = [name for found in speakers(VARIANTS).values() for name in found]
    assert sorted(placed) == sorted(set(VARIANTS) - machines)
    assert len(VARIANTS) > 100


def test_both_women_and_men_are_in_every_split() -> None:
    women, men = re.compile(r"f\d|belinda|aunty|linda"), re.compile(r"m\d|rob|paul")
    for found in speakers(VARIANTS).values():
        assert any(map(women.fullmatch, found))
        assert any(map(men.fullmatch, found))


def test_each_voice_says_a_word_in_every_accent_more_than_once() -> None:
    said = Counter(utterance.voice for utterance in plan("yes", "test", VARIANTS).values())
    assert set(said.values()) == {voices.TAKES}
    assert Counter(voice.partition("+")[0] for voice in said) == dict.fromkeys(
        voices.ACCENTS, len(speakers(VARIANTS)["test"])
    )


def test_takes_differ_in_pitch_intonation_and_speed() -> None:
    said = plan("yes", "test", VARIANTS).values()
    for field, (low, high) in (
        ("pitch", voices.PITCH),
        ("intonation", voices.INTONATION),
        ("words_a_minute", voices.WORDS_A_MINUTE),
    ):
        values = [getattr(utterance, field) for utterance in said]
        assert low <= min(values) < low + 5
        assert high - 5 < max(values) <= high


def test_a_key_names_word_voice_accent_and_take() -> None:
    keys = list(plan("go", "training", VARIANTS))
    assert "go/Mr-serious_scotland_2.wav" in keys
    assert [key for key in keys if not re.fullmatch(r"go/[\w-]+_[a-z]+_[0-2]\.wav", key)] == []


def test_the_plan_is_the_same_every_time_and_another_for_each_word() -> None:
    once, again, other = (plan(word, "test", FEW).values() for word in ("up", "up", "no"))
    assert list(once) == list(again)
    assert [said.pitch for said in once] != [said.pitch for said in other]


# Speaking


def test_a_voice_says_a_word() -> None:
    (samples,) = process.speak([Utterance("stop", "en-us+m3", 50, 50, 175)])
    assert 0.2 < samples.size / RATE_HZ < 0.8
    assert np.abs(samples).max() > 5_000


def test_breathy_voices_sound_the_same_at_another_time() -> None:
    breathy = [Utterance("right", f"en+{name}", 50, 50, 175) for name in ("f2", "whisper")]
    first = [samples.tobytes() for samples in process.speak(breathy)]
    time.sleep(1.1)  # eSpeak NG seeds its breath with the seconds of the day
    assert [samples.tobytes() for samples in process.speak(breathy)] == first


def test_a_process_that_ends_early_is_told_with_what_it_said() -> None:
    fault = (
        r"eSpeak NG failed \(no 'go' from the voice nowhere\+m1\): RuntimeError: eSpeak NG "
        r"refused espeak_SetVoiceByName\(b'nowhere\+m1',\); install espeakng-loader again"
    )
    with pytest.raises(DatasetError, match=fault):
        list(process.speak([Utterance("go", "nowhere+m1", 50, 50, 175)]))


def test_a_listener_who_leaves_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    said = process.speak([Utterance("go", "en+m1", 50, 50, 175)] * 1_000)
    next(said)
    said.close()  # type: ignore[attr-defined]  # a generator, whatever its type says
    assert [speaker.returncode for speaker in started] == [-signal.SIGKILL]


def test_without_the_package_the_way_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(DatasetError, match=BROKEN):
        Espeak(tmp_path).load(GO_STOP, "test")


def test_a_package_without_its_metadata_is_no_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.Distribution.discover", lambda **_: iter(()))
    with pytest.raises(DatasetError, match=BROKEN):
        process.variants()


@pytest.mark.parametrize("holds", ["espeak-ng-data", "."], ids=["no voices", "no data"])
def test_a_package_without_its_voices_is_no_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds: str
) -> None:
    shutil.copy(espeakng_loader.__file__, tmp_path)
    (tmp_path / holds).mkdir(exist_ok=True)
    monkeypatch.setattr(espeakng_loader, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(DatasetError, match=BROKEN):
        process.variants()


def test_voices_may_lie_at_the_end_of_a_long_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = tmp_path / ("far" * 60) / "away"
    far.mkdir(parents=True)
    (far / "espeakng_loader").symlink_to(Path(espeakng_loader.__file__).parent)
    monkeypatch.setenv("PYTHONPATH", str(far))
    (samples,) = process.speak([Utterance("stop", "en-us+m3", 50, 50, 175)])
    assert samples.size > 0


# Clips


def test_a_clip_is_a_second_of_16_khz() -> None:
    clip = clips.to_clip(tone(0.3), np.random.default_rng(0))
    assert clip.shape == (CLIP_SAMPLES,)
    assert clip.dtype == np.int16


def test_a_word_keeps_its_pitch_and_length() -> None:
    clip = clips.to_clip(tone(0.5), np.random.default_rng(0))
    assert np.abs(np.fft.rfft(clip)).argmax() == 440
    loud = [level > max(levels_db(clip)) - 3 for level in levels_db(clip)]
    assert 48 <= sum(loud) <= 51


def test_a_word_is_anywhere_in_its_second() -> None:
    starts = [
        int(np.argmax(np.array(levels_db(clips.to_clip(tone(0.5), rng))) > 40))
        for rng in map(np.random.default_rng, range(100))
    ]
    assert 0 <= min(starts) < 5
    assert 45 < max(starts) <= 50


def test_words_differ_in_loudness_as_much_as_they_may() -> None:
    loudest = [
        max(levels_db(clips.to_clip(tone(0.5), rng))) - 20 * np.log10(32_768)
        for rng in map(np.random.default_rng, range(200))
    ]
    low, high = clips.LEVEL_DBFS
    assert low - 2 < min(loudest) < low + 3
    assert high - 3 < max(loudest) < high + 2


def test_the_silence_around_a_word_is_noise() -> None:
    quietest = [
        max(levels) - min(levels)
        for rng in map(np.random.default_rng, range(200))
        if (levels := levels_db(clips.to_clip(tone(0.5), rng)))
    ]
    assert min(quietest) < 12
    assert max(quietest) > 35


def test_what_lasts_longer_than_a_second_is_cut() -> None:
    clip = clips.to_clip(tone(1.2), np.random.default_rng(0))
    assert min(levels_db(clip)) > max(levels_db(clip)) - 3


def test_no_word_lasts_longer_than_a_second(few: Espeak) -> None:
    for word in WORDS:
        said = process.speak(tuple(plan(word, "test", FEW).values()))
        assert max(samples.size for samples in said) < RATE_HZ
    assert few.words("test") == WORDS


# The data set and its cache


def test_a_split_holds_every_word_asked_for(few: Espeak) -> None:
    dataset = few.load(GO_STOP, "test")
    assert (dataset.name, dataset.split, len(dataset)) == ("espeak", "test", 2 * 24)
    assert dataset.keys == tuple(sorted(plan("go", "test", FEW) | plan("stop", "test", FEW)))
    assert Counter(dataset.words) == {"go": 24, "stop": 24}


def test_the_same_is_spoken_every_time(few: Espeak, tmp_path: Path) -> None:
    first = few.load(GO_STOP, "test")
    again = Espeak(tmp_path / "elsewhere").load(GO_STOP, "test")
    assert first.digest == again.digest
    assert np.array_equal(first.clips, again.clips)


def test_no_two_clips_are_alike(few: Espeak) -> None:
    spoken = few.load(GO_STOP, "test").clips
    assert len({clip.tobytes() for clip in spoken}) == len(spoken)


def test_what_was_spoken_is_kept(few: Espeak, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = few.load(GO_STOP, "test")
    monkeypatch.setattr(espeak, "speak", None)
    read = few.load(GO_STOP, "test")
    assert (read.keys, read.digest) == (spoken.keys, spoken.digest)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-100] + bytes([data[-100] ^ 1]) + data[-99:],
        lambda data: data[:0],
        lambda data: data[64:],
    ],
    ids=["half", "a bit", "empty", "without its digest"],
)
def test_a_damaged_file_is_spoken_again(few: Espeak, tmp_path: Path, damage: object) -> None:
    digest = few.load(("go",), "test").digest
    assert callable(damage)
    kept(tmp_path).write_bytes(damage(kept(tmp_path).read_bytes()))
    assert few.load(("go",), "test").digest == digest


def test_a_file_of_another_plan_is_spoken_again(
    few: Espeak, monkeypatch: pytest.MonkeyPatch
) -> None:
    few.load(("go",), "test")
    monkeypatch.setattr(espeak, "variants", lambda: (*FEW, "max", "ian", "rob"))
    assert len(few.load(("go",), "test")) == len(plan("go", "test", (*FEW, "max", "ian", "rob")))


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("importlib.metadata.version", lambda _: "9.9.9"),
        ("harness.datasets.espeak.kept.SOURCES", (*SOURCES, Path(__file__))),
        ("numpy.__version__", "9.9.9"),
        ("scipy.__version__", "9.9.9"),
    ],
    ids=["eSpeak NG", "code", "NumPy", "SciPy"],
)
def test_what_clips_follow_from_makes_an_edition(
    monkeypatch: pytest.MonkeyPatch, what: str, value: object
) -> None:
    before = edition()
    monkeypatch.setattr(what, value)
    assert edition() != before


def test_clips_follow_from_all_code_between_a_plan_and_its_samples() -> None:
    names = {source.name for source in SOURCES}
    assert names >= {"voices.py", "speak.py", "clips.py", "noise.py", "audio.py"}


def test_another_edition_is_spoken_anew_and_of_the_old_ones_one_stays(
    few: Espeak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few.load(("go",), "test")
    made = [kept(tmp_path).parent]
    for age, version in enumerate(("8.8.8", "9.9.9"), start=1):
        os.utime(made[-1], (age, age))
        monkeypatch.setattr("numpy.__version__", version)
        few.load(("go",), "test")
        (new,) = {file.parent for file in tmp_path.rglob("test-go.clips")} - set(made)
        made.append(new)

    assert [folder.exists() for folder in made] == [False, True, True]


def test_what_a_killed_writer_left_is_removed(few: Espeak, tmp_path: Path) -> None:
    few.load(("go",), "test")
    left = kept(tmp_path).parent / ".writing-1234" / "test-stop.clips"
    left.parent.mkdir()
    left.write_bytes(b"half")
    few.load(GO_STOP, "test")
    assert not left.parent.exists()


def test_what_another_process_said_meanwhile_is_not_said_again(
    few: Espeak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = few.load(("go",), "test")
    file = kept(tmp_path)
    away = file.rename(tmp_path / "away.clips")

    @contextlib.contextmanager
    def waited_for(_: Path) -> Iterator[None]:
        away.rename(file)  # by the other process
        yield

    monkeypatch.setattr("harness.datasets.espeak.kept.locked", waited_for)
    monkeypatch.setattr(espeak, "speak", None)
    assert few.load(("go",), "test").digest == spoken.digest


def test_words_it_never_says_are_refused(tmp_path: Path) -> None:
    fault = "espeak has no recordings of marvin; it has down, go, left, no, right, stop, up, yes"
    with pytest.raises(NoRecordingsError, match=f"^{fault}$"):
        Espeak(tmp_path).load(("go", "marvin"), "test")


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, where a folder should be")
    fault = "^synthetic speech cannot be kept in .*/cache/espeak: .*, with XDG_CACHE_HOME$"
    with pytest.raises(DatasetError, match=fault):
        Espeak(tmp_path / "cache").load(("go",), "test")


SPEAKING = """
from pathlib import Path
from harness.datasets import espeak

espeak.variants = lambda: {few}
source = espeak.Espeak(Path(sys.argv[1]))

def work():
    source.load(("go",), "test")
    for file in Path(sys.argv[1]).glob("espeak/*/*.clips"):
        file.unlink()

def check():
    assert source.load(("go",), "test").digest == sys.argv[2]
"""


def test_a_process_killed_at_any_moment_leaves_nothing_that_is_trusted_wrongly(
    few: Espeak, tmp_path: Path
) -> None:
    digest = few.load(("go",), "test").digest
    kill_often(SPEAKING.format(few=FEW), tmp_path / "elsewhere", digest, kills=20)
