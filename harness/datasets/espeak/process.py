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
_SPEAK: Final = Path(__file__).with_name("speak.py")


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


def note() -> str:
    """Return what every output must say of synthetic speech."""
    return f"synthetic voices (eSpeak NG, {PACKAGE} {metadata.version(PACKAGE)}), not people"


def phonemes(texts: Sequence[str]) -> tuple[str, ...]:
    """
    Return the phonemes of each of *texts*: ``"s_t_'0_p"`` for ``"stop"``.

    Raises:
        DatasetError: If eSpeak NG failed, with its own words.

    """
    variants()  # which tells a package that is not whole
    done = subprocess.run(
        [sys.executable, _SPEAK, "phonemes"],
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        fault = f"status {done.returncode}"
        raise _failed(fault, done.stderr)
    return tuple(json.loads(done.stdout))


def speak(utterances: Sequence[Utterance]) -> Iterator[npt.NDArray[np.int16]]:
    """
    Yield the samples of each of *utterances*, in order.

    Raises:
        DatasetError: If eSpeak NG ended before it had said all, with its own words.

    """
    process = subprocess.Popen(
        [sys.executable, _SPEAK],
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
            raise _failed(error, process.stderr.read()) from error
        finally:
            process.kill()


def _failed(fault: object, stderr: bytes) -> DatasetError:
    lines = stderr.decode(errors="replace").strip().splitlines()
    return DatasetError(
        f"eSpeak NG failed ({fault}): {lines[-1] if lines else 'it said nothing'}; "
        f"install {PACKAGE} again, or choose another data set with --dataset"
    )


def _heard(stream: IO[bytes], utterance: Utterance) -> npt.NDArray[np.int16]:
    size = int.from_bytes(stream.read(4), sys.byteorder)
    data = stream.read(size)
    if len(data) < max(size, 2):
        msg = f"no {utterance.text!r} from the voice {utterance.voice}"
        raise EOFError(msg)
    return np.frombuffer(data, np.int16)
