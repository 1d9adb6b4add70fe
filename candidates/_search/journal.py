"""
The journal of a study: a file of Optuna's, written by one process.

What kills that process, whenever, leaves whole entries and at most one that is half written.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._storage import JournalOperation

from harness.errors import SearchError

CURE: Final = "restore it from version control, or remove its folder to begin anew"


class Journal(JournalFileBackend):  # type: ignore[misc]  # Optuna's types are not at hand
    """
    A journal that one process writes, which holds a lock of its own.

    What is written outlives the process at once, and a failure of power when a trial ends:
    waiting for the disk after each of a trial's dozen entries would cost more than the rest.
    """

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write entries, a line each."""
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        with Path(self._file_path).open("ab") as file:
            file.write(lines.encode())
            file.flush()
            if any(log["op_code"] == JournalOperation.SET_TRIAL_STATE_VALUES for log in logs):
                os.fsync(file.fileno())


def mend(path: Path) -> None:
    """Cut off the last entry of a journal if it is half written; raise if another is."""
    if not path.exists():
        return
    lines = path.read_bytes().split(b"\n")
    if lines[-1]:
        whole = path.stat().st_size - len(lines[-1])
        with path.open("r+b") as file:
            file.truncate(whole)
        print(f"{path} ended in the middle of an entry, which is left out")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            operation = json.loads(line)["op_code"]
        except (ValueError, KeyError, TypeError) as error:
            msg = f"{path} is damaged in line {number} ({error}); {CURE}"
            raise SearchError(msg) from error
        if (number == 1) != (operation == JournalOperation.CREATE_STUDY):
            msg = f"{path} is damaged in line {number}: it must begin with one study; {CURE}"
            raise SearchError(msg)
