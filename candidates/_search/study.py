"""
A study: every trial of a space so far, in a journal that only its driver writes.

The journal is a file of Optuna's. A trial is one entry when it begins and few when it ends, so
whatever is killed, whenever, leaves the trials that had ended and none that is half told.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState

from candidates._search import points
from candidates._search.aims import Aims, aims_in
from candidates._search.journal import CURE, Journal, mend
from candidates._search.sampling import distributions, tpe
from candidates._search.space import Space
from candidates._search.trial import Outcome, Trial
from harness.errors import SearchError
from harness.files import locked, require_writable

JOURNAL: Final = "journal.log"
LOCK: Final = ".driver.lock"

_OUTCOME: Final = "outcome"
_SPACE: Final = "space"
_AIMS: Final = "aims"
_VARIED: Final = "varied"


class Study:
    """
    The trials of a space; see :func:`opened` and :func:`read`.

    Attributes:
        name: Name of the space.
        folder: Folder that holds the journal, and models and cards of completed trials.

    """

    def __init__(self, name: str, folder: Path, kept: optuna.Study) -> None:
        self.name = name
        self.folder = folder
        self._kept = kept

    @property
    def optuna(self) -> optuna.Study:
        """The study as Optuna knows it."""
        return self._kept

    @property
    def aims(self) -> Aims:
        """What the study wants."""
        return aims_in(self.facts()[_AIMS])

    @property
    def description(self) -> dict[str, str]:
        """The space in words, part by part."""
        return dict(self.facts()[_SPACE])

    @property
    def varied(self) -> dict[str, str]:
        """What to call each field that varies, by its path."""
        return dict(self.facts()[_VARIED])

    def trials(self) -> list[Trial]:
        """Return all trials, by number."""
        return list(map(_trial, self._kept.get_trials(deepcopy=False)))

    def facts(self) -> dict[str, Any]:
        """Return what is known of the study as a whole, by name."""
        return dict(self._kept.user_attrs)

    def note(self, name: str, value: Any) -> None:
        """Keep a fact of the study as a whole; *value* is JSON."""
        self._kept.set_user_attr(name, value)

    def ask(self, space: Space) -> Trial | None:
        """Begin the next trial; None if the grid has no point left."""
        number = len(self._kept.get_trials(deepcopy=False))
        if space.sampler == "tpe":
            self._kept.sampler = tpe(self.name, number)
            self._kept.ask(distributions(space))
        else:
            size = points.grid_size(space.vary) if space.sampler == "grid" else None
            if size is not None and number >= size:
                return None
            of = points.random_point if size is None else points.grid_point
            self._kept.add_trial(
                optuna.trial.create_trial(
                    state=TrialState.RUNNING,
                    params=of(space.vary, self.name, number),
                    distributions=distributions(space),
                )
            )
        return _trial(self._kept.get_trials(deepcopy=False)[number])

    def finish_telling(self, space: Space) -> None:
        """End the trials whose outcome is kept, but whose driver was stopped before it said so."""
        for frozen in self._kept.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if kept := frozen.user_attrs.get(_OUTCOME):
                self.tell(space, frozen.number, Outcome(**kept))

    def tell(self, space: Space, number: int, outcome: Outcome) -> Trial:
        """
        End trial *number*; returns it.

        One that is refused teaches the sampler as a missed limit does.
        """
        frozen = self._kept.get_trials(deepcopy=False)[number]
        trial = optuna.Trial(self._kept, frozen._trial_id)  # noqa: SLF001
        trial.set_user_attr(_OUTCOME, asdict(outcome))
        for metric, excess in _excesses(space, outcome).items():
            if metric not in frozen.constraints:  # a driver that was killed may have told it
                trial.set_constraint(metric, excess)
        if outcome.state == "completed":
            values = [metric.value(outcome.row) for metric in space.aims.objectives]
            self._kept.tell(number, values)
        else:
            failed = outcome.state == "failed"
            self._kept.tell(number, state=TrialState.FAIL if failed else TrialState.PRUNED)
        return Trial(number=number, point=frozen.params, outcome=outcome)


def _excesses(space: Space, outcome: Outcome) -> dict[str, float]:
    """Return by how much a trial misses each limit, so far as it was measured."""
    row = outcome.row or (outcome.rungs[-1] if outcome.rungs else None)
    if row is None:
        return {"refused": 1.0} if outcome.state == "refused" else {}
    stopped = outcome.state == "stopped"  # its training might have gone on to meet a limit
    return {c.metric.name: c.excess(row, surely=stopped) for c in space.aims.constraints}


def _trial(frozen: FrozenTrial) -> Trial:
    kept = frozen.user_attrs.get(_OUTCOME) if frozen.state.is_finished() else None
    outcome = Outcome(**kept) if kept else Outcome(state="running")
    return Trial(number=frozen.number, point=frozen.params, outcome=outcome)


@contextmanager
def opened(name: str, folder: Path, space: Space) -> Iterator[Study]:
    """
    Open the study of *space* in *folder* for its one driver, made if it is not there.

    Raises:
        SearchError: If another driver has it open, its journal is damaged, or it was made by
            another version of the space.
        ResultsError: If nothing can be written to *folder*.

    """
    require_writable(folder)
    try:
        with locked(folder / LOCK, wait=False):
            mend(folder / JOURNAL)
            study = Study(name, folder, _load(name, folder, space))
            _require_same(study, space)
            study.finish_telling(space)
            yield study
    except BlockingIOError as error:
        msg = (
            f"another driver runs the study in {folder}; wait for it to end, or name another "
            f"folder with --results"
        )
        raise SearchError(msg) from error


def read(name: str, folder: Path) -> Study:
    """Open the study in *folder* to read it; raises SearchError if there is none."""
    if not (folder / JOURNAL).is_file():
        msg = f"there is no study in {folder}; begin one: tox run -e search -- {name} --trials 20"
        raise SearchError(msg)
    return Study(name, folder, _load(name, folder, None))


def _load(name: str, folder: Path, space: Space | None) -> optuna.Study:
    """Load the study called *name*; make it if there is none and *space* says what for."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    path = folder / JOURNAL
    try:
        storage = JournalStorage(Journal(str(path)))
        if space is None or name in optuna.get_all_study_names(storage):
            return optuna.load_study(study_name=name, storage=storage)
    except Exception as error:
        msg = f"{path} is damaged ({error!r}); {CURE}"
        raise SearchError(msg) from error
    directions = ["maximize" if m.better == "higher" else "minimize" for m in space.aims.objectives]
    return optuna.create_study(study_name=name, storage=storage, directions=directions)


def _require_same(study: Study, space: Space) -> None:
    """Raise SearchError if the study was made by another version of *space*."""
    now, then = space.described(), study.facts().get(_SPACE)
    if then is None:
        study.note(_SPACE, now)
        study.note(_AIMS, space.aims.facts())
        study.note(_VARIED, space.headings())
        return
    parts = [part for part in {**then, **now} if then.get(part) != now.get(part)]
    if parts:
        was = {part: (then.get(part, "none"), now.get(part, "none")) for part in parts}
        changes = "; ".join(f"{part} was {old}, is {new}" for part, (old, new) in was.items())
        msg = (
            f"the study in {study.folder} was made by another version of the space: {changes}; "
            f"name another folder with --results, or remove this one"
        )
        raise SearchError(msg)
