"""
What a name may be, and text made safe for where it is written.

Candidates, words and data sets are named by users, so a name may hold what a file name, a
Markdown table, an SVG or a terminal takes for a command. Every writer of one of these makes
text safe here.
"""

import hashlib
import html
import re
from typing import Final

LONGEST_NAME: Final = 64
"""Most characters of a name."""

_JOINERS: Final = "\u200c\u200d"
"""Letters of no width that Persian and Indian scripts are written with."""

_LONGEST_SLUG: Final = 120
"""Most characters of a name for a file; a file system takes 255 bytes with all that is added."""

_MARKDOWN: Final = re.compile(r"[\\`*~|\[\]]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown takes for a command, underscores inside words left out."""


def name_fault(name: object) -> str:
    """
    Return why *name* may not be the name of a candidate or a word; empty if it may.

    A name is text of 1 to 64 printable characters in any script, without a slash, and
    neither begins nor ends with a space.
    """
    if not isinstance(name, str):
        return f"is of type {type(name).__name__}, not text"
    if not 1 <= len(name) <= LONGEST_NAME:
        return f"has {len(name)} characters, not 1 to {LONGEST_NAME}"
    if not all(map(_prints, name)):
        return "has a character that cannot be printed"
    if "/" in name:
        return "has a slash"
    return "begins or ends with a space" if name != name.strip() else ""


def _prints(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS


def duration(seconds: float) -> str:
    """Return a time as people say it: ``12.5 s``, ``3 min``, ``1.25 h``."""
    for unit, size in (("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds:.3g} s"


def slug(text: str) -> str:
    """
    Return *text* as a name for files and folders: ``Raspberry Pi 4`` -> ``raspberry-pi-4``.

    Where letters are lost, because they are not ASCII or there are too many, eight digits of
    a digest of the whole text stand at the end.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    foreign = any(letter.isalnum() and not letter.isascii() for letter in text)
    if len(plain) <= _LONGEST_SLUG and not foreign:
        return plain
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, (plain[: _LONGEST_SLUG - 9].strip("-"), digest)))


def printable(text: str) -> str:
    r"""Return *text* for one line of a terminal or a picture: an escape character as ``\x1b``."""
    return "".join(
        letter if _prints(letter) else letter.encode("unicode_escape").decode() for letter in text
    )


def lines(text: str) -> str:
    """Return *text* for a terminal, printable and with its line breaks."""
    return "\n".join(map(printable, text.split("\n")))


def markdown(text: str) -> str:
    """Return *text* for Markdown, which then shows it as it is."""
    return _MARKDOWN.sub(r"\\\g<0>", html.escape(printable(text), quote=False))
