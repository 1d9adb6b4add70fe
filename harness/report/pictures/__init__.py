"""Pictures of measurements as SVG: pure functions of the raw record, with repeatable bytes."""

from collections.abc import Sequence
from typing import Final

from harness.record.metrics import pictured
from harness.record.schema import Measurement
from harness.report.pictures.canvas import shortened
from harness.report.pictures.confusion import confusions
from harness.report.pictures.curves import operating
from harness.report.pictures.lanes import latencies, stages
from harness.report.pictures.scatter import accuracy_against
from harness.report.pictures.stream import stream

__all__ = ["pictures"]

_WIDEST_NAME: Final = 400
"""Width of the widest name of a candidate that is written in full, in pixels."""

_WIDEST_WORD: Final = 150
"""Width of the widest word, five of which stand side by side above a matrix."""


def pictures(measurements: Sequence[Measurement], labels: Sequence[str]) -> dict[str, str]:
    """
    Return the SVG of every picture of one data set and task, by name.

    Args:
        measurements: Rows of one data set and task. Rows with an error are left out;
            without any other row there are no pictures.
        labels: Words of the task, the rows of a confusion matrix.

    """
    rows = [_named(row) for row in measurements if row["error"] is None]
    if not rows:
        return {}
    words = [shortened(word, _WIDEST_WORD) for word in labels]
    drawn = {
        **{f"accuracy-{cost.name}": accuracy_against(cost, rows) for cost in pictured()},
        "operating": operating(rows),
        "stream": stream(rows),
        "latency": latencies(rows),
        "stages": stages(rows),
        "confusion": confusions(rows, words),
    }
    return {name: svg for name, svg in drawn.items() if svg is not None}


def _named(row: Measurement) -> Measurement:
    """Return *row* with names that fit into a picture."""
    labels = [shortened(label, _WIDEST_WORD) for label in row["labels"] or ()]
    return {**row, "candidate": shortened(row["candidate"], _WIDEST_NAME), "labels": labels}
