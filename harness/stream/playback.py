"""Playing a stream to many spotters: what they have in common is computed once."""

from collections.abc import Iterable, Iterator

import numpy as np

from harness.audio import Clip
from harness.decisions import Scores
from harness.errors import ModelError
from harness.frontends.frontend import Features, Frontend
from harness.spotter.spotter import Spotter
from harness.stream.features import Rolling, rolling, stream_features
from harness.stream.scene import Scene
from harness.stream.seconds import Seconds


class Playback:
    """
    A scene and, for each front-end that computes frames one by one, the rows of all frames.

    The scores are those that a :class:`~harness.stream.detector.Detector` takes, bit for bit.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._rows: dict[tuple[Frontend, int], Features] = {}

    def scores(self, spotter: Spotter, hop_samples: int) -> Scores:
        """
        Return the scores of every decision: float32 ``(decisions, labels)``.

        The first is on the first second, each other a hop later.

        Raises:
            CandidateError: If the front-end raises, or returns anything but features.
            ModelError: If a score is not a number.

        """
        rows = [spotter.model(one) for one in self._features(spotter.frontend, hop_samples)]
        scores = np.stack(rows)
        if not np.isfinite(scores).all():
            msg = (
                "the model returns scores that are not finite in a stream; train it again with "
                "a lower learning rate"
            )
            raise ModelError(msg)
        return scores

    def _features(self, frontend: Frontend, hop_samples: int) -> Iterator[Features]:
        how = rolling(frontend, hop_samples)
        if how is None:
            return map(stream_features(frontend, hop_samples), self._seconds(hop_samples))
        key = frontend, hop_samples
        if key not in self._rows:
            self._rows[key] = _all_rows(how, self._seconds(hop_samples))
        rows, frames = self._rows[key], how.framing.frames
        starts = range(0, len(rows) - frames + 1, how.new)
        return (how.frontend.of_rows(rows[start : start + frames]) for start in starts)

    def _seconds(self, hop_samples: int) -> Iterator[Clip]:
        cut = Seconds(hop_samples)
        return (second for block in self.scene.blocks() for second in cut.feed(block))


def _all_rows(how: Rolling, clips: Iterable[Clip]) -> Features:
    """Return the rows of all frames, computed as a detector computes them."""
    parts = [
        how.new_rows(clip) if number else how.frontend.rows(clip)
        for number, clip in enumerate(clips)
    ]
    return np.concatenate(parts)
