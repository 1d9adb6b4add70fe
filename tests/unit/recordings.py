"""Small recordings for tests: WAV bytes, folders and archives of them."""

import hashlib
import io
import struct
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


def riff_bytes(  # noqa: PLR0913  (the fields of a header)
    data: bytes,
    *,
    kind: int = 1,
    channels: int = 1,
    rate_hz: int = 16_000,
    sample_bytes: int = 2,
    extensible: bool = False,
    data_bytes: int | None = None,
) -> bytes:
    """
    Return a WAV file of any format around *data*.

    Its header says that there are *data_bytes*, if these are given, whatever there is.
    """
    frame_bytes, size = channels * sample_bytes, len(data) if data_bytes is None else data_bytes
    first = 0xFFFE if extensible else kind
    form = struct.pack("<HHI", first, channels, rate_hz)
    form += struct.pack("<IHH", rate_hz * frame_bytes, frame_bytes, 8 * sample_bytes)
    if extensible:
        form += struct.pack("<HHIH", 22, 8 * sample_bytes, 0, kind)
        form += bytes.fromhex("000000001000800000aa00389b71")
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + len(data)) + b"WAVE" + chunks + data


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
