"""Running eSpeak NG: it speaks in a process of its own, we listen."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt

from harness.datasets.espeak.voices import Utterance
from harness.errors import DatasetError

PACKAGE: Final = "espeakng-loader"


def variants() -> tuple[str, ...]:
    """Return the name of every voice variant; raises DatasetError without a whole package."""
    try:
        metadata.version(PACKAGE)  # it is part of every note
        loader = importlib.import_module(PACKAGE.replace("-", "_"))
        folder = Path(loader.get_data_path()) / "voices" / "!v"
        return tuple(sorted(path.name for path in folder.iterdir()))
    except (ImportError, OSError, RuntimeError) as error:
        msg = (
            f"the data set espeak needs the package {PACKAGE}, whole ({error}); install it "
            f"again, or choose another data set with --dataset"
        )
        raise DatasetError(msg) from error


def speak(utterances: Sequence[Utterance]) -> Iterator[npt.NDArray[np.int16]]:
    """
    Yield the samples of each of *utterances*, in order.

    Raises:
        DatasetError: If eSpeak NG ended before it had said all, with its own words.

    """
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("speak.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdin and process.stdout and process.stderr  # noqa: S101, PT018  (pipes)
        try:
            process.stdin.write(json.dumps(utterances).encode())
            process.stdin.close()
            for utterance in utterances:
                yield _heard(process.stdout, utterance)
        except (EOFError, BrokenPipeError) as error:
            said = process.stderr.read().decode(errors="replace").strip().splitlines()
            msg = (
                f"eSpeak NG failed ({error}): {said[-1] if said else 'it said nothing'}; "
                f"install {PACKAGE} again, or choose another data set with --dataset"
            )
            raise DatasetError(msg) from error
        finally:
            process.kill()


def _heard(stream: IO[bytes], utterance: Utterance) -> npt.NDArray[np.int16]:
    size = int.from_bytes(stream.read(4), sys.byteorder)
    data = stream.read(size)
    if len(data) < max(size, 2):
        msg = f"no {utterance.text!r} from the voice {utterance.voice}"
        raise EOFError(msg)
    return np.frombuffer(data, np.int16)
