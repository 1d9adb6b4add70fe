"""Whether the parts of a record fit together: as many numbers as there are words, and so on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from harness.text import name_fault

Misfit = tuple[str, str]
"""Path of a value, and what it is instead of what it should be."""


def misfits(record: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield the parts of a record, each of the right type, that do not fit together."""
    try:
        datetime.fromisoformat(record["run"]["started"])
    except ValueError:
        yield ("run.started", f"{record['run']['started']!r:.60}, not a time")
    words = record["dataset"]["labels"]
    if not words:
        yield ("dataset.labels", "an empty list, not that of the words")
    yield from _misnamed("dataset.labels", words)
    for number, row in enumerate(record["measurements"]):
        if row["error"] is None:
            yield from _misnamed(f"measurements[{number}].labels", row["labels"])
            yield from _misnamed(f"measurements[{number}].candidate", [row["candidate"]])
            for part, fault in _misfits_of(row, words):
                yield (f"measurements[{number}].{part}", fault)


def _misnamed(part: str, names: Sequence[str]) -> Iterator[Misfit]:
    for name in names:
        if fault := name_fault(name):
            yield (part, f"{name!r:.60}, which {fault}")


def _misfits_of(row: Mapping[str, Any], words: Sequence[str]) -> Iterator[Misfit]:
    labels, edges = len(row["labels"]), row["latency_us"]["histogram"]["edges"]
    shape = [len(line) for line in row["accuracy"]["confusion"]]
    if shape != [labels] * len(words):
        yield ("accuracy.confusion", f"not {len(words)} lists of {labels} numbers")
    if not row["scores"] or {len(scores) for scores in row["scores"].values()} != {labels}:
        yield ("scores", f"not {labels} scores of each clip")
    if strange := {key.partition("/")[0] for key in row["scores"]} - set(row["labels"]):
        yield ("scores", f"clips of {min(strange)!r:.60}, which is none of the labels")
    if not row["windows"]:
        yield ("windows", "an empty list, not that of the windows")
    counts = row["latency_us"]["histogram"]["counts"]
    if len(edges) != len(counts) + 1 or not any(counts) or sorted(set(edges)) != edges:
        yield ("latency_us.histogram", "not counts between rising edges")
    rule = row["operating_rule"]
    yield from _misfits_of_curve(rule.get("curve"), rule.get("false_accepts", {}))
    yield from _misfits_of_stream(row.get("stream"))


def _misfits_of_curve(curve: Any, accepts: Mapping[str, Any]) -> Iterator[Misfit]:
    if curve is None:
        return
    kinds = {kind: accepts.get(kind) for kind in ("words", "unheard", "noise")}
    curves = {"detected": curve["detected"], **{kind: curve.get(kind) for kind in kinds}}
    digits = curve.get("digits", {})
    for who, found in accepts.get("digits", {}).items():
        kinds[f"digits.{who}"], curves[f"digits.{who}"] = found, digits.get(who)
    for kind, counts in curves.items():
        drawn = kind == "detected" or (kinds[kind] or {}).get("total")
        if drawn and len(counts or ()) != len(curve["threshold"]):
            yield (f"operating_rule.curve.{kind}", "not one count for each threshold")


def _misfits_of_stream(stream: Any) -> Iterator[Misfit]:
    if stream is None:
        return
    curve = stream["curve"]
    for counts in ("false_accepts", "missed"):
        if len(curve[counts]) != len(curve["threshold"]):
            yield (f"stream.curve.{counts}", "not one count for each threshold")
    if not curve["threshold"]:
        yield ("stream.curve.threshold", "an empty list, not that of the thresholds")
