"""How far a study is: one live line on a terminal, now and then a line elsewhere."""

import shutil
import sys
import time
from collections import Counter
from typing import Final, TextIO

from candidates._search.space import Space
from candidates._search.trial import FINISHED, Trial
from harness.text import duration

_SILENT_S: Final = 30.0
"""Seconds between two lines where there is no terminal."""


class Progress:
    """
    Tells how far a study is.

    Args:
        space: The space, for its goals.
        wanted: Finished trials that the study is to hold.
        out: Where to write.

    """

    def __init__(self, space: Space, wanted: int, out: TextIO = sys.stderr) -> None:
        self._space, self._wanted, self._out = space, wanted, out
        self._counts: Counter[str] = Counter()
        self._best: dict[str, tuple[float, str]] = {}
        self._ended: list[float] = []
        self._started = time.monotonic()
        self._told = -_SILENT_S

    def note(self, trial: Trial) -> None:
        """Count a trial that has just ended."""
        if trial.state in FINISHED:
            self._ended.append(time.monotonic())
        self.remember(trial)

    def remember(self, trial: Trial) -> None:
        """Count a trial that ended at any time: it says nothing about the pace."""
        self._counts[trial.state] += 1
        row = trial.outcome.row
        if row is None or self._space.aims.excess(row):
            return
        for metric in self._space.aims.objectives:
            value = metric.value(row)
            if value is not None:
                before = self._best.get(metric.name)
                if before is None or metric.beats(value, before[0]):
                    self._best[metric.name] = (value, metric.unit.text(value))

    def show(self, finished: int, running: int) -> None:
        """Show the line: trials done, running, refused and failed, best values, time left."""
        parts = [f"{finished} of {self._wanted} trials", f"{running} running"]
        parts += [f"{self._counts[kind]} {kind}" for kind in ("refused", "failed")]
        parts += [f"best {name} {text}" for name, (_, text) in self._best.items()]
        left = self._left_s(finished)
        if left is not None:
            parts.append(f"{duration(round(left))} left")
        self.say(", ".join(parts))

    def say(self, text: str) -> None:
        """Show *text* in place of the line before, or from time to time where no one watches."""
        if self._out.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._out.write(f"\r{text[:width]:{width}}")
            self._out.flush()
        elif time.monotonic() - self._told >= _SILENT_S:
            self._told = time.monotonic()
            print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Leave the line."""
        if self._out.isatty():
            self._out.write("\n")

    def _left_s(self, finished: int) -> float | None:
        """Return the time that the trials left take at the pace so far, in seconds."""
        if not self._ended:
            return None
        pace = (self._ended[-1] - self._started) / len(self._ended)
        return max(0.0, pace * (self._wanted - finished))
