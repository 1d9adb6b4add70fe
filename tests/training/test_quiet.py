"""A training shows progress, result and reason, and no line of TensorFlow's."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

TRAIN = """
import os
import sys
from pathlib import Path

from tqdm import tqdm

from candidates._training.quiet import quiet

with quiet(Path({log!r})):
    from candidates._training import keras, tf

    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    tf.lite.TFLiteConverter.from_keras_model(model).convert()
    os.write(2, b"E0000 NodeDef mentions attribute\\n")
    for _ in tqdm([0], desc="mine"):
        pass
    {last}
print("after", file=sys.stderr)
"""


def run(log: Path, last: str) -> subprocess.CompletedProcess[str]:
    program = TRAIN.format(log=str(log), last=last)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_what_tensorflow_writes_is_kept_in_a_file_and_not_shown(tmp_path: Path) -> None:
    log = tmp_path / "cache" / "training.log"

    done = run(log, last="pass")

    shown = done.stderr.replace("\r", "\n").split("\n")
    assert done.returncode == 0, done.stderr
    assert [line for line in shown if line and not line.startswith("mine: ")] == ["after"]
    assert "mine: 100%" in done.stderr
    assert "NodeDef" in log.read_text()
    assert "oneDNN" in log.read_text()


def test_an_error_is_shown(tmp_path: Path) -> None:
    done = run(tmp_path / "training.log", last="raise ValueError('a reason')")

    assert done.stderr.endswith("ValueError: a reason\n")


def test_a_crash_is_shown(tmp_path: Path) -> None:
    done = run(tmp_path / "training.log", last="os.abort()")

    assert done.returncode < 0
    assert "Fatal Python error: Aborted" in done.stderr
