"""The zipped size of a model, made the same way always: sizes stay comparable over the years."""

import io
import zipfile

ENTRY = "model.tflite"
"""Name of the only entry; a zip holds it twice, so a longer name makes a larger zip."""

LEVEL = 9
"""DEFLATE level."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of the entry: the earliest that a zip can hold, the same for every model."""


def zipped_bytes(data: bytes) -> int:
    """Return the size in bytes of a zip archive holding *data* alone, DEFLATE level 9."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        entry = zipfile.ZipInfo(ENTRY, EPOCH)
        # Without compress_type, that of the ZipInfo counts, which is STORED.
        file.writestr(entry, data, compress_type=zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
    return len(archive.getvalue())
