"""The split of Speech Commands: by a hash of the speaker, so no speaker is in two splits."""

import hashlib
import re
from collections.abc import Callable

_MAX_HASH = 2**27 - 1
VALIDATION_PERCENT = 10
TESTING_PERCENT = 10


def speaker(file_name: str) -> str:
    """Return the speaker of a recording: ``004ae714_nohash_0.wav`` -> ``004ae714``."""
    return re.sub(r"_nohash_.*$", "", file_name)


def in_split(split: str) -> Callable[[str], bool]:
    """Return a function that checks whether a file belongs to *split*."""
    return lambda file_name: which_set(file_name) == split


def which_set(file_name: str) -> str:
    """
    Return the split of a file, ``training``, ``validation`` or ``test``, as published.

    Source: Warden 2018, "Speech Commands", arXiv:1804.03209, and its README.
    """
    digest = hashlib.sha1(speaker(file_name).encode(), usedforsecurity=False).hexdigest()
    percent = (int(digest, 16) % (_MAX_HASH + 1)) * (100.0 / _MAX_HASH)
    if percent < VALIDATION_PERCENT:
        return "validation"
    if percent < VALIDATION_PERCENT + TESTING_PERCENT:
        return "test"
    return "training"
