"""The driver: it alone asks and tells the study; workers train, boards measure."""

import os
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from candidates._search.cluster import BOARD, TRAIN, Crew
from candidates._search.keeping import keep_model
from candidates._search.progress import Progress
from candidates._search.rungs import Rungs
from candidates._search.space import Space
from candidates._search.study import FINISHED, Outcome, State, Study, Trial
from candidates._search.task import Draft, Reached, Task, Trained, Work, WorkerError, code_digest
from harness.candidate.candidate import Candidate
from harness.candidate.card import english_words
from harness.errors import CandidateError, DatasetError, SearchError
from harness.record.units import MICROSECONDS

MOST_REFUSED: Final = 1_000
"""Candidates in a row that may be refused before a study gives up."""

MOST_FAILED: Final = 20
"""Trials in a row that may fail before a study gives up."""

SPEECH: Final = "speech"
"""What a study calls the digest of the speech that it is made with."""

POLL_S: Final = 0.5
Step = Literal["draft", "train", "measure"]


@dataclass(kw_only=True)
class Active:
    """
    A trial that has begun and not ended.

    Attributes:
        number: Its number.
        task: What workers are told of it.
        draft: Its network before any training.
        early: What that tells: its size, and its times if they count.
        rungs: Its row at each rung that it has reached.
        state: Its training, to go on from.
        trained: Its training when it has ended.
        worker: Machine that trained it last.
        seconds: Time that its training took so far.

    """

    number: int
    task: Task
    draft: bytes | None = None
    early: dict[str, Any] = field(default_factory=dict)
    rungs: list[dict[str, Any]] = field(default_factory=list)
    state: bytes | None = None
    trained: Trained | None = None
    worker: str = ""
    seconds: float = 0.0


class Driver:
    """
    Runs a study until it holds a number of finished trials.

    Attributes:
        study: The study, open for this driver.
        space: Its space.
        crew: Workers and boards.
        work: What they run.
        progress: Where to tell how far it is.

    """

    def __init__(
        self, study: Study, space: Space, crew: Crew, work: Work, progress: Progress
    ) -> None:
        self.study, self.space, self.crew, self.work = study, space, crew, work
        self.progress = progress
        self._speech = ""
        self._active: dict[int, Active] = {}
        self._to_train: list[Active] = []
        self._to_measure: list[Active] = []
        self._rungs = Rungs(space.aims)
        self._training = self._finished = self._refused = self._failed = 0
        self._reason = ""

    def run(self, wanted: int) -> None:
        """
        Go on with the study until it holds *wanted* finished trials.

        Raises:
            SearchError: If too many candidates in a row are refused or fail, or the cluster
                cannot go on.

        """
        self.crew.require_able()
        self._speech = self._settle_speech()
        self._resume()
        while True:
            self._decide()
            self._measure()
            self._train(wanted)
            self.progress.show(self._finished, len(self._active))
            if not self._active:
                break
            self._take_in()
        if not self._finished:
            msg = f"no trial finished; the last ended because: {self._reason}; change the space"
            raise SearchError(msg)

    def task(self, name: str, candidate: Candidate) -> Task:
        """Return what workers are told of *candidate*."""
        code, speech = code_digest(), self._speech
        return Task(name=name, candidate=candidate, base=self.space.base, code=code, speech=speech)

    def _settle_speech(self) -> str:
        """Return the digest of the study's speech, which its first worker ever names."""
        self.crew.submit(TRAIN, None, self.work.speech, self.space.base)
        while (done := self.crew.wait(POLL_S)) is None:
            self.progress.say("reading speech")
        found: str = done[1]()
        if self.study.facts().get(SPEECH, found) != found:
            msg = (
                f"the study in {self.study.folder} was made with other speech; use the same "
                f"archives, or name another folder with --results"
            )
            raise SearchError(msg)
        self.study.note(SPEECH, found)
        return found

    def _resume(self) -> None:
        """Take in the trials that ended before, and begin again those that did not."""
        for trial in self.study.trials():
            if trial.state == "running":
                self._begin(trial)
                continue
            self._finished += trial.state in FINISHED
            self._rungs.remember(trial.number, trial.outcome.rungs)

    def _begin(self, trial: Trial) -> None:
        if trial.point.keys() != self.space.vary.keys():
            reason = "its driver ended while its values were chosen"
            self._end(trial.number, Outcome(state="refused", reason=reason))
            return
        try:
            candidate = self.space.candidate(trial.point)
        except CandidateError as error:
            self._end(trial.number, Outcome(state="refused", reason=str(error)))
            return
        active = Active(number=trial.number, task=self.task(f"trial {trial.number}", candidate))
        self._active[trial.number] = active
        self._to_train.append(active)

    def _train(self, wanted: int) -> None:
        """Give each worker that is free something to do, trials that have begun first."""
        while self._training < self._free_slots():
            while not self._to_train:
                if self._finished + len(self._active) >= wanted:
                    return
                trial = self.study.ask(self.space)
                if trial is None:  # the grid has no point left
                    return
                self._begin(trial)
            self._submit(self._to_train.pop(0))

    def _free_slots(self) -> int:
        """Return how many trainings may run: one fewer while a model waits for a core of ours."""
        slots = self.crew.count(TRAIN)
        waiting = bool(self._to_measure) and self.crew.shares_machine
        return min(slots, _cores() - 1) if waiting else slots

    def _submit(self, active: Active) -> None:
        self._training += 1
        if active.draft is None:
            self.crew.submit(TRAIN, (active, "draft"), self.work.draft, active.task)
            return
        epochs = active.task.candidate.training.epochs
        until = max(1, round(self.space.rungs[len(active.rungs)] * epochs))
        what, train = (active, "train"), self.work.train
        self.crew.submit(TRAIN, what, train, active.task, until, active.state)

    def _measure(self) -> None:
        """Give models that wait to a board, or measure them here when a core is free."""
        if self.crew.count(BOARD):
            for active in self._to_measure:
                what = (active, "measure")
                self.crew.submit(BOARD, what, self.work.measure, *self._model_of(active))
            self._to_measure.clear()
        while self._to_measure and not self._core_is_taken():
            active = self._to_measure.pop(0)
            self.progress.say(f"measuring {active.task.name} here")
            self._note(active, "measure", lambda a=active: self.work.measure(*self._model_of(a)))

    def _core_is_taken(self) -> bool:
        return self.crew.shares_machine and self._training >= _cores()

    def _model_of(self, active: Active) -> tuple[Task, bytes, frozenset[str]]:
        """Return what to measure of a trial: its model, or its draft as long as it has none."""
        if active.trained is None:
            return active.task, active.draft or b"", frozenset()
        return active.task, active.trained.model, english_words(active.trained.card["heard"])

    def _take_in(self) -> None:
        """Wait a while for a result, and note it."""
        done = self.crew.wait(POLL_S)
        if done is not None:
            (active, step), result = done
            if step != "measure":
                self._training -= 1
            self._note(active, step, result)

    def _note(self, active: Active, step: Step, result: Any) -> None:
        """Note the result of one step, or its error, and see what comes next for the trial."""
        try:
            found = result()
        except (SearchError, WorkerError, DatasetError):
            raise  # no fault of the candidate
        except CandidateError as error:
            state: State = "refused" if step == "draft" else "failed"
            self._drop(active, state, str(error))
        except Exception as error:  # noqa: BLE001  (whatever it is, the others go on)
            self._drop(active, "failed", f"{type(error).__name__}: {error}")
        else:
            match step:
                case "draft":
                    self._drafted(active, found)
                case "train":
                    self._trained(active, found)
                case "measure":
                    self._measured(active, found)

    def _drafted(self, active: Active, found: Draft) -> None:
        size = {"raw_bytes": len(found.model), "zipped_bytes": found.zipped_bytes}
        active.draft, active.early = found.model, {"size": size}
        times_count = any(metric.unit is MICROSECONDS for metric in self.space.aims.objectives)
        self._admit(active, self._to_measure if times_count else self._to_train)

    def _admit(self, active: Active, queue: list[Active]) -> None:
        """Let a trial go on, unless what is known before its training breaks a limit."""
        broken = [c for c in self.space.aims.constraints if c.excess(active.early)]
        if broken:
            reason = "; ".join(constraint.text(active.early) for constraint in broken)
            outcome = Outcome(
                state="refused", row=active.early, reason=f"before any training, {reason}"
            )
            self._end(active.number, outcome)
        else:
            queue.append(active)

    def _trained(self, active: Active, found: Reached | Trained) -> None:
        active.seconds += found.seconds
        active.worker = found.worker
        if isinstance(found, Trained):
            active.trained = found
            self._to_measure.append(active)
            return
        active.state = found.state
        active.rungs.append(active.early | found.row)
        self._rungs.reach(active)

    def _measured(self, active: Active, found: dict[str, Any]) -> None:
        if active.trained is None:
            active.early["latency_us"] = found["latency_us"]
            self._admit(active, self._to_train)
            return
        row = found | {"validation": active.trained.row["validation"]}
        lacking = [m.name for m in self.space.aims.objectives if m.value(row) is None]
        if lacking:
            self._drop(active, "failed", f"it was measured without {', '.join(lacking)}")
            return
        keep_model(self.study.folder, active.number, active.trained, round(active.seconds, 1))
        self._end(active.number, self._outcome(active, "completed", row=row))

    def _decide(self) -> None:
        """Stop trials at their rungs, or let them go on."""
        for trial, goes_on in list(self._rungs.decided(self._active.values())):
            active = self._active[trial.number]
            if goes_on:
                self._to_train.insert(0, active)
            else:
                self._end(active.number, self._outcome(active, "stopped"))

    def _drop(self, active: Active, state: State, reason: str) -> None:
        self._end(active.number, self._outcome(active, state, reason=reason))

    def _outcome(self, active: Active, state: State, **more: Any) -> Outcome:
        return Outcome(
            state=state,
            rungs=active.rungs,
            worker=active.worker,
            seconds=round(active.seconds, 1),
            **more,
        )

    def _end(self, number: int, outcome: Outcome) -> None:
        """Tell the study what a trial came to."""
        self._active.pop(number, None)
        trial = self.study.tell(self.space, number, outcome)
        self.progress.note(trial)
        self._finished += outcome.state in FINISHED
        self._refused = self._refused + 1 if outcome.state == "refused" else 0
        self._failed = self._failed + 1 if outcome.state == "failed" else 0
        self._reason = outcome.reason
        for count, most, what in (
            (self._refused, MOST_REFUSED, "candidates in a row were refused"),
            (self._failed, MOST_FAILED, "trials in a row failed"),
        ):
            if count >= most:
                msg = f"{most:,} {what}, the last because: {outcome.reason}; change the space"
                raise SearchError(msg)


def _cores() -> int:
    return os.cpu_count() or 1
