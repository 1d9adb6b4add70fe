"""One run of the main job: its candidates, and what they share."""

from harness.candidate.candidate import Candidate
from harness.candidate.registry import Registry
from harness.measure import board
from harness.measure.machine import Machine
from harness.measure.scoring import Scored, score
from harness.measure.speech import Speech
from harness.measure.subject import Conditions, Subject
from harness.measure.timing import Profile


class Run:
    """
    One run of the main job.

    Attributes:
        registry: All candidates of the package.
        speech: Test clips that the candidates are scored on.
        conditions: Conditions that all candidates are measured under.
        subjects: The candidates of this run so far, by name.

    """

    def __init__(
        self,
        registry: Registry,
        speech: Speech,
        profile: Profile,
        machine: Machine,
        *,
        certain: bool = False,
    ) -> None:
        self.registry = registry
        self.speech = speech
        self.conditions = Conditions(
            profile=profile, machine=machine, facts=board.facts(machine), certain=certain
        )
        self.subjects: dict[str, Subject] = {}

    def subject(self, name: str) -> Subject:
        """Return candidate *name* in this run."""
        return self.subjects.setdefault(name, Subject(name, self, self.conditions))

    def load(self, name: str) -> Candidate:
        """Import the candidate *name*, in a child process first; raises CandidateError."""
        self.registry.try_import(name)
        return self.registry.load(name)

    def score(self, candidate: Candidate, name: str) -> Scored:
        """Load the model and score every test clip, as :func:`~harness.measure.scoring.score`."""
        return score(candidate, name, self.registry, self.speech)
