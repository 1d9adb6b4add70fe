"""Small recordings for tests: WAV bytes, folders and archives of them."""

import hashlib
import io
import wave
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def wav_bytes(
    samples: Iterable[int] = (1, -2, 3),
    *,
    channels: int = 1,
    sample_bytes: int = 2,
    rate_hz: int = 16_000,
) -> bytes:
    """Return a WAV file with *samples*; what is not named is as it should be."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(sample_bytes)
        wav.setframerate(rate_hz)
        for sample in samples:
            wav.writeframesraw(int(sample).to_bytes(sample_bytes, "little", signed=True))
    return file.getvalue()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write *files*, keyed ``<word>/<file>.wav``, under *folder* and return it."""
    for key, data in files.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_archive(
    path: Path, files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """Zip *files*, keyed by member name, to *path* and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def word_digest(files: Mapping[str, bytes]) -> str:
    """Return the content digest of a word, by the recipe it is published with."""
    lines = [f"{name} {hashlib.sha256(data).hexdigest()}\n" for name, data in files.items()]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
