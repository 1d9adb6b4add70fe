"""How a candidate is trained: plain frozen values that a search can vary."""

import math
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, get_args

from harness.errors import CandidateError

Decay = Literal["cosine", "linear"]
DECAYS: Final = get_args(Decay)

KINDS: Final = ("heard", "unheard", "foreign", "noise")
"""Of clips that are no keyword: what false accepts are counted of."""

LEVELS: Final = (3, 255)
"""Fewest and most values of a weight: int8 has no more."""

_WHAT: Final = {"FalseAccepts": "false accepts"}


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """
    How training clips are varied.

    Attributes:
        shift_ms: Largest shift in time, in milliseconds, either way.
        stretch: Largest change of speed, as a share.
        gain_db: Least and greatest gain in dB; speakers differ by more than 30 dB.
        noise_share: Share of clips that get coloured noise.
        noise_snr_db: Least and greatest signal-to-noise ratio of that noise, in dB.
        narrow_share: Share of clips that lose their high frequencies, as in a recording made at
            a lower sample rate.
        narrow_hz: Least and greatest frequency above which those have nothing, in hertz.
        masked_frames: Longest stretch of frames that is blanked out.
        masked_bins: Broadest band of mel bins that is blanked out.

    """

    version: ClassVar[int] = 2
    """Raised whenever a default or the meaning of a value changes."""

    shift_ms: float = 100
    stretch: float = 0.1
    gain_db: tuple[float, float] = (-30, 6)
    noise_share: float = 0.5
    noise_snr_db: tuple[float, float] = (0, 40)
    narrow_share: float = 0.25
    narrow_hz: tuple[float, float] = (3_400, 7_000)
    masked_frames: int = 3
    masked_bins: int = 2

    def __post_init__(self) -> None:
        for name in ("shift_ms", "masked_frames", "masked_bins"):
            _require(self, name, "0 or more", holds=0 <= getattr(self, name) < math.inf)
        for name in ("gain_db", "noise_snr_db", "narrow_hz"):
            values = getattr(self, name)
            holds = len(values) == 2 and values[0] <= values[1]  # noqa: PLR2004  (a pair)
            _require(self, name, "(least, greatest)", holds=holds)
        _require(self, "stretch", "0 or more and less than 1", holds=0 <= self.stretch < 1)
        for name in ("noise_share", "narrow_share"):
            _require(self, name, "0 to 1", holds=0 <= getattr(self, name) <= 1)
        _require(self, "narrow_hz", "more than 0 hertz", holds=self.narrow_hz[0] > 0)


@dataclass(frozen=True, kw_only=True)
class FalseAccepts:
    """
    Largest shares of validation clips that may trigger the operating rule though no keyword.

    Once a network is trained, and before it is converted, its logits are scaled so that no kind
    of clip triggers the rule more often than this: the strictest rate decides. A kind of which
    there are no clips, or whose rate is None, does not count.

    Attributes:
        heard: Share of clips of words outside the task that training contained.
        unheard: Share of synthetic clips of words that no training contained.
        foreign: The same for people's words in another language.
        noise: Share of clips of noise made by code.

    """

    version: ClassVar[int] = 1
    """Raised whenever a default or the meaning of a value changes."""

    heard: float | None = 0.015
    unheard: float | None = 0.025
    foreign: float | None = 0.025
    noise: float | None = 0.005

    def __post_init__(self) -> None:
        for name in KINDS:
            share = getattr(self, name)
            holds = share is None or 0 < share < 1
            _require(self, name, "more than 0 and less than 1, or None", holds=holds)
        if all(getattr(self, name) is None for name in KINDS):
            msg = "impossible false accepts: no rate is given; name one, or use false_accepts=None"
            raise CandidateError(msg)


@dataclass(frozen=True, kw_only=True)
class Training:
    """
    The training recipe: Adam on categorical cross-entropy.

    Every clip that is no word of the task is an outlier: its target is the same score for
    every label. All shares of outliers are of the number of keyword clips in an epoch, which
    is *repeats* times the clips of people saying the task's words.

    Attributes:
        epochs: Number of epochs.
        batch_size: Clips in a step.
        learning_rate: Learning rate of the first step.
        final_learning_rate: Learning rate at the end of the decay.
        decay: Shape of the decay.
        decay_epochs: Epoch at which the decay ends; None for the last one.
        augmentation: How clips are varied; None for clips as they are, near-silent ones too.
        variants: Varied copies that are made of each keyword clip, for epochs to draw from.
        repeats: How often an epoch draws each keyword clip.
        synthetic: Share of synthetic voices saying the task's words.
        other_words: Share of people, and of synthetic voices, saying other words of the
            data set.
        vocabulary: Share of synthetic voices saying everyday words, phrases, and words that
            sound like the task's.
        cuts: Share of clips that hold a piece of a word, or pieces of two.
        running: Share of seconds cut at any place out of other words said one after another.
        foreign: Share of people speaking another language.
        noise: Share of noise made by code.
        false_accepts: Largest shares of clips that are no keyword and may trigger the rule, to
            which the scores are calibrated; None to leave the scores as they are.
        label_smoothing: Share of the target that is spread over all labels.
        levels: Number of values that the weights of one output channel may take, so that an
            int8 file compresses well; None for no limit.
        pruning_start: Share of the steps after which pruning starts.
        pruning_end: Share of the steps at which the final sparsity is reached.
        initial_sparsity: Sparsity of the first pruning step.
        seed: Seed of initial weights, order and masks.

    """

    version: ClassVar[int] = 2
    """Raised whenever a default or the meaning of a value changes."""

    epochs: int = 40
    batch_size: int = 256
    learning_rate: float = 0.01
    final_learning_rate: float = 1e-5
    decay: Decay = "cosine"
    decay_epochs: float | None = None
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    variants: int = 24
    repeats: int = 8
    synthetic: float = 0.065
    other_words: float = 0.25
    vocabulary: float = 0.25
    cuts: float = 0.15
    running: float = 0.5
    foreign: float = 0.125
    noise: float = 0.1
    false_accepts: FalseAccepts | None = field(default_factory=FalseAccepts)
    label_smoothing: float = 0.0
    levels: int | None = None
    pruning_start: float = 0.2
    pruning_end: float = 0.7
    initial_sparsity: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_numbers()
        _require(self, "decay", " or ".join(DECAYS), holds=self.decay in DECAYS)
        until = self.decay_epochs
        _require(self, "decay_epochs", "more than 0, or None", holds=until is None or until > 0)
        accepts = self.false_accepts
        holds = accepts is None or isinstance(accepts, FalseAccepts)
        _require(self, "false_accepts", "a FalseAccepts(...), or None", holds=holds)
        low, high = LEVELS
        holds = self.levels is None or (isinstance(self.levels, int) and low <= self.levels <= high)
        _require(self, "levels", f"a whole number from {low} to {high}, or None", holds=holds)
        if not 0 <= self.pruning_start < self.pruning_end <= 1:
            msg = (
                f"impossible training: pruning from {self.pruning_start} to {self.pruning_end} "
                f"of the steps; use 0 <= pruning_start < pruning_end <= 1"
            )
            raise CandidateError(msg)

    def _check_numbers(self) -> None:
        counts = ("epochs", "batch_size", "variants", "repeats")
        for name in (*counts, "learning_rate"):
            _require(self, name, "more than 0", holds=getattr(self, name) > 0)
        for name in counts:
            _require(self, name, "a whole number", holds=isinstance(getattr(self, name), int))
        shares = ("synthetic", "other_words", "vocabulary", "cuts", "running", "foreign", "noise")
        for name in ("final_learning_rate", *shares):
            _require(self, name, "0 or more", holds=0 <= getattr(self, name) < math.inf)
        for name in ("label_smoothing", "initial_sparsity"):
            _require(self, name, "0 or more and less than 1", holds=0 <= getattr(self, name) < 1)


def _require(
    values: Augmentation | FalseAccepts | Training, name: str, wanted: str, *, holds: bool
) -> None:
    if not holds:
        what = _WHAT.get(type(values).__name__, type(values).__name__.lower())
        msg = f"impossible {what}: {name}={getattr(values, name)}; use {wanted}"
        raise CandidateError(msg)
