"""Fixtures of all tests."""

import os
from pathlib import Path

import pytest

from harness.stream import material

ARCHIVE = "mini_speech_commands.zip"
SHORT_QUARTER_S = 72
"""The least for which there is a second of noise of each kind at each level."""


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


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make streams of a minute or two, not of an hour, wherever a candidate listens to one."""
    monkeypatch.setattr(material, "QUARTER_S", SHORT_QUARTER_S)
