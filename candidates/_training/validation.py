"""Features of the validation clips, which a training reports on and is calibrated with."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from candidates._training.heard import Heard, other_words, unheard_foreign
from candidates._training.parts import noise
from candidates._training.pools import Pools
from candidates._training.sources import Sources
from harness.candidate.candidate import Candidate
from harness.candidate.training import KINDS, FalseAccepts
from harness.datasets import Dataset
from harness.datasets.dataset import content_digest
from harness.decisions import Scores
from harness.files import sha256
from harness.frontends.frontend import Features

WATCHED: Final = 0.02
"""Share of false accepts at which detection is shown after each epoch."""

NOISES: Final = 1_000
_SEED: Final = 2
_AT_ONCE: Final = 512


@dataclass(frozen=True, kw_only=True)
class Outliers:
    """
    Validation clips of one kind that are no keyword.

    Attributes:
        features: float32 ``(clips, *shape, 1)``.
        digest: Digest over the clips.

    """

    features: Features
    digest: str


@dataclass(frozen=True, kw_only=True)
class Validation:
    """
    Validation clips as features.

    Attributes:
        task: The task's words as clips.
        features: Their features: float32 ``(clips, *shape, 1)``.
        labels: Index of the label of each.
        outliers: Clips that are no keyword, by kind: see :class:`FalseAccepts`.

    """

    task: Dataset
    features: Features
    labels: npt.NDArray[np.intp]
    outliers: dict[str, Outliers]

    def measure(self, model: Any) -> dict[str, float]:
        """Return accuracy, and detection at WATCHED false accepts if there are outliers."""
        scores = predict(model, self.features)
        hits = scores.argmax(axis=1) == self.labels
        measured = {"accuracy": float(hits.mean())}
        watched = next((self.outliers[kind] for kind in _BY_WORTH if kind in self.outliers), None)
        if watched is not None:
            tops = predict(model, watched.features).max(axis=1)
            sure = scores.max(axis=1) > np.quantile(tops, 1 - WATCHED)
            measured["detection"] = float((hits & sure).mean())
        return measured

    def shares(self, model: Any) -> dict[str, float]:
        """
        Return shares that tell two models apart more finely than accuracy does.

        ``likelihood`` is the geometric mean of the score that each keyword's clip gives its
        word. ``detected beside heard``, and so on for each kind of words, is the share of
        keywords that are right and surer than all but WATCHED of the clips of that kind.
        """
        scores = predict(model, self.features)
        right = scores[np.arange(len(scores)), self.labels]
        hits = scores.argmax(axis=1) == self.labels
        likelihood = np.exp(np.log(np.maximum(right, _LEAST_SCORE)).mean())
        shares = {"accuracy": float(hits.mean()), "likelihood": float(likelihood)}
        for kind, outliers in self.outliers.items():
            if kind in _BY_WORTH:
                bar = np.quantile(sureness(predict(model, outliers.features)), 1 - WATCHED)
                sure = sureness(scores) > bar
                shares[f"detected beside {kind}"] = float((hits & sure).mean())
        return shares


_LEAST_SCORE: Final = 1e-7
"""As in Keras's cross-entropy."""

_BY_WORTH: Final = ("unheard", "foreign", "heard")
"""Kinds of outliers, the first of which that there is gives the detection shown."""


def sureness(scores: Scores) -> npt.NDArray[np.float64]:
    """Return how sure each top score is, also where float32 calls it 1: float64 ``(clips,)``."""
    others = np.sort(scores.astype(float), axis=1)[:, :-1].sum(axis=1)
    return np.asarray(-np.log(np.maximum(others, np.finfo(float).tiny)))


def predict(model: Any, features: Features) -> Scores:
    """Return the scores of *features*: float32 ``(clips, labels)``."""
    starts = range(0, len(features), _AT_ONCE)
    parts = [model(features[start : start + _AT_ONCE], training=False) for start in starts]
    return np.concatenate([np.asarray(part) for part in parts])


def validation_for(
    candidate: Candidate,
    sources: Sources,
    heard: Heard,
    pools: Pools,
    kinds: Collection[str] | None = None,
) -> Validation:
    """
    Return the validation clips of *candidate*.

    Its outliers are those of *kinds*, by default of each kind that it is to be calibrated with.
    """
    wanted = rated(candidate.training.false_accepts) if kinds is None else kinds
    task = sources.people.load(candidate.words, "validation")

    def features_of(clips: npt.NDArray[np.int16], what: str) -> Features:
        pool = pools.of(clips, None, 1, what)
        return np.asarray(pool[:, 0])[..., np.newaxis]

    return Validation(
        task=task,
        features=features_of(task.clips, "validation"),
        labels=np.array([candidate.labels.index(word) for word in task.words], np.intp),
        outliers={
            kind: Outliers(features=features_of(clips, f"{kind} validation"), digest=digest)
            for kind, clips, digest in _outliers(candidate, sources, heard, wanted)
        },
    )


def rated(rates: FalseAccepts | None) -> list[str]:
    """Return the kinds of outliers that have a rate."""
    return [kind for kind in KINDS if rates is not None and getattr(rates, kind) is not None]


def _outliers(
    candidate: Candidate, sources: Sources, heard: Heard, kinds: Collection[str]
) -> Iterator[tuple[str, npt.NDArray[np.int16], str]]:
    """Yield kind, clips and digest of each of *kinds* that there are clips of."""
    for kind in kinds:
        if kind == "noise":
            rng = np.random.default_rng(_SEED)
            clips = np.stack([noise(rng) for _ in range(NOISES)])
            yield kind, clips, f"sha256:{sha256(clips.tobytes())}"
        elif found := _spoken(kind, candidate, sources, heard):
            digest = content_digest({one.name: one.digest for one in found})
            yield kind, np.concatenate([one.clips for one in found]), f"sha256:{digest}"


def _spoken(kind: str, candidate: Candidate, sources: Sources, heard: Heard) -> list[Dataset]:
    """Return the clips of one kind in the validation split that are no word of the task."""
    if kind == "foreign":
        foreign = unheard_foreign(sources.foreign)
        return [foreign] if foreign else []
    words = other_words(sources.people, candidate.words, "validation")
    others = [sources.people.load(words, "validation")] if words else []
    if kind == "heard":
        return others if heard.others else []
    wide = sources.vocabulary
    vocabulary = [wide.load(wide.words("validation"), "validation")] if wide else []
    return vocabulary if heard.others else [*vocabulary, *others]
