"""Comparing two records: what changed, whether it is beyond the noise, and what got worse."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tabulate import tabulate

from harness.errors import ResultsError
from harness.record import metrics
from harness.record.changes import Alike, Values
from harness.record.schema import Measurement, Record
from harness.text import printable

CIRCUMSTANCES: Final = (
    ("board", "board", "name"),
    ("machine", "board", "machine"),
    ("data set", "dataset", "name"),
    ("digest", "dataset", "digest"),
    ("task", "dataset", "labels"),
    ("other words", "dataset", "left_out"),
    ("profile", "run", "profile"),
    *((key, "board", key) for key in ("governor", "litert", "numpy", "scipy", "python")),
)
"""What must be the same in both records: its name in messages, its part and key in a record."""

_NEWER: Final = ("machine",)
"""Keys that older records lack; such a record does not differ in them."""

_LONGEST_ERROR: Final = 300
"""Most characters of the error of a row that a note tells."""

HEADERS: Final = ("candidate", "metric", "old", "new", "ratio", "verdict", "judged by")
ALIGN: Final = ("left", "left", "right", "right", "right", "left", "left")


class Comparison(NamedTuple):
    """
    Two records compared.

    Attributes:
        table: Table of all metrics, with notes below it.
        regressions: One line for each value that got worse.

    """

    table: str
    regressions: tuple[str, ...]


def compare(old: Record, new: Record, *, allow_different: bool = False) -> Comparison:
    """
    Compare every candidate that was measured in both records.

    Raises ResultsError if the records differ in their circumstances (unless
    *allow_different*) or in the clips of one data set, or have no candidate in common.
    """
    changes = require_alike(old, new, allow_different=allow_different)
    olds, news = ({m["candidate"]: m for m in r["measurements"]} for r in (old, new))
    notes = [f"compared anyway: {change}" for change in changes] + _not_compared(olds, news)
    alike = Alike(*(_same(old, new, key) for key in ("digest", "left_out")))
    lines = [
        (was["candidate"] + " (new model)" * (was["model_sha256"] != now["model_sha256"]), *cells)
        for was, now in ((olds[name], news[name]) for name in sorted(olds.keys() & news))
        if was["error"] is None and now["error"] is None
        for cells in _judged(was, now, alike)
    ]
    if not lines:
        why = "; ".join(notes) or "both records have 0 rows"
        msg = f"nothing to compare ({why}); measure a candidate of the old record"
        raise ResultsError(msg)
    table = tabulate(lines, HEADERS, "simple", colalign=ALIGN, disable_numparse=True)
    worse = [
        f"{name}: {metric} {was} -> {now}, ratio {ratio} ({why})"
        for name, metric, was, now, ratio, verdict, why in lines
        if verdict == "WORSE"
    ]
    return Comparison("\n".join([table, *(f"- {note}" for note in notes)]), tuple(worse))


def require_alike(
    old: Mapping[str, object], new: Mapping[str, object], *, allow_different: bool = False
) -> list[str]:
    """
    Return the differences between the circumstances of two records.

    Args:
        old: An earlier record.
        new: A record, or the parts of it that are known before anything is measured.
        allow_different: Whether to return differences instead of raising.

    Raises:
        ResultsError: If there is a difference and *allow_different* is false.

    """
    changes = [
        printable(f"{name} {was} -> {now}")
        for name, part, key in CIRCUMSTANCES
        if (found := _part(new, part)) and key in found
        if (before := _part(old, part)) and (key in before or key not in _NEWER)
        if (was := _text(before.get(key))) != (now := _text(found[key]))
    ]
    if changes and not allow_different:
        msg = (
            f"the records differ: {', '.join(changes)}; measure under the same circumstances, or "
            "add --compare-anyway"
        )
        raise ResultsError(msg)
    return changes


def _part(record: Mapping[str, object], name: str) -> dict[str, Any]:
    part = record.get(name, {})
    return part if isinstance(part, dict) else {}


def _same(old: Record, new: Record, key: str) -> bool:
    return bool(old["dataset"].get(key) == new["dataset"].get(key))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{word} ({clips})" for word, clips in value.items()) or "none"
    return "/".join(value) if isinstance(value, list) else str(value)


def _not_compared(olds: dict[str, Measurement], news: dict[str, Measurement]) -> list[str]:
    return [
        f"{name}: not compared, "
        + (f"{which} error: {_short(row['error'])}" if row else f"it is not in the {which} record")
        for name in sorted(olds | news)
        for which, row in (("old", olds.get(name)), ("new", news.get(name)))
        if row is None or row["error"] is not None
    ]


def _short(error: str | None) -> str:
    """Return the error of a row for a line, as a record can hold any text for it."""
    return f"{printable(error or ''):.{_LONGEST_ERROR}}"


def _judged(old: Measurement, new: Measurement, alike: Alike) -> Iterator[tuple[str, ...]]:
    """Yield a line for each metric that both rows hold and that can be compared."""
    for metric in metrics.METRICS:
        was, now = metric.value(old), metric.value(new)
        if metric.comparison is None or was is None or now is None:
            continue
        values = Values(was, now, worse=metric.beats(was, now))
        change = metric.comparison.change(old, new, values, alike)
        if change is not None:
            ratio = f"{values.ratio:.3f}" if was else "-"
            yield metric.name, *map(metric.unit.exact, (was, now)), ratio, *change
