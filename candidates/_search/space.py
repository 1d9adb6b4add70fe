"""A space: a candidate, what of it may vary, and what is wanted of it. Data, one module each."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from candidates._search import spaces
from candidates._search.aims import Aims, Goal, aims_of, refuse
from candidates._search.fields import field_at, replaced, require_path
from candidates._search.text import written
from candidates._search.variations import Label, Share, Variation
from harness.candidate.candidate import Candidate
from harness.candidate.specification import specification_hash
from harness.errors import CandidateError, SearchError

Sampler = Literal["tpe", "random", "grid"]
SAMPLERS: Final = get_args(Sampler)

Condition = Callable[[Candidate], str | None]
"""Returns why a candidate is refused; None if it is not."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """
    A candidate, what of it may vary, and what is wanted of it.

    Attributes:
        base: Candidate whose fields vary.
        vary: How each field varies, by its path.
        goals: Names of metrics that are to be as good as possible, or goals. The limits of the
            candidate's budget are constraints in any case.
        sampler: ``tpe`` (Optuna's, which learns from the trials before), ``random``, or
            ``grid`` for every combination, in an order whose beginnings are even samples.
        rungs: Shares of the epochs after which the less promising half of the trials is
            stopped; the last is 1.
        condition: Refuses candidates that are not worth a trial; None to refuse none.
        repeats: Seeds that the best trial is trained from again, to see what chance does.

    Raises:
        SearchError: If a field or metric is unknown, or the parts do not fit together.

    """

    base: Candidate
    vary: Mapping[str, Variation]
    goals: tuple[str | Goal, ...]
    sampler: Sampler = "tpe"
    rungs: tuple[float, ...] = (0.2, 1.0)
    condition: Condition | None = None
    repeats: int = 2
    aims: Aims = field(init=False)

    def __post_init__(self) -> None:
        if not self.vary:
            refuse("nothing varies", "vary={...}")
        for path, variation in self.vary.items():
            require_path(self.base, path)
            self._check_variation(path, variation)
        if self.sampler not in SAMPLERS:
            refuse(f"sampler={self.sampler!r}", " or ".join(SAMPLERS))
        rising = all(a < b for a, b in zip((0, *self.rungs), self.rungs, strict=False))
        if not self.rungs or not rising or self.rungs[-1] != 1:
            refuse(f"rungs={self.rungs}", "rising shares of the epochs that end in 1")
        if not isinstance(self.repeats, int) or self.repeats < 0:
            refuse(f"repeats={self.repeats}", "a number of seeds, 0 for none")
        object.__setattr__(self, "aims", aims_of(self.goals, self.base))

    def _check_variation(self, path: str, variation: Variation) -> None:
        if isinstance(variation, Share):
            require_path(self.base, variation.of)
            if variation.of == path or isinstance(self.vary.get(variation.of), Share):
                refuse(f"{path} is a share of {variation.of}", "a field that is no share itself")
        if self.sampler == "grid" and variation.labels is None:
            fault = f"{path} is a real range in a grid"
            refuse(fault, "Choices(...) or evenly(low, high, count), or another sampler")

    def candidate(self, point: Mapping[str, Label]) -> Candidate:
        """
        Return the candidate at *point*, a label for each field.

        Raises:
            CandidateError: If the candidate refuses its values, or the condition refuses it.

        """
        values = {path: self.vary[path].value(label) for path, label in point.items()}
        for path, variation in self.vary.items():
            if isinstance(variation, Share):
                whole = values.get(variation.of, field_at(self.base, variation.of))
                values[path] = variation.times(values[path], whole)
        candidate: Candidate = replaced(self.base, values)
        reason = self.condition(candidate) if self.condition else None
        if reason is not None:
            raise CandidateError(reason)
        return candidate

    def headings(self) -> dict[str, str]:
        """Return what to call each field that varies, by its path."""
        return {path: _heading(path, how, list(self.vary)) for path, how in self.vary.items()}

    def described(self) -> dict[str, str]:
        """Return the space in words, part by part: equal for equal spaces."""
        aims = self.aims
        condition = inspect.getsource(self.condition) if self.condition else "none"
        varied = {f"vary {path!r}": written(how) for path, how in self.vary.items()}
        return {
            "base": written(self.base),
            "code of the base": specification_hash(self.base),
            **varied,
            "goals": ", ".join(f"{metric.name} ({metric.better})" for metric in aims.objectives),
            "limits": ", ".join(f"{c.metric.name} {c.limit:g}" for c in aims.constraints),
            "sampler": self.sampler,
            "rungs": ", ".join(f"{rung:g}" for rung in self.rungs),
            "condition": condition,
        }


def _heading(path: str, how: Variation, paths: Sequence[str]) -> str:
    """Return the last part of *path*, or all of it where another path ends alike."""
    ends = [other.rpartition(".")[2] for other in paths]
    own = path.rpartition(".")[2]
    name = path if ends.count(own) > 1 else own
    return f"{name} ÷ {how.of.rpartition('.')[2]}" if isinstance(how, Share) else name


def space_names() -> Sequence[str]:
    """Return the names of all spaces, sorted."""
    folder = Path(next(iter(spaces.__path__)))
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]))


def load_space(name: str) -> Space:
    """Import the space *name*; raises SearchError if it is unknown or its module broken."""
    if name not in space_names():
        msg = f"unknown space {name!r}; known spaces: {', '.join(space_names())}"
        raise SearchError(msg)
    try:
        module = importlib.import_module(f"{spaces.__name__}.{name}")
    except (SearchError, CandidateError) as error:
        msg = f"_search/spaces/{name}.py: {error}"
        raise SearchError(msg) from error
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
        msg = f"_search/spaces/{name}.py cannot be imported: {fault}; fix the module"
        raise SearchError(msg) from error
    found = getattr(module, "SPACE", None)
    if not isinstance(found, Space):
        kind = type(found).__name__
        msg = f"_search/spaces/{name}.py must define SPACE = Space(...), found {kind}"
        raise SearchError(msg)
    return found
