"""Text made fit for where it stands."""

import re


def slug(text: str) -> str:
    """Return *text* as the name of a folder: ``Raspberry Pi 4`` -> ``raspberry-pi-4``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
