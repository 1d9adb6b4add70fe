"""
Everyday sentences said by synthetic voices: talk that a spotter overhears and must not act on.

Nothing is trained on them. Sentences and voices are both those of one split.
"""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from harness.audio import CLIP_SAMPLES, amplitude
from harness.datasets.espeak.clips import to_speech
from harness.datasets.espeak.kept import Clips, edition, read_or_make
from harness.datasets.espeak.lists import without
from harness.datasets.espeak.process import variants
from harness.datasets.espeak.vocabulary import NAME, plan, spoken
from harness.datasets.noise import to_int16

SECONDS: Final = 3
"""Length of every utterance: silence follows a shorter one, and a longer one is cut."""

TAKES: Final = 10
"""Times each sentence is said, each time by a voice drawn anew."""

LEVEL_DBFS: Final = (-40.0, -18.0)
"""Of the speech, as a root mean square while it lasts."""

_FILE: Final = Path(__file__).with_name("sentences.txt")
_VALIDATION: Final = 3
"""One sentence in as many is for validation, the others are for test."""


@cache
def sentences(split: str) -> tuple[str, ...]:
    """Return the sentences of *split*, ``validation`` or ``test``."""
    texts = _FILE.read_text(encoding="utf-8").splitlines()
    chosen = [i % _VALIDATION == 0 for i in range(len(texts))]
    wanted = {"validation": True, "test": False}[split]
    return tuple(text for text, mine in zip(texts, chosen, strict=True) if mine == wanted)


def overheard(folder: Path, task: tuple[str, ...], split: str) -> Clips:
    """
    Return utterances of the sentences of *split* that hold no word of *task*.

    Args:
        folder: The cache; all sentences of the split are spoken if they are not in it.
        task: Words of the task.
        split: ``validation`` or ``test``.

    Returns:
        int16 ``(utterances, SECONDS * 16000)``: each sentence once, then each once more.

    Raises:
        DatasetError: If eSpeak NG is not there or fails, or the cache cannot be written.

    """
    texts, samples = sentences(split), SECONDS * CLIP_SAMPLES
    name = f"{split} sentences"

    def make() -> Clips:
        utterances = plan(texts, split, variants(), TAKES)
        return spoken(utterances, name, _placed, samples).reshape(-1, CLIP_SAMPLES)

    file = folder / NAME / edition() / f"{split}-sentences.clips"
    clips = read_or_make(file, TAKES * len(texts) * SECONDS, make)
    said = clips.reshape(len(texts), TAKES, samples)
    kept = [texts.index(text) for text in without(texts, task)]
    return said[kept].swapaxes(0, 1).reshape(-1, samples)


def _placed(said: Clips, rng: np.random.Generator) -> Clips:
    speech = to_speech(said)[: SECONDS * CLIP_SAMPLES]
    level = amplitude(rng.uniform(*LEVEL_DBFS))
    placed = np.zeros(SECONDS * CLIP_SAMPLES, np.float32)
    placed[: speech.size] = speech * (level / np.sqrt(np.mean(speech**2)))
    return to_int16(placed)
