"""What a search's workers run: the trainings of a trial at its rungs, and its measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest

from candidates._networks import Ensemble, TcCnn
from candidates._search import measuring, work
from candidates._search.task import Draft, Reached, Task, Trained, WorkerError, code_digest
from candidates._training import sources as training_sources
from candidates._training.listening import MEANS
from harness import Candidate, LogMel, datasets
from harness.candidate.specification import specification_hash
from harness.record.metrics import ACCURACY, LATENCY, SCORE, SIZE
from harness.spotter.loading import make_spotter
from harness.spotter.size import zipped_bytes
from tests.training.synthetic import MarkedSource, SyntheticSource
from tests.training.test_training import TINY, sources

SOURCE: Final = SyntheticSource(clips_a_word=40)
FOREIGN: Final = MarkedSource(
    said=dict.fromkeys(("training", "validation"), ("arabic:one", "arabic:two", "arabic:three"))
)
SMALL: Final = Candidate(
    frontend=LogMel(frame_ms=50, hop_ms=50, mel_bins=8),
    network=TcCnn(width=4, blocks=1),
    training=replace(TINY.training, epochs=3, batch_size=16, levels=15, other_words=0.5),
    quantization="int8",
)


@contextmanager
def speech_of(people: SyntheticSource) -> Iterator[None]:
    """Let workers have the speech of *people*, and none of what they kept before."""
    found = sources(people, foreign=FOREIGN)
    _forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_sources, "sources_for", lambda _candidate: found)
        patch.setattr(datasets, "for_training", lambda: (people, people))
        yield
    _forget()


def _forget() -> None:
    for kept in (work._SPEECH, work._HEARD, work._SPOKEN):
        kept.clear()
    measuring._speech.cache_clear()


@pytest.fixture(autouse=True)
def _synthetic() -> Iterator[None]:
    with speech_of(SOURCE):
        yield


@cache
def whole() -> Trained:
    """Return what one training without a rung comes to."""
    found = work.train(task(), 3, None)
    assert isinstance(found, Trained)
    return found


@cache
def first() -> Reached:
    """Return what the same training comes to at its first rung."""
    found = work.train(task(), 1, None)
    assert isinstance(found, Reached)
    return found


def task(candidate: Candidate = SMALL, **changed: Any) -> Task:
    asked: dict[str, Any] = {
        "name": "trial 7",
        "candidate": candidate,
        "base": SMALL,
        "code": code_digest(),
        "speech": work.speech(SMALL),
    }
    return Task(**{**asked, **changed})


def test_a_training_with_a_rung_ends_in_the_same_model_as_one_without() -> None:
    second = work.train(task(), 3, first().state)

    assert isinstance(second, Trained)
    assert second.model == whole().model
    assert second.row == whole().row
    assert second.card["history"] == whole().card["history"]


def test_a_rung_and_the_end_tell_what_validation_came_to() -> None:
    for found in (first(), whole()):
        shares = found.row["validation"]
        assert shares.keys() == {
            *("score", "likelihood", "detected beside heard", "detected beside foreign"),
        }
        parts = [share for name, share in shares.items() if name != "score"]
        assert SCORE.value(found.row) == pytest.approx(sum(parts) / 3, abs=1e-5)
        assert found.row["accuracy"]["total"] == 80
        assert ACCURACY.value(found.row) is not None
        assert found.seconds > 0


def test_the_card_is_that_of_a_training() -> None:
    trained = whole()

    assert trained.card["specification"] == specification_hash(SMALL)
    assert trained.card["heard"] == {"synthetic": {"en": ["go", "stop", "up", "yes"]}}
    assert trained.card["trigger"]["mean_of"] in MEANS
    make_spotter(SMALL, "trial", trained.model)


def test_every_kind_of_words_is_validated_on_whatever_the_recipe_calibrates_with() -> None:
    plain = replace(SMALL, training=replace(SMALL.training, false_accepts=None))

    row = work.train(task(plain), 1, None).row

    assert "detected beside foreign" in row["validation"]


def test_an_ensemble_is_trained_in_one_go() -> None:
    both = replace(SMALL, network=Ensemble(member=TcCnn(width=4, blocks=1), count=2))

    assert isinstance(work.train(task(both), 1, None), Trained)


def test_a_draft_tells_its_size() -> None:
    drafted = work.draft(task())

    assert isinstance(drafted, Draft)
    assert drafted.zipped_bytes == zipped_bytes(drafted.model)


def test_other_code_is_refused() -> None:
    foreign = task(code="other")
    for refused in (
        lambda: work.draft(foreign),
        lambda: work.train(foreign, 1, None),
        lambda: measuring.measure(foreign, b"", frozenset()),
    ):
        with pytest.raises(WorkerError, match=r"^a worker on .* has other code than the study; "):
            refused()


def test_other_speech_is_refused() -> None:
    with pytest.raises(
        WorkerError, match=r"has other speech than the study; give it the same archives, with KWS"
    ):
        work.train(task(speech="other"), 1, None)


def test_speech_is_told_apart_by_its_clips() -> None:
    before = work.speech(SMALL)

    with speech_of(SyntheticSource(clips_a_word=41)):
        assert work.speech(SMALL) != before


def test_a_model_is_measured_on_validation_clips_as_the_main_job_measures() -> None:
    trained = whole()

    row = measuring.measure(task(), trained.model, frozenset({"up"}))

    validation = SOURCE.load(SMALL.words, "validation")
    scores = make_spotter(SMALL, "trial", trained.model).score(validation.clips)
    right = scores.argmax(axis=1) == [SMALL.labels.index(word) for word in validation.words]
    assert row["accuracy"]["correct"] == right.sum()
    assert row["accuracy"]["total"] == 80
    assert row["operating_rule"]["false_accepts"]["words"]["total"] == 40  # up, which it heard
    assert row["operating_rule"]["false_accepts"]["unheard"]["total"] == 40  # yes
    assert SIZE.value(row) == zipped_bytes(trained.model)
    assert LATENCY.value(row) == pytest.approx(sorted(_medians(row))[2])
    assert row["board"]
    assert "scores" not in row


def _medians(row: dict[str, Any]) -> list[float]:
    return [window["p50_us"] for window in row["windows"]]


def test_trials_share_their_clips_unless_these_follow_from_what_varies() -> None:
    def spoken(**changed: Any) -> Any:
        return work._spoken(task(replace(SMALL, training=replace(SMALL.training, **changed))))

    shared = spoken()

    assert spoken(seed=7, epochs=9, learning_rate=0.02, levels=None) is shared
    assert spoken(running=0.25) is not shared


def test_what_comes_after_drawing_is_part_of_a_recipe() -> None:
    assert set(work._AFTER_DRAWING) < vars(SMALL.training).keys()


def test_a_search_reads_no_test_clip() -> None:
    read: list[str] = []

    class Watched(SyntheticSource):
        def load(self, words: tuple[str, ...], split: str) -> Any:
            read.append(split)
            return super().load(words, split)

    with speech_of(Watched(clips_a_word=40)):
        work.train(task(), 1, None)
        measuring.measure(task(), whole().model, frozenset())

    assert set(read) == {"training", "validation"}
