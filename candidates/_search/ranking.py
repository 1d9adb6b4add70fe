"""Which of some trials are better: constraints first, then by Pareto rank."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def ranks(losses: Numbers, excess: Numbers) -> npt.NDArray[np.intp]:
    """
    Return the rank of each trial, 0 for the best.

    Trials that meet all constraints come first, by Pareto rank: those that no other dominates,
    then those that only these dominate, and so on. The others follow, by their excess.

    Args:
        losses: What is to be small, shape (trials, goals).
        excess: How far each trial misses its constraints, 0 for not at all, shape (trials,).

    """
    found = np.full(len(losses), -1, np.intp)
    rank = 0
    for group in [excess <= 0, *(excess == value for value in np.unique(excess[excess > 0]))]:
        left = np.flatnonzero(group)
        while left.size:
            front = left[~dominated(losses[left])]
            found[front] = rank
            left = np.setdiff1d(left, front)
            rank += 1
    return found


def dominated(losses: Numbers) -> npt.NDArray[np.bool_]:
    """Return for each row of *losses* whether another is as small in all goals, less in one."""
    beaten = [
        bool(((losses <= row).all(axis=1) & (losses < row).any(axis=1)).any()) for row in losses
    ]
    return np.array(beaten, bool)


def order(losses: Numbers, excess: Numbers) -> list[int]:
    """
    Return the indices of trials, the best first.

    Of one rank, the lonelier comes first (crowding distance of NSGA-II, Deb et al. 2002), then
    the earlier one.
    """
    rank = ranks(losses, excess)
    lonely = np.zeros(len(losses))
    for value in np.unique(rank):
        group = np.flatnonzero(rank == value)
        lonely[group] = _crowding(losses[group])
    return sorted(range(len(losses)), key=lambda i: (rank[i], -lonely[i], i))


def _crowding(losses: Numbers) -> Numbers:
    """Return how far the neighbours of each trial are apart, infinite at the ends."""
    distance = np.zeros(len(losses))
    for goal in losses.T:
        at = np.argsort(goal, kind="stable")
        span = goal[at[-1]] - goal[at[0]]
        distance[at[[0, -1]]] = np.inf
        if span > 0:
            distance[at[1:-1]] += (goal[at[2:]] - goal[at[:-2]]) / span
    return distance


def among_the_better(losses: Numbers, excess: Numbers) -> bool:
    """Return whether the last of the trials is in the better half of all of them."""
    last = len(losses) - 1
    return order(losses, excess).index(last) < (len(losses) + 1) // 2


def stacked(rows: Sequence[Sequence[float]]) -> Numbers:
    """Return *rows* as an array of shape (rows, goals), also where there is none."""
    return np.array(rows, np.float64).reshape(len(rows), -1)
