"""Training a candidate from several seeds, to see how far chance alone moves it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from candidates._training.sources import Sources
from harness.candidate.candidate import Candidate
from harness.candidate.card import Card
from harness.decisions import certainty, correct, triggers
from harness.record.metrics import ACCURACY
from harness.spotter.loading import make_spotter
from harness.spotter.size import zipped_bytes

Train = Callable[[Candidate, str, Sources], tuple[bytes, Card]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What one seed came to, on the validation split.

    Attributes:
        detected: Keyword clips that are right and trigger the operating rule.
        correct: Keyword clips that are right.
        total: Keyword clips.
        zipped_bytes: Size of the zipped model, in bytes.

    """

    detected: int
    correct: int
    total: int
    zipped_bytes: int


def train_seeds(
    train: Train, candidate: Candidate, name: str, sources: Sources, seeds: Sequence[int]
) -> tuple[bytes, Card]:
    """
    Train *candidate* from each of *seeds*; return model and card of the one validation prefers.

    Among seeds that beat the candidate's limit of accuracy, or among all if none does, that is
    the one with the most detected keywords, of equals the one with the most right ones, then
    the first. The card lists what every seed came to.
    """
    limit = candidate.limits.limits[ACCURACY.limit] or 0
    made, outcomes = {}, {}
    for seed in seeds:
        seeded = replace(candidate, training=replace(candidate.training, seed=seed))
        made[seed] = train(seeded, f"{name} (seed {seed})", sources)
        outcomes[seed] = _outcome(seeded, name, sources, made[seed][0])

    def worth(seed: int) -> tuple[float, ...]:
        came = outcomes[seed]
        return came.correct / came.total > limit, came.detected, came.correct, -seed

    best = max(seeds, key=worth)
    data, card = made[best]
    spread = {str(seed): asdict(outcome) for seed, outcome in outcomes.items()}
    return data, replace(card, candidate=name, seeds=spread)


def _outcome(candidate: Candidate, name: str, sources: Sources, data: bytes) -> Outcome:
    dataset = sources.people.load(candidate.words, "validation")
    scores = make_spotter(candidate, name, data).score(dataset.clips)
    hits = correct(scores, dataset.words, candidate.labels)
    return Outcome(
        detected=int(triggers(certainty(scores, hits)).sum()),
        correct=int(hits.sum()),
        total=len(hits),
        zipped_bytes=zipped_bytes(data),
    )
