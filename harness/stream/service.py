"""A unit of systemd that keeps the listener running."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]

_UNIT: Final = """\
# Listens for the words of {name} whenever this user's session runs. Save it as
#     ~/.config/systemd/user/spotbench-listen.service
# and start it now and at every login:
#     systemctl --user daemon-reload && systemctl --user enable --now spotbench-listen
# Without a login, from boot on: sudo loginctl enable-linger $USER
# What it detects: journalctl --user -fu spotbench-listen

[Unit]
Description=spotbench listens with {name}
# A microphone may be away for long; try for as long as it takes.
StartLimitIntervalSec=0

[Service]
WorkingDirectory={folder}
ExecStart={command}
Restart=on-failure
RestartSec=5

[Install]
WantedBy=default.target
"""


def unit(name: str, words: Sequence[str]) -> str:
    """
    Return the unit for candidate *name*.

    Args:
        name: Name of the candidate.
        words: The listener's command line, without the program.

    """
    command = [sys.executable, "-m", "harness.stream", *words]
    return _UNIT.format(
        name=name,
        folder=str(_ROOT).replace("%", "%%"),
        command=" ".join(_quoted(word) for word in command),
    )


def _quoted(word: str) -> str:
    """Return *word* as systemd reads it back, in which no variable or specifier is replaced."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + plain.replace("%", "%%").replace("$", "$$") + '"'
