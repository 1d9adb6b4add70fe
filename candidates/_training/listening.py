"""Choosing the trigger of a model by a stream of validation clips."""

from dataclasses import replace
from typing import Any, Final

from candidates._training.heard import other_words, unheard_foreign
from candidates._training.sources import Sources
from harness.candidate.candidate import Candidate
from harness.candidate.trigger import Trigger
from harness.datasets.espeak.sentences import overheard
from harness.errors import DatasetError
from harness.spotter.loading import make_spotter
from harness.spotter.spotter import Spotter
from harness.stream.evaluation import listen
from harness.stream.material import SLOT_S, Clips, Material, no_clips
from harness.stream.playback import Playback
from harness.stream.scene import Made, Scene

MEANS: Final = (1, 2, 3, 4, 5)
"""Numbers of decisions to average over that are tried."""

WORTH: Final = 0.002
"""Share of words that may be missed more for one false accept per hour less."""

_SEED: Final = 2
_HOUR_S: Final = 3_600


def trigger_for(candidate: Candidate, name: str, data: bytes, sources: Sources) -> dict[str, Any]:
    """
    Return what the card of a model says of its trigger: what was chosen by :func:`chosen_trigger`.

    Args:
        candidate: One that states its own trigger has nothing chosen: the result is empty.
        name: Name of the candidate.
        data: Contents of its ``.tflite`` file.
        sources: Where validation clips come from.

    Raises:
        DatasetError, AudioError: If they are missing or damaged.

    """
    if candidate.trigger is not None:
        return {}
    scene = validation_scene(candidate, sources)
    return chosen_trigger(make_spotter(candidate, name, data), scene)


def chosen_trigger(spotter: Spotter, scene: Scene) -> dict[str, Any]:
    """
    Return the number of decisions to average over, and what each number comes to.

    The threshold stays that of the operating rule, to which the scores are calibrated. A mean of
    more decisions brings fewer false accepts and misses more words; WORTH weighs the two.
    """
    hours = sum(scene.background_s.values()) / _HOUR_S
    listened, tried = listen(Playback(scene), spotter, Trigger()), {}
    for mean_of in MEANS:
        outcome = replace(listened, trigger=Trigger(mean_of=mean_of)).outcome
        tried[mean_of] = {
            "false_accepts_per_hour": round(outcome.accepted / hours, 2),
            "missed": round(outcome.missed / outcome.keywords, 4),
        }

    def cost(mean_of: int) -> float:
        one = tried[mean_of]
        return one["missed"] + WORTH * one["false_accepts_per_hour"]

    return {
        "mean_of": min(MEANS, key=cost),
        "tried": {str(mean_of): one for mean_of, one in tried.items()},
        "digest": scene.digest,
    }


def validation_scene(candidate: Candidate, sources: Sources) -> Scene:
    """
    Return a stream of validation clips.

    Where that of the test has digits, it has foreign words that were kept out of training.
    """
    task = sources.people.load(candidate.words, "validation")
    words = other_words(sources.people, candidate.words, "validation")
    foreign = unheard_foreign(sources.foreign)
    material = Material(
        keywords=task.clips,
        spoken=task.words,
        words=sources.people.load(words, "validation").clips if words else no_clips(),
        digits=foreign.clips if foreign else no_clips(),
        sentences=_sentences(candidate, sources),
        seed=_SEED,
    )
    return Scene(Made(material))


def _sentences(candidate: Candidate, sources: Sources) -> Clips:
    try:
        return overheard(sources.cache, candidate.words, "validation")
    except DatasetError as error:
        print(f"the trigger is chosen without sentences: {error}")
        return no_clips(SLOT_S)
