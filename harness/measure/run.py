"""One run of the main job: what all of its candidates share, and the candidates themselves."""

from harness.candidate.candidate import Candidate
from harness.candidate.registry import Registry
from harness.datasets import Source
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
        registry: The candidates there are.
        speech: What they are scored on.
        conditions: What they are measured under.
        subjects: Those that were asked for so far, by name.

    """

    def __init__(
        self,
        registry: Registry,
        source: Source,
        profile: Profile,
        machine: Machine,
        *,
        certain: bool = False,
    ) -> None:
        self.registry = registry
        self.speech = Speech(source)
        self.conditions = Conditions(
            profile=profile, machine=machine, facts=board.facts(machine), certain=certain
        )
        self.subjects: dict[str, Subject] = {}

    def subject(self, name: str) -> Subject:
        """Return candidate *name* in this run."""
        return self.subjects.setdefault(name, Subject(name, self, self.conditions))

    def load(self, name: str) -> Candidate:
        """Import the candidate *name*; raises CandidateError."""
        return self.registry.load(name)

    def score(self, candidate: Candidate, name: str) -> Scored:
        """Load its model and score every test clip, see :func:`~harness.measure.scoring.score`."""
        return score(candidate, name, self.registry.folder, self.speech)
