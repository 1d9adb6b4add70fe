"""How far a run has come: the outcomes of its cases, in a file that is whole at any time."""

import json
from collections import Counter
from pathlib import Path

from harness.files import write_json


class State:
    """
    The outcomes of all cases of a seed so far, which say where to go on.

    Args:
        path: The file; it need not exist.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: dict[str, Counter[str]] = {}
        if path.exists():
            read = json.loads(path.read_bytes())
            self._counts = {kind: Counter(counts) for kind, counts in read.items()}

    def count(self, kind: str, verdict: str) -> int:
        """Return the number of cases of a kind with that verdict."""
        return self._counts.get(kind, Counter())[verdict]

    def next_number(self, kind: str) -> int:
        """Return the number of the next case of a kind: that of its cases so far."""
        return self._counts.get(kind, Counter()).total()

    def add(self, kind: str, verdict: str) -> None:
        """Count the next case of a kind, and keep the count."""
        self._counts.setdefault(kind, Counter())[verdict] += 1
        write_json(self._path, self._counts)
