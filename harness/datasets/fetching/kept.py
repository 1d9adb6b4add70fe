"""
An unpacked word in the cache, kept with a manifest.

The manifest lists the digest of each file. It is checked against its own digest, and
each file that is read is checked against its line, so every damage is noticed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from harness.datasets.dataset import manifest
from harness.files import sha256

Wanted = Callable[[str], bool]
"""Returns whether a file is wanted, by its name."""

_MANIFEST: Final = "MANIFEST.sha256"
_DIGEST: Final = "DIGEST"
"""Name of the file with the manifest's SHA-256, written if none is published."""


def read(folder: Path, published: str | None, wanted: Wanted) -> dict[str, bytes] | None:
    """
    Return the wanted files of a word by name, None if they are missing or damaged.

    Args:
        folder: Folder of the word.
        published: Published content digest of the word, None if there is none.
        wanted: Returns whether a file is wanted, by its name.

    """
    try:
        text = (folder / _MANIFEST).read_bytes()
        kept = published.encode() if published else (folder / _DIGEST).read_bytes()
        if sha256(text).encode() != kept:
            return None
        digests = dict(line.rsplit(" ", 1) for line in text.decode().splitlines())
        files = {name: (folder / name).read_bytes() for name in filter(wanted, digests)}
    except OSError:
        return None
    return files if all(sha256(files[name]) == digests[name] for name in files) else None


def write_manifest(folder: Path, published: str | None, digests: Mapping[str, str]) -> None:
    """Write the manifest of a word, with the *digests* of its files, to its *folder*."""
    text = manifest(digests)
    (folder / _MANIFEST).write_bytes(text)
    if published is None:
        (folder / _DIGEST).write_text(sha256(text))
