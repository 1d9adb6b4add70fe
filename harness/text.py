"""Text as the name of a folder or file."""

import re


def slug(text: str) -> str:
    """Return *text* as a name for files and folders: ``Raspberry Pi 4`` -> ``raspberry-pi-4``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
