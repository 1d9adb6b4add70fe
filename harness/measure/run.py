"""One run of the main job: its candidates, and what they share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

from harness import children
from harness.candidate.candidate import Candidate
from harness.candidate.registry import Registry
from harness.measure.scoring import Scored, Trial, model_of
from harness.measure.speech import Speech
from harness.measure.subject import Conditions, Subject


class Run:
    """
    One run of the main job.

    Attributes:
        registry: All candidates of the package.
        speech: Test clips that the candidates are scored on.
        conditions: Conditions that all candidates are measured under.
        names: The candidates of this run, in the order that they are measured in.
        subjects: Those of them that were asked for so far, by name.

    """

    def __init__(
        self, registry: Registry, speech: Speech, conditions: Conditions, names: Iterable[str]
    ) -> None:
        self.registry = registry
        self.speech = speech
        self.conditions = conditions
        self.names = tuple(dict.fromkeys(names))
        self._trials: dict[str, Trial] = {}
        self.subjects: dict[str, Subject] = {}

    def subject(self, name: str) -> Subject:
        """Return candidate *name* in this run."""
        return self.subjects.setdefault(name, Subject(name, self, self.conditions))

    def load(self, name: str) -> Candidate:
        """Import the candidate *name*, in a child process first; raises CandidateError."""
        self.registry.try_import(name)
        return self.registry.load(name)

    def score(self, candidate: Candidate, name: str) -> Scored:
        """
        Load the model and score every test clip; raises what :class:`Trial` does.

        While this process is busy with the stream, a child process tries the next candidate.
        """
        trial = self._trials.pop(name, None) or self._trial(candidate, name)
        return trial.scored(self._trying_the_next(name))

    def _trial(self, candidate: Candidate, name: str) -> Trial:
        return Trial(candidate, name, model_of(candidate, name, self.registry), self.speech)

    @contextmanager
    def _trying_the_next(self, name: str) -> Iterator[None]:
        """Begin the trial of the candidate after *name* if a core is free, and wait for its end."""
        following = dict(pairwise(self.names)).get(name)
        if following is not None and len(children.CORES) > 1:
            # Whatever is wrong with it is told when its turn comes.
            with suppress(Exception):
                self._trials[following] = self._trial(self.load(following), following)
        yield
        if following in self._trials:
            self._trials[following].wait()
