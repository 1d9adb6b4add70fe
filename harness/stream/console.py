"""What a listener says: detections on standard output, all else on standard error."""

import json
import math
import shutil
import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from harness.audio import FULL_SCALE
from harness.stream.detector import Detection

_WIDEST: Final = 80
_ECHO: Final = len("^C")
"""Columns in which a terminal echoes Ctrl-C behind the meter."""

_REDRAW_S: Final = 0.1
_BAR: Final = 20
_QUIETEST_DBFS: Final = -80.0


def dbfs(peak: int) -> float:
    """Return a peak of int16 samples as a level, 0 for full scale and never below -80."""
    return max(20 * math.log10(max(peak, 1) / FULL_SCALE), _QUIETEST_DBFS)


def as_text(detection: Detection) -> str:
    """Return a detection for people: ``    12.30 s  go  0.9871``."""
    return f"{detection.time_s:9.2f} s  {detection.word}  {detection.score:.4f}"


def as_json(detection: Detection) -> str:
    """Return a detection for programs: ``{"time_s": 12.3, "word": "go", "score": 0.98713}``."""
    time_s, score = round(detection.time_s, 4), round(float(detection.score), 6)
    return json.dumps({"time_s": time_s, "word": detection.word, "score": score})


class Console:
    """
    Prints detections and notes, and keeps a level meter below them.

    The meter is one line on a terminal, redrawn in place ten times a second at most.

    Args:
        text_of: Makes the line of a detection.
        out: Where detections go.
        err: Where notes and the meter go.

    """

    def __init__(
        self,
        text_of: Callable[[Detection], str] = as_text,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        self._text_of = text_of
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._peak = 0
        self._drawn_s = -math.inf
        self._drawn = 0

    def detection(self, detection: Detection) -> None:
        """Print a detection at once."""
        self.clear()
        print(self._text_of(detection), file=self._out, flush=True)

    def note(self, text: str) -> None:
        """Print a line for whoever watches."""
        self.clear()
        print(text, file=self._err, flush=True)

    def meter(self, peak: int, status: Callable[[], str]) -> None:
        """
        Redraw the meter if it is time to.

        Args:
            peak: Largest absolute sample since the last call.
            status: What stands beside the level.

        """
        self._peak = max(self._peak, peak)
        now_s = time.monotonic()
        if now_s - self._drawn_s < _REDRAW_S or not self._err.isatty():
            return
        level = dbfs(self._peak)
        bar = "#" * round(_BAR * (1 - level / _QUIETEST_DBFS))
        line = f"{level:4.0f} dBFS [{bar:{_BAR}}] {status()}"[: self._width()]
        self._err.write("\r" + line.ljust(self._drawn))
        self._err.flush()
        self._peak, self._drawn_s, self._drawn = 0, now_s, len(line)

    def clear(self) -> None:
        """Remove the meter."""
        if self._drawn:
            self._err.write("\r" + " " * (self._drawn + _ECHO) + "\r")
            self._err.flush()
        self._drawn = 0

    @staticmethod
    def _width() -> int:
        """Return the columns a line may have without being wrapped, echo and all."""
        return min(shutil.get_terminal_size().columns, _WIDEST) - _ECHO - 1
