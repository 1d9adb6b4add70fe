"""A trial becomes a candidate: a module that a person would have written, its model, its card."""

import keyword
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import harness
from candidates._search.keeping import kept_model
from candidates._search.space import Space
from candidates._search.study import Study
from candidates._search.text import differing, written
from candidates._search.trial import Trial
from harness.candidate.candidate import Candidate, trained_path
from harness.candidate.registry import Registry
from harness.candidate.specification import specification_hash
from harness.errors import SearchError
from harness.files import write_bytes, write_json, write_text

_WIDTH: Final = 100
_UNBROKEN: Final = "\0"
"""In place of a blank at which no line may be broken."""

_NETWORKS: Final = "candidates._networks"


def promote(study: Study, space: Space, number: int, name: str, registry: Registry) -> str:
    """
    Write trial *number* of *study*, one of *space*, as candidate *name* of *registry*.

    Returns:
        What to do next.

    Raises:
        SearchError: If the trial is unknown, has not completed, or its model is not here; if
            the name exists or cannot be that of a module; or if the module would not be the
            candidate that was trained.

    """
    _require_new(name, registry)
    trial = _completed(study, number)
    candidate = space.candidate(trial.point)
    model, card = kept_model(study.folder, number)
    if card["specification"] != specification_hash(candidate):
        msg = (
            f"trial {number} was trained from another version of the space or of its networks; "
            f"check out the commit that the study was made with"
        )
        raise SearchError(msg)
    text = source(candidate, study, trial)
    module = registry.folder / f"{name}.py"
    path = trained_path(name, registry.folder)
    write_text(module, text)
    write_bytes(path, model)
    write_json(path.with_suffix(".json"), {**card, "candidate": name})
    return f"wrote {module}, its model and its card; now measure it: tox run -- --candidate {name}"


def source(candidate: Candidate, study: Study, trial: Trial) -> str:
    """Return the module of *candidate*, in the layout of those that people write."""
    parts = [_docstring(study, trial), _imports(candidate), f"CANDIDATE = {_laid_out(candidate)}"]
    return "\n\n".join(parts) + "\n"


def _require_new(name: str, registry: Registry) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        msg = f"{name!r} cannot be the name of a candidate; use letters, digits and underscores"
        raise SearchError(msg)
    if (registry.folder / f"{name}.py").exists():
        msg = f"candidates/{name}.py exists; choose another name, or remove it"
        raise SearchError(msg)


def _completed(study: Study, number: int) -> Trial:
    trials = study.trials()
    if number >= len(trials):
        msg = f"there is no trial {number} in the study {study.name}; it has {_span(trials)}"
        raise SearchError(msg)
    if trials[number].state != "completed":
        completed = [str(trial.number) for trial in trials if trial.state == "completed"]
        msg = (
            f"trial {number} is {trials[number].state}; promote one that completed: "
            f"{', '.join(completed) or 'none so far'}"
        )
        raise SearchError(msg)
    return trials[number]


def _span(trials: Sequence[Trial]) -> str:
    return f"0 to {len(trials) - 1}" if trials else "none"


def _docstring(study: Study, trial: Trial) -> str:
    aims, row = study.aims, trial.outcome.row
    values = [
        f"{metric.noun} {metric.unit.text(value).replace(' ', _UNBROKEN)}"
        for metric in aims.objectives
        if (value := metric.value(row)) is not None
    ]
    title = f"Trial {trial.number} of the study {study.name}."
    body = (
        f"On validation clips it came to {_listed(values)}. What varied, and what the other "
        f"trials came to: {_report(study.folder)}."
    )
    filled = textwrap.fill(body, _WIDTH - 2).replace(_UNBROKEN, " ")
    return f'"""\n{title}\n\n{filled}\n"""'


def _report(folder: Path) -> str:
    """Return where the report of a study in *folder* is, for readers of this repository."""
    root, folder = Path(harness.__file__).parents[1], folder.resolve()
    inside = folder.is_relative_to(root)
    return f"{folder.relative_to(root).as_posix()}/report.md" if inside else "its report.md"


def _listed(parts: Sequence[str]) -> str:
    """Return *parts* as a list in words: ``a, b and c``."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _imports(candidate: Candidate) -> str:
    ours, networks = {"Candidate"}, set()
    for value in _values(candidate):
        kind = value if isinstance(value, FunctionType) else type(value)
        if kind.__name__ in harness.__all__:
            ours.add(kind.__name__)
        elif kind.__module__ == _NETWORKS:
            networks.add(kind.__name__)
        else:
            msg = (
                f"{kind.__module__}.{kind.__name__} cannot be imported by a candidate; move it to "
                f"candidates/_networks.py, and search again"
            )
            raise SearchError(msg)
    lines = [f"from {_NETWORKS} import {', '.join(sorted(networks))}"] if networks else []
    return "\n".join([*lines, f"from harness import {', '.join(sorted(ours))}"])


def _values(value: Any) -> Iterator[Any]:
    """Yield the frozen values and functions that are written of *value*, at any depth."""
    for part in differing(value).values():
        if is_dataclass(part):
            yield part
            yield from _values(part)
        elif isinstance(part, FunctionType | harness.Budget):
            yield part


def _laid_out(value: Any, indent: int = 0) -> str:
    """Return the expression of *value*, a field a line where it is too wide for one."""
    flat = written(value)
    nested = is_dataclass(value)
    if not nested or (indent and indent + len(flat) + len("network=,") < _WIDTH):
        return flat
    inner = " " * (indent + 4)
    fields = [
        f"{inner}{name}={_laid_out(part, indent + 4)},\n" for name, part in differing(value).items()
    ]
    return f"{type(value).__name__}(\n{''.join(fields)}{' ' * indent})"
