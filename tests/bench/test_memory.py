"""How much memory a large folder of recordings takes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.audio import CLIP_SAMPLES
from tests.unit.models import loud
from tests.unit.recordings import wav_bytes

ROOT = Path(__file__).parents[2]
CLIPS = 20_000
MAX_BYTES_A_CLIP = 64 * 1024
BYTES_A_CLIP = 2 * CLIP_SAMPLES

LOAD = """
import resource
import sys
from pathlib import Path
from harness.datasets.folder import Folder

folder = Folder(Path(sys.argv[1]))
if sys.argv[2] == "load":
    assert folder.load(folder.words()).clips.any(axis=1).all()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak_bytes(folder: Path, what: str) -> int:
    """Return the peak memory of a process that loads the recordings in *folder*, or nothing."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, folder, what], check=True, capture_output=True, cwd=ROOT
    )
    return int(done.stdout)


def test_a_clip_takes_its_samples_and_little_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tmp_path / "speech" / "go"
    words.mkdir(parents=True)
    (tmp_path / "one.wav").write_bytes(wav_bytes(loud()))
    for number in range(CLIPS):
        os.link(tmp_path / "one.wav", words / f"{number}.wav")

    added = [peak_bytes(words.parent, what) for what in ("nothing", "load")]

    a_clip = (added[1] - added[0]) / CLIPS
    with capsys.disabled():
        print(f"\n{CLIPS:,} clips: {a_clip / 1024:.1f} KiB a clip, of {BYTES_A_CLIP / 1024:.1f}")
    assert 0.9 * BYTES_A_CLIP < a_clip < MAX_BYTES_A_CLIP
