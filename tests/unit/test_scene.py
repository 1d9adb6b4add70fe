"""The stream that candidates are judged on: what is in it, where, and that nothing comes twice."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from harness.stream import material as materials
from harness.stream.material import SLOT_S, Material
from harness.stream.scene import SNRS_DB, Made, Scene, span

Clips = npt.NDArray[np.int16]

KINDS = ["other words", "digits", "sentences", "babble", "noise", "tones"]


def tone(index: int, samples: int = 16_000) -> npt.NDArray[np.float32]:
    """Return a tone of its own for each recording, by which it is found again in a stream."""
    return np.sin(2 * np.pi * (300 + 10 * index) * np.arange(samples) / 16_000).astype("f4")


def tones(first: int, count: int, seconds: int = 1) -> Clips:
    rows = [1_000 * tone(first + index, seconds * 16_000) for index in range(count)]
    return np.array(rows, np.int16).reshape(count, seconds * 16_000)


def words(count: int) -> Clips:
    """Return keywords: loud in the middle, 4,000 to 8,000, and silent around it."""
    clips = np.zeros((count, 16_000), np.int16)
    clips[:, 4_000:8_000] = 8_000 * np.sign(np.sin(np.arange(4_000) / 3))
    return clips


def make(*, keywords: int = 10, others: int = 6, digits: int = 5, sentences: int = 20) -> Made:
    material = Material(
        keywords=words(keywords),
        spoken=("go", "stop") * (keywords // 2),
        words=tones(0, others),
        digits=tones(100, digits),
        sentences=tones(200, sentences, SLOT_S),
    )
    return Made(material)


def samples_of(scene: Scene) -> Clips:
    return np.concatenate(list(scene.blocks()))


def test_backgrounds_come_first_kind_after_kind_and_keywords_follow() -> None:
    scene = Scene(make())

    assert [kind for kind, *_ in scene.backgrounds] == KINDS
    ends = [0, *(end for _, _, end in scene.backgrounds)]
    assert [start for _, start, _ in scene.backgrounds] == ends[:-1]
    assert all(keyword.start > ends[-1] for keyword in scene.keywords)
    assert samples_of(scene).size == ends[-1] + 10 * SLOT_S * 16_000


def test_a_stream_is_the_same_every_time_and_its_digest_says_so() -> None:
    once, again, other = Scene(make()), Scene(make()), Scene(make(digits=4))

    np.testing.assert_array_equal(samples_of(once), samples_of(once))
    assert once.digest == again.digest != other.digest


def test_of_what_is_not_at_hand_there_is_none() -> None:
    scene = Scene(make(others=0, digits=0, sentences=0))

    assert list(scene.background_s) == ["noise", "tones"]
    assert len(scene.keywords) == 10


def test_a_full_quarter_is_filled_with_pauses_and_a_surplus_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(materials, "_MOST_CLIPS", 60)

    few, enough, many = (Scene(make(others=count)) for count in (10, 30, 80))

    # A pause lasts two seconds at most and 0.2 at least.
    assert few.background_s["other words"] == pytest.approx(10 * 3)
    assert enough.background_s["other words"] == pytest.approx(72)
    assert many.background_s["other words"] == pytest.approx(60 * 1.2)


def test_no_recording_is_used_twice() -> None:
    scene = Scene(make())
    heard = samples_of(scene).astype(np.float32)
    talk = {kind: heard[start:end] for kind, start, end in scene.backgrounds}

    alone = talk["sentences"].reshape(-1, SLOT_S * 16_000)
    used = [_loudest(utterance) for utterance in alone]
    mixed = [_three_loudest(babble) for babble in talk["babble"].reshape(-1, SLOT_S * 16_000)]

    every = [*used, *(pitch for three in mixed for pitch in three)]
    assert len(every) == len(set(every)) == 16
    assert len(used) == 4


def test_keywords_are_where_they_are_said_to_be_each_word_once() -> None:
    scene = Scene(make(others=0, digits=0, sentences=0))
    heard = samples_of(scene).astype(np.float32)

    assert sorted(word for word, *_ in scene.keywords) == ["go"] * 5 + ["stop"] * 5
    for _, start, end in scene.keywords:
        assert end - start == pytest.approx(4_000, abs=160)
        assert 1.0 <= (start - scene.backgrounds[-1].end) / 16_000 % SLOT_S <= 2.0
        assert np.corrcoef(heard[start : start + 4_000], words(1)[0, 4_000:8_000])[0, 1] > 0.6
    gaps = [later.start - earlier.end for earlier, later in pairwise(scene.keywords)]
    assert min(gaps) > 16_000


def test_a_keyword_is_as_much_louder_than_its_background_as_planned() -> None:
    scene = Scene(make(others=0, digits=0))
    heard, slots = samples_of(scene).astype(np.float32), scene.backgrounds[-1].end

    ratios = []
    for number, (_, start, end) in enumerate(scene.keywords):
        slot = heard[slots + number * SLOT_S * 16_000 :][: SLOT_S * 16_000]
        before, after = start - slots - number * SLOT_S * 16_000, end - slots
        rest = np.delete(slot, slice(before, after - number * SLOT_S * 16_000))
        ratios.append(20 * np.log10(8_000 / rest.std()))

    assert ratios == pytest.approx([*SNRS_DB, *SNRS_DB], abs=1.5)


def test_the_span_of_a_word_is_what_is_loud() -> None:
    clip = np.random.default_rng(0).integers(-5, 6, 16_000).astype(np.int16)
    clip[3_200:4_800] = 3_000
    clip[6_400:8_000] = 2_000

    assert span(clip) == (3_200, 8_000)


def test_the_span_of_silence_is_all_of_it() -> None:
    assert span(np.zeros(16_000, np.int16)) == (0, 16_000)


def test_a_silent_keyword_and_a_silent_background_make_no_fault() -> None:
    silent = Material(
        keywords=np.zeros((2, 16_000), np.int16),
        spoken=("go", "stop"),
        words=np.zeros((0, 16_000), np.int16),
        digits=np.zeros((0, 16_000), np.int16),
        sentences=np.zeros((5, SLOT_S * 16_000), np.int16),
    )

    assert len(Scene(Made(silent)).keywords) == 2


def _loudest(samples: npt.NDArray[np.float32]) -> int:
    return int(np.abs(np.fft.rfft(samples)).argmax())


def _three_loudest(samples: npt.NDArray[np.float32]) -> Iterator[int]:
    return iter(np.argsort(np.abs(np.fft.rfft(samples)))[-3:].tolist())
