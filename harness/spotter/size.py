"""The one zip recipe, so that sizes can be compared between models, machines and years."""

import io
import zipfile

ENTRY = "model.tflite"
"""The entry's name is in the archive twice, so it is part of the recipe."""

LEVEL = 9
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold; a file's own date would be noise."""


def zipped_bytes(data: bytes) -> int:
    """Return the size in bytes of a zip archive holding *data* alone, DEFLATE level 9."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        entry = zipfile.ZipInfo(ENTRY, EPOCH)
        # A ZipInfo brings its own compress_type, STORED unless told otherwise.
        file.writestr(entry, data, compress_type=zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
    return len(archive.getvalue())
