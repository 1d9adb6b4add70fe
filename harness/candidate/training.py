"""How a candidate is trained: plain frozen values that a search can vary."""

import math
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from harness.errors import CandidateError

Decay = Literal["cosine", "linear"]
DECAYS: Final = get_args(Decay)


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """
    How training clips are varied, each time one is drawn.

    Attributes:
        shift_ms: Moved in time by up to this much, either way.
        stretch: Played slower or faster by up to this share.
        gain_db: Least and greatest gain: speakers differ by more than 30 dB.
        noise_share: Share of clips that get coloured noise.
        noise_snr_db: Least and greatest signal-to-noise ratio of that noise.
        masked_frames: Longest stretch of frames blanked out.
        masked_bins: Broadest band of mel bins blanked out.

    """

    shift_ms: float = 100
    stretch: float = 0.1
    gain_db: tuple[float, float] = (-30, 6)
    noise_share: float = 0.5
    noise_snr_db: tuple[float, float] = (10, 40)
    masked_frames: int = 3
    masked_bins: int = 2

    def __post_init__(self) -> None:
        for name in ("shift_ms", "masked_frames", "masked_bins"):
            _require(self, name, "0 or more", holds=0 <= getattr(self, name) < math.inf)
        for name in ("gain_db", "noise_snr_db"):
            values = getattr(self, name)
            holds = len(values) == 2 and values[0] <= values[1]  # noqa: PLR2004  (a pair)
            _require(self, name, "(least, greatest)", holds=holds)
        _require(self, "stretch", "0 or more and less than 1", holds=0 <= self.stretch < 1)
        _require(self, "noise_share", "0 to 1", holds=0 <= self.noise_share <= 1)


@dataclass(frozen=True, kw_only=True)
class Training:
    """
    The training recipe: Adam on categorical cross-entropy.

    Attributes:
        epochs: Passes over the training clips.
        batch_size: Clips a step.
        learning_rate: At the first step.
        final_learning_rate: At the end of the decay.
        decay: Shape of the way from the one to the other.
        decay_epochs: When the decay ends; None for the last epoch.
        augmentation: None to train on the clips as they are, near-silent ones too.
        synthetic: Clips of synthetic voices in an epoch, as a share of the
            real ones: drawn anew each epoch.
        other_words: Clips of words outside the task in an epoch, as a share of
            the task's own; their target is the same score for every label.
        noise: The same for clips of noise made by code.
        false_accepts: Share of the validation split's other words that the
            operating rule is to act on: once trained, a model's scores are
            sharpened or softened to that end; None to leave them as they are.
        label_smoothing: Share of the target spread over all labels.
        pruning_start: Share of the steps after which pruning begins.
        pruning_end: Share of the steps at which the final sparsity is reached.
        initial_sparsity: At the first pruning step.
        seed: Of initial weights, order and augmentation.

    """

    epochs: int = 50
    batch_size: int = 32
    learning_rate: float = 0.005
    final_learning_rate: float = 1e-5
    decay: Decay = "cosine"
    decay_epochs: float | None = None
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    synthetic: float = 0.25
    other_words: float = 1.0
    noise: float = 0.1
    false_accepts: float | None = 0.015
    label_smoothing: float = 0.0
    pruning_start: float = 0.2
    pruning_end: float = 0.7
    initial_sparsity: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "learning_rate"):
            _require(self, name, "more than 0", holds=getattr(self, name) > 0)
        for name in ("epochs", "batch_size"):
            _require(self, name, "a whole number", holds=isinstance(getattr(self, name), int))
        _require(self, "decay", " or ".join(DECAYS), holds=self.decay in DECAYS)
        until = self.decay_epochs
        _require(self, "decay_epochs", "more than 0, or None", holds=until is None or until > 0)
        for name in ("final_learning_rate", "synthetic", "other_words", "noise"):
            _require(self, name, "0 or more", holds=0 <= getattr(self, name) < math.inf)
        for name in ("label_smoothing", "initial_sparsity"):
            _require(self, name, "0 or more and less than 1", holds=0 <= getattr(self, name) < 1)
        share = self.false_accepts
        _require(
            self,
            "false_accepts",
            "more than 0 and less than 1, or None",
            holds=share is None or 0 < share < 1,
        )
        if not 0 <= self.pruning_start < self.pruning_end <= 1:
            msg = (
                f"impossible training: pruning from {self.pruning_start} to {self.pruning_end} "
                f"of the steps; use 0 <= pruning_start < pruning_end <= 1"
            )
            raise CandidateError(msg)


def _require(values: Augmentation | Training, name: str, wanted: str, *, holds: bool) -> None:
    if not holds:
        what = type(values).__name__.lower()
        msg = f"impossible {what}: {name}={getattr(values, name)}; use {wanted}"
        raise CandidateError(msg)
