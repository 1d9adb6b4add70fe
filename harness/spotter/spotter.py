"""The spotter: front-end plus model, clip -> class scores. What is timed is what is scored."""

import numpy as np
import numpy.typing as npt

from harness.audio import Clip
from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import Frontend
from harness.spotter.model import Model


class Spotter:
    """The one callable that accuracy, timing and every report use."""

    def __init__(self, frontend: Frontend, model: Model) -> None:
        self.frontend = frontend
        self.model = model

    def __call__(self, clip: Clip) -> Scores:
        """Scores of one clip: int16 ``(16000,)`` in, float32 ``(labels,)`` out."""
        return self.model(self.frontend(clip))

    def score(self, clips: npt.NDArray[np.int16]) -> Scores:
        """
        Scores of many clips, one after another: float32 ``(clips, labels)``.

        Raises:
            ModelError: If a score is not a number.

        """
        scores = np.stack([self(clip) for clip in clips])
        broken = np.flatnonzero(~np.isfinite(scores).all(axis=1))
        if broken.size:
            msg = (
                f"the model gives scores that are no numbers for {broken.size} of "
                f"{len(clips)} clips; train it again with a lower learning rate"
            )
            raise ModelError(msg)
        return scores
