"""The spotter: front-end plus model, clip -> scores -> decision. What is timed is scored."""

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
    The one callable that accuracy, timing, streams and every report use.

    Args:
        frontend: Clip to features.
        model: Features to scores.
        labels: Words the scores stand for, in their order.
        task: Words it decides for; the other labels are never decided for.

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
        """Scores of one clip: int16 ``(16000,)`` in, float32 ``(labels,)`` out."""
        return self.model(self.frontend(clip))

    def decide(self, clip: Clip) -> str | None:
        """
        Return the word of the task that the operating rule acts on in one clip.

        None where the top score does not exceed its threshold, or is that of a
        label outside the task.
        """
        (word,) = decisions.decide(self(clip)[np.newaxis], self.task, self.labels)
        return word

    def score(self, clips: npt.NDArray[np.int16]) -> Scores:
        """
        Scores of many clips, one after another: float32 ``(clips, labels)``.

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
                f"the model gives scores that are no numbers for {broken.size} of "
                f"{len(clips)} clips; train it again with a lower learning rate"
            )
            raise ModelError(msg)
        return scores
