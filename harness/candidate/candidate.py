"""What a candidate is: data that is checked on construction. Its name is that of its file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

from harness.candidate.budget import GO_STOP, GO_STOP_BUDGET, Budget
from harness.candidate.training import Training
from harness.candidate.trigger import Trigger
from harness.errors import CandidateError
from harness.frontends.frontend import Frontend, require_frontend
from harness.frontends.log_mel import LogMel
from harness.record.metrics import limited
from harness.text import LONGEST_NAME, name_fault, printable

Quantization = Literal["float32", "dynamic", "int8"]
QUANTIZATIONS: Final = get_args(Quantization)


class Network(Protocol):
    """Builds a Keras model; it is passed the Keras module, as candidates do not import Keras."""

    def __call__(self, keras: Any, input_shape: Any, labels: tuple[str, ...]) -> Any:
        """
        Return a model: ``(*input_shape, 1)`` in, a softmax over *labels* out.

        Args:
            keras: The Keras module.
            input_shape: Shape of the front-end's features; some networks need two axes.
            labels: Words that the outputs stand for, in their order.

        """
        ...


@dataclass(frozen=True, kw_only=True)
class ReadyModel:
    """
    A ``.tflite`` file made elsewhere, measured beside those trained here.

    Attributes:
        path: Path of the file, relative to the folder of the candidates.
        sha256: SHA-256 of the file in hexadecimal, so that no other one is measured
            in its place. Where it is missing, the error on loading prints it.
        heard: English words, other than its labels, that its training contained, if known.

    Raises:
        CandidateError: If the path is not that of a file, or another value not what it should be.

    """

    path: str
    sha256: str | None = None
    heard: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.path, str) or not self.path or printable(self.path) != self.path:
            self._refuse("path", "a string, relative to the folder of the candidates")
        if not isinstance(self.sha256, str | None):
            self._refuse("sha256", "a string of hexadecimal digits, or leave it out")
        if not isinstance(self.heard, tuple) or any(map(name_fault, self.heard)):
            self._refuse("heard", "a tuple of words")

    def _refuse(self, field: str, wanted: str) -> None:
        msg = f"impossible ready model: {field}={getattr(self, field)!r}; use {wanted}"
        raise CandidateError(msg)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """
    A front-end, a network, a training recipe, a compression and a budget.

    Attributes:
        network: Builder of a Keras model, or a ready model.
        frontend: Front-end, one of the harness or one that the candidate defines.
        training: Training recipe; a ready model does not use it.
        sparsity: Share of zeros that pruning leaves in ordinary convolutions.
        quantization: ``float32``, ``dynamic`` (int8 weights) or ``int8`` throughout.
        rounded_scales: Whether weight scales of an int8 model are rounded to 8 bits of mantissa
            and its biases to an eighth of an output step, which zips better and is nearly exact.
        labels: Words that the model's outputs stand for, in their order.
        task: Words that the candidate is judged on; None for all labels. The other
            labels are always wrong answers.
        budget: Limits; None for the common ones of go/stop. Another task needs its own.
        trigger: When it acts on continuous audio; None for the trigger that its training
            chose, or the common one.
        misses: Names of the metrics whose limits are known to be missed, by data set. On
            that data set the candidate fails if it misses another limit, or beats one of
            these.

    """

    network: Network | ReadyModel
    frontend: Frontend = field(default_factory=LogMel)
    training: Training = field(default_factory=Training)
    sparsity: float = 0.0
    quantization: Quantization = "float32"
    rounded_scales: bool = False
    labels: tuple[str, ...] = GO_STOP
    task: tuple[str, ...] | None = None
    budget: Budget | None = None
    trigger: Trigger | None = None
    misses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_types()
        if not 0 <= self.sparsity < 1:
            self._refuse(f"sparsity={self.sparsity}", "a share from 0 to below 1")
        if self.training.levels is not None and self.sparsity:
            fault = f"levels={self.training.levels} with sparsity={self.sparsity}"
            self._refuse(fault, "one of them: few levels hold zeros, too")
        if self.quantization not in QUANTIZATIONS:
            self._refuse(f"quantization={self.quantization!r}", " or ".join(QUANTIZATIONS))
        self._check_words("labels", self.labels)
        if len(set(self.labels)) != len(self.labels) or len(self.labels) < 2:  # noqa: PLR2004
            self._refuse(f"labels={self.labels}", "two or more different words")
        if self.task is not None:
            self._check_words("task", self.task)
        else:
            object.__setattr__(self, "task", self.labels)
        if not set(self.words) <= set(self.labels):
            self._refuse(f"task={self.task}", f"words among labels={self.labels}")
        self._check_misses()
        self._settle_budget()

    @property
    def words(self) -> tuple[str, ...]:
        """Words that the candidate is judged on."""
        return self.task or self.labels

    @property
    def limits(self) -> Budget:
        """Budget that the candidate is judged by."""
        if self.budget is None:
            raise AssertionError  # settled on construction
        return self.budget

    def _check_types(self) -> None:
        require_frontend(self.frontend)
        if not isinstance(self.training, Training):
            self._refuse(f"training is of type {type(self.training).__name__}", "a Training(...)")
        if self.trigger is not None and not isinstance(self.trigger, Trigger):
            fault = f"trigger is of type {type(self.trigger).__name__}"
            self._refuse(fault, "a Trigger(...), or None")
        if not callable(self.network) and not isinstance(self.network, ReadyModel):
            wanted = "a builder network(keras, input_shape, labels) or a ReadyModel(path=...)"
            self._refuse(f"network is of type {type(self.network).__name__}", wanted)

    def _check_words(self, field: str, words: object) -> None:
        if not isinstance(words, tuple):
            self._refuse(f"{field}={words!r}", "a tuple of words")
            return
        for word in words:
            if fault := name_fault(word):
                wanted = f"1 to {LONGEST_NAME} printable characters without a slash"
                self._refuse(f"{field}: {word!r} {fault}", wanted)

    def _check_misses(self) -> None:
        known = [metric.name for metric in limited()]
        if not isinstance(self.misses, Mapping):
            self._refuse(f"misses={self.misses!r}", "a dictionary, {data set: (metric, ...)}")
        for dataset, metrics in self.misses.items():
            if isinstance(metrics, str) or not set(metrics) <= set(known):
                fault = f"misses={{{dataset!r}: {metrics!r}}}"
                self._refuse(fault, f"a tuple of {', '.join(known)}")

    def _settle_budget(self) -> None:
        if set(self.words) == set(GO_STOP):
            object.__setattr__(self, "budget", self.budget or GO_STOP_BUDGET)
            self.limits.require_no_looser_than(GO_STOP_BUDGET)
        elif self.budget is None:
            task = "/".join(self.words)
            self._refuse(
                f"no budget for the task {task}", "budget=Budget(...), the common one is go/stop's"
            )

    @staticmethod
    def _refuse(fault: str, wanted: str) -> None:
        msg = f"impossible candidate: {fault}; use {wanted}"
        raise CandidateError(msg)


def model_path(candidate: Candidate, name: str, folder: Path) -> Path:
    """Return the path of the model of candidate *name*; *folder* is that of the candidates."""
    if isinstance(candidate.network, ReadyModel):
        return folder / candidate.network.path
    return trained_path(name, folder)


def trained_path(name: str, folder: Path) -> Path:
    """Return the path of the model that is trained here for candidate *name*."""
    return folder / "models" / f"{name}.tflite"
