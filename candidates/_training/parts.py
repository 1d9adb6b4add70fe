"""From the speech of a training to its parts: which clips, how many variants, drawn how often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from candidates._training.cuts import cut
from candidates._training.heard import Heard
from candidates._training.running import running
from harness.audio import Clip, amplitude
from harness.candidate.candidate import Candidate
from harness.candidate.training import Training
from harness.datasets import Dataset
from harness.datasets.noise import MAINS_HZ, clicks, coloured_noise, hum, to_int16
from harness.files import sha256
from harness.stream.sounds import music

Clips = npt.NDArray[np.int16]
Labels = npt.NDArray[np.intp]

OUTLIER: Final = -1
"""In place of a label: a clip that is no word of the task."""

AUDIBLE_PEAK: Final = 100
"""Of 32,768: in a clip that stays below nobody can be heard; the archives hold about 1 %."""

FEWER: Final = 6
"""Real clips of other words have as many times fewer variants: there are more of them."""

CUTS: Final = 3_000
"""Cut clips at most, and clips of noise: enough for epochs to differ."""

RUNNING: Final = 6_000
"""Seconds of running speech, the same number of each source."""

NOISES: Final = 1_500
_QUIETEST_DBFS, _LOUDEST_DBFS = -90, -10
_KINDS_OF_NOISE: Final = ("clicks", "hum", "coloured", "coloured", "tones", "tones")
_PITCHES_HZ: Final = (70, 2_000)
_PITCHES: Final = 5
_SEED: Final = 1

_CUT: Final = ("keywords", "other words")
_RUN_TOGETHER: Final = ("other words", "vocabulary", "foreign words")
"""Names of the parts that pieces of words, and running speech, are made from."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    Training clips of one kind.

    Attributes:
        name: What to call them.
        clips: int16 ``(clips, CLIP_SAMPLES)``.
        labels: Index of each clip's label, or OUTLIER.
        drawn: How many clips an epoch draws.
        variants: Varied copies made of each clip.

    """

    name: str
    clips: Clips
    labels: Labels
    drawn: int
    variants: int = 1


def parts_of(candidate: Candidate, heard: Heard) -> tuple[Part, ...]:
    """Return the parts of a training, the task's first; none is empty."""
    return tuple(part for part in _parts(candidate, heard) if part.drawn and len(part.clips))


def _parts(candidate: Candidate, heard: Heard) -> Iterator[Part]:
    recipe = candidate.training
    task = _task(candidate, heard.task)
    said = [task, *_said(candidate, heard, task.drawn)]
    yield from said
    yield from _made(recipe, {part.name: part.clips for part in said}, task.drawn)


def _said(candidate: Candidate, heard: Heard, keywords: int) -> Iterator[Part]:
    """Yield what voices say, but for people saying the task's words."""
    recipe = candidate.training
    few = max(1, recipe.variants // FEWER)
    outliers = [
        ("other words", heard.others, recipe.other_words * keywords, few),
        (
            *("synthetic other words", heard.synthetic_others),
            *(recipe.other_words * recipe.synthetic * keywords, 1),
        ),
        ("vocabulary", heard.vocabulary, recipe.vocabulary * keywords, min(2, few)),
        ("foreign words", heard.foreign, recipe.foreign * keywords, few),
    ]
    if heard.synthetic is not None:
        yield _synthetic(candidate, heard.synthetic, recipe.synthetic * keywords)
    for name, dataset, drawn, variants in outliers:
        if dataset is not None:
            clips = dataset.clips[usable(dataset, recipe)]
            yield _outliers(name, clips, drawn, variants)


def _task(candidate: Candidate, dataset: Dataset) -> Part:
    chosen, recipe = usable(dataset, candidate.training), candidate.training
    return Part(
        name="keywords",
        clips=dataset.clips[chosen],
        labels=_labels(candidate, dataset)[chosen],
        drawn=recipe.repeats * len(chosen),
        variants=recipe.variants,
    )


def _synthetic(candidate: Candidate, dataset: Dataset, drawn: float) -> Part:
    chosen = usable(dataset, candidate.training)
    return Part(
        name="synthetic keywords",
        clips=dataset.clips[chosen],
        labels=_labels(candidate, dataset)[chosen],
        drawn=round(drawn),
        variants=min(2, candidate.training.variants),
    )


def _made(recipe: Training, said: Mapping[str, Clips], keywords: int) -> Iterator[Part]:
    """Yield what is made by code; *said* are the clips of voices, by the name of their part."""
    few = max(1, recipe.variants // FEWER)
    if recipe.cuts:
        clips = np.concatenate([said[name] for name in _CUT if name in said])
        pieces = cut(clips, min(CUTS, len(clips)), np.random.default_rng(_SEED))
        yield _outliers("cut words", pieces, recipe.cuts * keywords, min(2, few))
    spoken = [said[name] for name in _RUN_TOGETHER if name in said]
    if recipe.running and spoken:
        rng = np.random.default_rng(_SEED)
        clips = np.concatenate([running(one, RUNNING // len(spoken), rng) for one in spoken])
        yield _outliers("running speech", clips, recipe.running * keywords, min(2, few))
    if recipe.noise:
        rng = np.random.default_rng(_SEED)
        clips = np.stack([noise(rng) for _ in range(NOISES)])
        yield _outliers("noise", clips, recipe.noise * keywords, 1)


def _outliers(name: str, clips: Clips, drawn: float, variants: int) -> Part:
    labels = np.full(len(clips), OUTLIER, np.intp)
    return Part(name=name, clips=clips, labels=labels, drawn=round(drawn), variants=variants)


def _labels(candidate: Candidate, dataset: Dataset) -> Labels:
    return np.array([candidate.labels.index(word) for word in dataset.words], np.intp)


def usable(dataset: Dataset, recipe: Training) -> Labels:
    """
    Return the indices of clips to learn from: those that are no copy of an earlier one.

    Near-silent ones are left out, too, unless the recipe wants clips as they are.
    """
    first = {sha256(clip.tobytes()): i for i, clip in reversed(list(enumerate(dataset.clips)))}
    distinct = sorted(first.values())
    if recipe.augmentation is not None:
        distinct = [i for i in distinct if _peak(dataset.clips[i]) >= AUDIBLE_PEAK]
    return np.array(distinct, np.intp)


def _peak(clip: Clip) -> int:
    return max(int(clip.max()), -int(clip.min()))


def noise(rng: np.random.Generator) -> Clip:
    """Return a second of noise or tones made by code, from a whisper to speech in loudness."""
    level = amplitude(rng.uniform(_QUIETEST_DBFS, _LOUDEST_DBFS))
    kind = _KINDS_OF_NOISE[rng.integers(len(_KINDS_OF_NOISE))]
    if kind == "tones":
        samples = music(rng, 1, _pitches(rng))
    elif kind == "clicks":
        samples = clicks(rng)
    elif kind == "hum":
        samples = hum(rng, rng.choice(MAINS_HZ))
    else:
        samples = coloured_noise(rng, rng.uniform(0, 2.5))
    return to_int16(samples * np.float32(level))


def _pitches(rng: np.random.Generator) -> list[float]:
    """Return some pitches of no scale, in hertz, evenly likely in each octave."""
    low, high = np.log(_PITCHES_HZ)
    pitches: list[float] = np.exp(rng.uniform(low, high, _PITCHES)).tolist()
    return pitches
