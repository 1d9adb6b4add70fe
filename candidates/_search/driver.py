"""The driver: it alone asks and tells the study; workers train, boards measure."""

from typing import Any, Final

from candidates._search.cluster import TRAIN, Crew
from candidates._search.desk import POLL_S, Active, Desk, Step
from candidates._search.keeping import keep_model
from candidates._search.progress import Progress
from candidates._search.rungs import Rungs
from candidates._search.space import Space
from candidates._search.study import Study
from candidates._search.task import Draft, Reached, Task, Trained, Work, WorkerError, code_digest
from candidates._search.trial import FINISHED, Outcome, State, Trial
from harness.candidate.candidate import Candidate
from harness.errors import CandidateError, DatasetError, SearchError
from harness.record.units import MICROSECONDS

MOST_REFUSED: Final = 1_000
"""Candidates in a row that may be refused before a study gives up."""

MOST_FAILED: Final = 20
"""Trials in a row that may fail before a study gives up."""

FATAL: Final = (SearchError, WorkerError, DatasetError)
"""Errors that are no fault of a candidate, and end the run."""

SPEECH: Final = "speech"
"""What a study calls the digest of the speech that it is made with."""


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
        self._desk = Desk(crew, work, space.rungs, progress)
        self._rungs = Rungs(space.aims)
        self._finished = self._refused = self._failed = 0
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
            self._desk.hand_out(lambda: self._ask(wanted))
            self.progress.show(self._finished, len(self._active))
            if not self._active:
                break
            if (done := self._desk.take_in()) is not None:
                self._note(*done)
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
            self.progress.remember(trial)

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
        self._desk.train(active)

    def _ask(self, wanted: int) -> bool:
        """Begin a new trial; False if no more are wanted, or the grid has no point left."""
        if self._finished + len(self._active) >= wanted:
            return False
        trial = self.study.ask(self.space)
        if trial is not None:
            self._begin(trial)
        return trial is not None

    def _note(self, active: Active, step: Step, result: Any) -> None:
        """Note the result of one step, or its error, and see what comes next for the trial."""
        try:
            found = result()
        except FATAL:
            raise
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
        if self._admitted(active):
            (self._desk.measure if times_count else self._desk.train)(active)

    def _admitted(self, active: Active) -> bool:
        """Let a trial go on, unless what is known before its training breaks a limit."""
        broken = [c for c in self.space.aims.constraints if c.excess(active.early)]
        if broken:
            reason = "; ".join(constraint.text(active.early) for constraint in broken)
            outcome = Outcome(
                state="refused", row=active.early, reason=f"before any training, {reason}"
            )
            self._end(active.number, outcome)
        return not broken

    def _trained(self, active: Active, found: Reached | Trained) -> None:
        active.seconds += found.seconds
        active.worker = found.worker
        if isinstance(found, Trained):
            active.trained = found
            self._desk.measure(active)
            return
        active.state = found.state
        active.rungs.append(active.early | found.row)
        self._rungs.reach(active)

    def _measured(self, active: Active, found: dict[str, Any]) -> None:
        if active.trained is None:
            active.early["latency_us"] = found["latency_us"]
            if self._admitted(active):
                self._desk.train(active)
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
                self._desk.train(active, first=True)
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
