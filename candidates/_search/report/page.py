"""``report.md`` of a study: a pure function of its journal."""

from collections.abc import Sequence
from typing import Any, Final

from tabulate import tabulate

from candidates._search.chance import REPEATS, ranked
from candidates._search.report.chance import chance
from candidates._search.report.front import front
from candidates._search.study import Study
from candidates._search.trial import FINISHED, Trial
from candidates._search.variations import shown
from harness.record.metric import Metric
from harness.record.metrics import ACCURACY, LATENCY, SCORE, SIZE
from harness.report.columns import interval
from harness.text import duration

SHOWN: Final = {
    "front": "Trials and their limits",
    "progress": "The best so far, over the trials",
    "importance": "Importance of each field that varies",
    "parallel": "What each trial chose, and what it came to",
}
"""Pictures in their order, and what each shows."""


_FRONT: Final = "No other trial that meets every limit is better than one of these in all goals."
_NEAREST: Final = 5
"""Trials that are shown if none meets every limit."""


def study_page(study: Study, drawn: Sequence[str]) -> str:
    """Return the page of *study*; *drawn* names the pictures that there are."""
    trials = study.trials()
    finished = [trial for trial in trials if trial.state in FINISHED]
    parts = [f"# Study {study.name}: {len(finished)} finished trials", _counts(trials)]
    if completed := ranked(trials, study.aims, study.aims.objectives[0]):
        best = front(trials, study.aims)
        said = _FRONT if best else "No trial meets every limit. These come nearest."
        shown = best or completed[:_NEAREST]
        parts += ["## The best trials", said, table(study, shown), *_boards(shown)]
    parts += [f"![{SHOWN[name]}]({name}.svg)" for name in SHOWN if name in drawn]
    parts += chance(study, study.facts().get(REPEATS, {}))
    parts += ["## The space", _space(study), "## Every trial"]
    if finished:
        parts.append(_folded(f"{len(finished)} finished trials", table(study, finished)))
    dropped = [trial for trial in trials if trial.outcome.reason]
    if dropped:
        lines = [(trial.number, trial.state, trial.outcome.reason) for trial in dropped]
        reasons = _markdown(lines, ["trial", "", "because"], ["right", "left", "left"])
        parts.append(_folded(f"{len(dropped)} refused or failed", reasons))
    return "\n\n".join(parts) + "\n"


def table(study: Study, trials: Sequence[Trial]) -> str:
    """Return a table of *trials*: what varies, the goals, accuracy and its interval, limits."""
    aims, varied = study.aims, study.varied
    metrics = [*aims.objectives]
    known = {metric.name for metric in metrics}
    metrics += [m for m in (SCORE, ACCURACY, SIZE, LATENCY) if m.name not in known]
    heads = ["trial", *varied.values()]
    for metric in metrics:
        heads += [metric.heading, *(["95 % interval"] if metric.share else [])]
    lines = [
        [
            str(trial.number),
            *(shown(trial.point.get(path)) for path in varied),
            *(cell for metric in metrics for cell in _cells(metric, trial)),
            _limits_missed(study, trial),
        ]
        for trial in trials
    ]
    return _markdown(lines, [*heads, "limits"], ["right"] * len(heads) + ["left"])


def _cells(metric: Metric, trial: Trial) -> list[str]:
    row = trial.outcome.row if trial.state == "completed" else trial.outcome.rungs[-1]
    value = metric.value(row)
    cells = ["-" if value is None else metric.unit.cell(value)]
    if metric.share:
        share = metric.share(row)
        cells.append(interval(share) if share else "-")
    return cells


def _limits_missed(study: Study, trial: Trial) -> str:
    if trial.state == "stopped":
        return f"stopped at rung {len(trial.outcome.rungs)}"
    row = trial.outcome.row
    broken = [c.metric.name for c in study.aims.constraints if c.excess(row)]
    doubts = ["times invalid"] if row and row.get("invalid") else []
    return ", ".join([*(f"misses {name}" for name in broken), *doubts]) or "meets all"


def _counts(trials: Sequence[Trial]) -> str:
    def count(state: str) -> int:
        return sum(trial.state == state for trial in trials)

    workers = sorted({trial.outcome.worker for trial in trials if trial.outcome.worker})
    seconds = sum(trial.outcome.seconds for trial in trials)
    machines = f"{len(workers)} machine{'s' * (len(workers) != 1)}"
    return (
        f"{count('completed')} completed, {count('stopped')} stopped at a rung, "
        f"{count('refused')} refused, {count('failed')} failed, {count('running')} not ended. "
        f"Trained for {duration(seconds)} in all on {machines}. All values are of validation "
        f"clips: a search reads no test clip."
    )


def _boards(trials: Sequence[Trial]) -> list[str]:
    """Return on which board the times were taken, and what speaks against them."""
    rows = [trial.outcome.row for trial in trials if trial.outcome.row]
    boards = sorted({row["board"] for row in rows if "board" in row})
    reasons = {reason for row in rows for reason in (*row.get("invalid", ()),)}
    text = [f"Times were measured on {', '.join(boards)}."] if boards else []
    return [" ".join([*text, *(f"Invalid: {reason}." for reason in sorted(reasons))])]


def _space(study: Study) -> str:
    parts = study.description.items()
    values = {part: "a function" if "\n" in text else f"`{text}`" for part, text in parts}
    return "\n".join(f"- **{part}**: {value}" for part, value in values.items())


def _folded(title: str, text: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


def _markdown(lines: Sequence[Sequence[Any]], heads: Sequence[str], align: Sequence[str]) -> str:
    safe = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return tabulate(safe, headers=heads, tablefmt="github", colalign=align, disable_numparse=True)
