"""The Pareto front of a study."""

from collections.abc import Sequence

from candidates._search.aims import Aims
from candidates._search.ranking import dominated, stacked
from candidates._search.trial import Trial


def front(trials: Sequence[Trial], aims: Aims) -> list[Trial]:
    """Return the completed trials that meet all limits and that no other such one dominates."""
    rows = [(trial, trial.outcome.row) for trial in trials if trial.state == "completed"]
    fit = [(trial, aims.losses(row)) for trial, row in rows if not aims.excess(row)]
    if not fit:
        return []
    beaten = dominated(stacked([losses for _, losses in fit]))
    best = [entry for entry, out in zip(fit, beaten, strict=True) if not out]
    return [trial for trial, _ in sorted(best, key=lambda entry: (entry[1], entry[0].number))]
