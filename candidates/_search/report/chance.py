"""The winner's lead in each goal, beside how far chance alone moves it."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import mean, stdev
from typing import Any

from tabulate import tabulate

from candidates._search.chance import ranked
from candidates._search.study import Study
from candidates._search.trial import Trial
from harness.record.metric import Metric
from harness.record.metrics import LATENCY
from harness.record.rows import window_medians_us

_FEWEST = 2
"""Other seeds without which a deviation would say little."""

_SURE = 2.0
"""Standard deviations of a difference that are taken to be more than chance."""


def chance(study: Study, repeats: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the section on chance; empty if no trial completed."""
    trials, aims = study.trials(), study.aims
    leads = [(metric, ranked(trials, aims, metric)) for metric in aims.objectives]
    if not leads[0][1]:
        return []
    leader = str(leads[0][1][0].number)
    number = leader if leader in repeats else next(iter(repeats), leader)
    again = list(repeats.get(number, {}).values())
    # Its own row, too: the leader was chosen for it, so that the others alone differ too little.
    rows = [trials[int(number)].outcome.row, *again] if len(again) >= _FEWEST else []
    lines = [_line(metric, order, rows) for metric, order in leads]
    heads = ["goal", "winner", "value", "lead over the next", "chance", "so the lead is"]
    table = tabulate(lines, headers=heads, tablefmt="github", disable_numparse=True)
    said = (
        "No trial was trained again from two other seeds, so chance is not known."
        if not rows
        else f"Chance is the standard deviation of trial {number} over {len(rows)} seeds, its own "
        f"among them, and for latency that of its windows. Two trainings differ by the root of 2 "
        f"of it, and a lead of more than twice that is called more than chance."
    )
    return ["## How sure the winners are", table, said]


def _line(metric: Metric, order: list[Trial], rows: Sequence[Any]) -> list[str]:
    values = [value for trial in order if (value := metric.value(trial.outcome.row)) is not None]
    again = [value for row in rows if (value := metric.value(row)) is not None]
    if metric.name == LATENCY.name:
        again = window_medians_us(order[0].outcome.row)
    lead = abs(values[0] - values[1]) if len(values) > 1 else None
    spread = stdev(again) if len(again) > 1 else None
    line = [metric.noun, str(order[0].number), metric.unit.text(values[0])]
    line.append("-" if lead is None else metric.unit.exact(lead))
    if spread is None:
        return [*line, "-", "not known"]
    line.append(f"{metric.unit.exact(spread)} ({metric.unit.text(mean(again))} on average)")
    sure = lead is not None and lead > _SURE * sqrt(2) * spread
    return [*line, "more than chance" if sure else "within chance"]
