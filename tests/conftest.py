"""Fixtures of all tests."""

import os
from pathlib import Path

import pytest

ARCHIVE = "mini_speech_commands.zip"


@pytest.fixture(scope="session")
def kws_data() -> Path:
    """Return the folder with the archive of real speech; without KWS_DATA, skip."""
    named = os.environ.get("KWS_DATA")
    if not named:
        pytest.skip(f"needs real speech: set KWS_DATA to the folder that holds {ARCHIVE}")
    folder = Path(named)
    if not (folder / ARCHIVE).is_file():
        pytest.fail(f"KWS_DATA={named} holds no {ARCHIVE}", pytrace=False)
    return folder
