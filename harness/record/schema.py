"""
The raw record: its keys and their values. Every page and picture is rendered from records alone.

:mod:`harness.record.check` checks a record against these types when it is read. A key that is
not listed here is allowed and ignored; what older records lack is ``NotRequired``.
"""

from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

Fact = str | int | float | bool | None
"""One fact about a board."""


@dataclass(frozen=True)
class Range:
    """
    What a number may be: from *low* to *high*, both included unless *above*.

    Attributes:
        low: Least value.
        high: Greatest value.
        above: Whether *low* itself is too small.

    """

    low: float
    high: float = inf
    above: bool = False


Count = Annotated[int, Range(0)]
Some = Annotated[int, Range(1)]
Portion = Annotated[float, Range(0, 1)]
Time = Annotated[float, Range(0, above=True)]
NotNegative = Annotated[float, Range(0)]

Verdict = Literal["pass", "fail", "invalid", "miss", "error"]


class Interval(TypedDict):
    """Number of clips or speakers, and the 95 % interval of a share of them."""

    total: Count
    low: Portion
    high: Portion


class Share(Interval):
    """A count of clips, with the interval of its share."""

    count: Count
    speakers: NotRequired[Annotated[dict[str, Any] | None, Interval]]
    digest: NotRequired[str]


class Accuracy(TypedDict):
    """Clips whose top score is that of their word."""

    correct: Count
    total: Some
    low: Portion
    high: Portion
    confusion: list[list[Count]]


class Detected(TypedDict):
    """Keyword clips that are classified correctly and trigger the rule."""

    count: Count
    total: Some
    low: Portion
    high: Portion


SomeShare = Annotated[dict[str, Any] | None, Share]


class Digits(TypedDict, total=False):
    """False accepts on digits, by who says them."""

    people: SomeShare
    synthetic: SomeShare


class FalseAccepts(TypedDict, total=False):
    """False accepts, by kind of clips."""

    words: SomeShare
    unheard: SomeShare
    noise: SomeShare
    digits: Annotated[dict[str, Any], Digits]


class DigitCurves(TypedDict, total=False):
    """Clips of digits that trigger the rule at each threshold, by who says them."""

    people: list[Count] | None
    synthetic: list[Count] | None


class Curve(TypedDict):
    """Clips of each kind that trigger the rule at each threshold."""

    threshold: list[Portion]
    detected: list[Count]
    words: NotRequired[list[Count] | None]
    unheard: NotRequired[list[Count] | None]
    noise: NotRequired[list[Count] | None]
    digits: NotRequired[Annotated[dict[str, Any], DigitCurves]]


class Counted(TypedDict):
    """A count of clips of one kind of noise."""

    count: Count
    total: Count


class OperatingRule(TypedDict):
    """What triggers the operating rule."""

    threshold: Portion
    detected: Annotated[dict[str, Any], Detected]
    false_accepts: NotRequired[Annotated[dict[str, Any], FalseAccepts]]
    noise_kinds: NotRequired[dict[str, Annotated[dict[str, Any], Counted]]]
    curve: NotRequired[Annotated[dict[str, Any], Curve]]


class Rate(TypedDict):
    """A count of events, their rate per hour, and its 95 % interval."""

    count: Count
    per_hour: NotNegative
    low: NotNegative
    high: NotNegative


class Delay(TypedDict):
    """Milliseconds from the end of a keyword to its detection; null if none was detected."""

    p50: float | None
    p95: float | None


class Background(TypedDict):
    """False accepts over one kind of background, and how long it lasted."""

    count: Count
    hours: NotNegative


class StreamCurve(TypedDict):
    """False accepts and missed keywords at each threshold."""

    threshold: list[Portion]
    false_accepts: list[Count]
    missed: list[Count]


class Stream(TypedDict):
    """What continuous audio came to."""

    hours: Time
    hop_ms: Some
    threshold: Portion
    mean_of: Some
    refractory_ms: Count
    false_accepts: Annotated[dict[str, Any], Rate]
    missed: Annotated[dict[str, Any], Share]
    delay_ms: Annotated[dict[str, Any], Delay]
    realtime_share: NotNegative
    kinds: dict[str, Annotated[dict[str, Any], Background]]
    curve: Annotated[dict[str, Any], StreamCurve]
    digest: str


class Size(TypedDict):
    """Sizes of the model file, in bytes."""

    raw_bytes: Some
    zipped_bytes: Some


class Sparsity(TypedDict):
    """Shares of zeros among the weights."""

    nominal: Portion
    overall: Portion
    layers: dict[str, Portion]


class Stage(TypedDict):
    """Latency of one stage, in microseconds."""

    p50: Time


class Calls(TypedDict):
    """Latency of all calls, in microseconds, and their number."""

    p50: Time
    p90: Time
    p95: Time
    p99: Time
    max: Time
    calls: Some


class Histogram(TypedDict):
    """Calls between each two of the edges, which are in microseconds."""

    edges: list[Time]
    counts: list[Count]


class Latency(TypedDict):
    """Latency in microseconds."""

    total: Annotated[dict[str, Any], Calls]
    frontend: Annotated[dict[str, Any], Stage]
    inference: Annotated[dict[str, Any], Stage]
    histogram: Annotated[dict[str, Any], Histogram]
    init: Time
    first_call: Time


class Moment(TypedDict, total=False):
    """What the board reported before or after a window."""

    throttled: str | None
    clock_mhz: float | None
    temperature_c: float | None
    load_1min: float | None


class Window(TypedDict):
    """One window: its median call, and the board around it."""

    p50_us: Time
    board: dict[str, Annotated[dict[str, Any], Moment]]


class Attempt(TypedDict):
    """Windows that were measured again, and why."""

    reasons: list[str]
    p50s_us: list[Time]


class Seed(TypedDict):
    """What a training from another seed came to on validation clips, and the zipped size."""

    detected: Count
    correct: Count
    total: Some
    zipped_bytes: Some


class Measurement(TypedDict):
    """The values of one candidate on one board and one data set; null in an error row."""

    candidate: str
    model_sha256: str | None
    labels: list[str] | None
    accuracy: Annotated[dict[str, Any] | None, Accuracy]
    scores: dict[str, list[float]] | None
    operating_rule: Annotated[dict[str, Any] | None, OperatingRule]
    stream: NotRequired[Annotated[dict[str, Any] | None, Stream]]
    size: Annotated[dict[str, int] | None, Size]
    sparsity: Annotated[dict[str, Any] | None, Sparsity]
    parameters: Count | None
    macs: Count | None
    operators: list[str] | None
    delegated_operators: Count | None
    added_peak_bytes: Count | None
    latency_us: Annotated[dict[str, Any] | None, Latency]
    windows: list[Annotated[dict[str, Any], Window]] | None
    seeds: NotRequired[dict[str, Annotated[dict[str, int], Seed]] | None]
    attempts: NotRequired[list[Annotated[dict[str, Any], Attempt]] | None]
    budget: dict[str, float | None] | None
    verdict: Annotated[str, Verdict]
    violations: list[str]
    expected_misses: list[str]
    not_judged: NotRequired[list[str] | None]
    warnings: list[str]
    error: str | None


MEASURED: Final = (
    *("model_sha256", "labels", "accuracy", "scores", "operating_rule", "size", "sparsity"),
    *("operators", "delegated_operators", "latency_us", "windows", "budget"),
)
"""Keys that are null in an error row alone."""


class RunPart(TypedDict):
    """When, from which commit and how long was measured."""

    started: str
    commit: str | None
    dirty: bool | None
    profile: str
    number: NotRequired[Count]
    empty_call_us: NotRequired[float | None]


class BoardPart(TypedDict):
    """The facts about the board that pages and comparisons read."""

    name: str
    machine: NotRequired[str | None]
    model: Fact
    cpu: Fact
    architecture: Fact
    cores: Fact
    virtual: Fact
    os: Fact
    python: Fact
    litert: Fact
    numpy: Fact
    scipy: Fact
    governor: Fact


class DigitsPart(TypedDict, total=False):
    """Digits that every row was scored on, or why there were none."""

    name: str
    clips: Count
    digest: str
    missing: str


class DatasetPart(TypedDict):
    """The clips that every row was scored on."""

    name: str
    split: str
    labels: list[str]
    clips: Count
    digest: str
    note: NotRequired[str | None]
    digits: NotRequired[dict[str, Annotated[dict[str, Any], DigitsPart]]]
    no_sentences: NotRequired[str | None]
    left_out: dict[str, Count]


class Record(TypedDict):
    """The measurements of one run, on one data set and for one task."""

    format: int
    run: Annotated[dict[str, Any], RunPart]
    board: Annotated[dict[str, Fact], BoardPart]
    dataset: Annotated[dict[str, Any], DatasetPart]
    measurements: list[Measurement]
