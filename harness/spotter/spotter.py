"""The spotter: front-end plus model, clip -> scores -> decision."""

import numpy as np
import numpy.typing as npt

from harness import decisions
from harness.audio import Clip
from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import Frontend, checked
from harness.spotter.model import Model


class Spotter:
    """
    The one callable: the object that is timed is the object whose accuracy is counted.

    Args:
        frontend: Turns a clip into features.
        model: Turns features into scores.
        labels: Words that the scores stand for, in their order.
        task: Words that a decision can be; the other labels never are one.

    """

    def __init__(
        self,
        frontend: Frontend,
        model: Model,
        *,
        labels: tuple[str, ...],
        task: tuple[str, ...],
    ) -> None:
        self.frontend = frontend
        self.model = model
        self.labels = labels
        self.task = task

    def __call__(self, clip: Clip) -> Scores:
        """Return the scores of one clip: int16 ``(16000,)`` in, float32 ``(labels,)`` out."""
        return self.model(self.frontend(clip))

    def decide(self, clip: Clip) -> str | None:
        """
        Return the word of the task with which a clip triggers the operating rule.

        None if the top score does not exceed the rule's threshold, or is that of a
        label outside the task.
        """
        (word,) = decisions.decide(self(clip)[np.newaxis], self.task, self.labels)
        return word

    def score(self, clips: npt.NDArray[np.int16]) -> Scores:
        """
        Return the scores of many clips: float32 ``(clips, labels)``.

        Raises:
            CandidateError: If the front-end raises, or returns anything but features.
            ModelError: If a score is not a number.

        """
        scores = np.empty((len(clips), len(self.labels)), np.float32)
        for index, clip in enumerate(clips):
            scores[index] = self.model(checked(self.frontend, clip, f"clip {index}"))
        broken = np.flatnonzero(~np.isfinite(scores).all(axis=1))
        if broken.size:
            msg = (
                f"the model returns scores that are not finite for {broken.size} of "
                f"{len(clips)} clips; train it again with a lower learning rate"
            )
            raise ModelError(msg)
        return scores
