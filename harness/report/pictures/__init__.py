"""Pictures of measurements as SVG: pure functions of the raw record, with repeatable bytes."""

from collections.abc import Sequence

from harness.record.metrics import pictured
from harness.record.schema import Measurement
from harness.report.pictures.confusion import confusions
from harness.report.pictures.curves import operating
from harness.report.pictures.lanes import latencies, stages
from harness.report.pictures.scatter import accuracy_against

__all__ = ["pictures"]


def pictures(measurements: Sequence[Measurement], labels: Sequence[str]) -> dict[str, str]:
    """
    Return the SVG of every picture of one data set and task, by name.

    Args:
        measurements: Rows of one data set and task. Rows with an error are left out;
            without any other row there are no pictures.
        labels: Words of the task, the rows of a confusion matrix.

    """
    rows = [row for row in measurements if row["error"] is None]
    if not rows:
        return {}
    drawn = {
        **{f"accuracy-{cost.name}": accuracy_against(cost, rows) for cost in pictured()},
        "operating": operating(rows),
        "latency": latencies(rows),
        "stages": stages(rows),
        "confusion": confusions(rows, labels),
    }
    return {name: svg for name, svg in drawn.items() if svg is not None}
