"""What rendering takes where there are many records or candidates."""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from harness.decisions import THRESHOLDS
from harness.record import store
from harness.record.schema import Measurement
from harness.report.pictures.curves import operating
from tests.unit.records import record, row

RECORDS, CANDIDATES, CLIPS = 500, 16, 212
MOST_BYTES = 200 << 20
"""Peak memory of a process that renders them, matplotlib included (measured: 111 MiB)."""

MOST_SVG_BYTES = 1_000_000
"""Largest picture of 100 candidates (measured: 0.7 MB)."""

RENDER = """
import sys
from pathlib import Path
from harness.report import render

render(Path(sys.argv[1]), {f"c_{number}": f"sha-c_{number}" for number in range(int(sys.argv[2]))})
"""


def curved(name: str, seed: int) -> Measurement:
    """Return a row with a curve over all thresholds, no two points of which are the same."""
    rng = np.random.default_rng(seed)

    def falling(total: int) -> list[int]:
        return sorted(rng.choice(total, len(THRESHOLDS), replace=False).tolist(), reverse=True)

    rule: Any = row("")["operating_rule"]
    curve = {
        "threshold": list(THRESHOLDS),
        "detected": falling(100),
        "words": falling(600),
        "noise": falling(361),
        "digits": {"people": falling(3_000), "synthetic": falling(1_440)},
    }
    return row(name, operating_rule={**rule, "curve": curve})


def test_rendering_500_records_holds_what_the_pages_show(tmp_path: Path) -> None:
    scores = {f"{word}/{i}.wav": [0.9, 0.1] for word in ("go", "stop") for i in range(CLIPS // 2)}
    rows = [{**curved(f"c_{number}", number), "scores": scores} for number in range(CANDIDATES)]
    for number in range(RECORDS):
        kept = record(*rows, started=f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00Z")  # type: ignore[arg-type]
        store.write(kept, tmp_path / "a-board" / "raw", f"{number:03d}")

    command = [sys.executable, "-c", RENDER, str(tmp_path), str(CANDIDATES)]
    subprocess.run(command, check=True)

    peak_bytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"\nrendering {RECORDS} records: {peak_bytes / 2**20:.0f} MiB")
    assert peak_bytes <= MOST_BYTES


def test_the_picture_of_100_candidates_is_small() -> None:
    svg = operating([curved(f"candidate_number_{number}", number) for number in range(100)])

    assert svg is not None
    print(f"\noperating rules of 100 candidates: {len(svg.encode()) / 1e6:.2f} MB")
    assert len(svg.encode()) <= MOST_SVG_BYTES
