"""
Run by killing.py: kills ``work()`` of the given code at many moments, and calls ``check()`` after.

A moment is that before a line of Python is run, be it a line of the standard library. Half
of them come right after a change to a file or folder, the others anywhere; either are spread
evenly over one ``work()``. So they are the same on a quick machine and on a slow one.
"""

import itertools
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import Any

_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")


class Lines:
    """
    Counts the lines that are run, and kills this process at one of them.

    Attributes:
        total: Lines so far.
        after_changes: The numbers of those that were the first after a change.

    """

    def __init__(self, last: int | None = None) -> None:
        self.total = 0
        self.after_changes: list[int] = []
        self._last = last
        self._changed = False
        sys.addaudithook(self._note)
        sys.settrace(self._trace)

    def _note(self, event: str, given: tuple[Any, ...]) -> None:
        writes = event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR)
        self._changed |= bool(writes or event in _CHANGES)

    def _trace(self, *_: object) -> Any:
        self.total += 1
        if self._changed:
            self.after_changes.append(self.total)
            self._changed = False
        if self.total == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._trace


def spread(moments: Sequence[int], kills: int) -> Iterable[int]:
    """Return so many of *moments*, or all of them, as far apart as may be."""
    kills = min(kills, len(moments))
    return (moments[len(moments) * kill // kills] for kill in range(kills))


def main(setup: str, kills: int) -> None:
    """Define ``work()`` and ``check()``; kill the one so often, and call the other each time."""
    given: dict[str, Any] = {"sys": sys}
    exec(setup, given)  # noqa: S102  (code of the test that calls this)
    given["work"]()  # imports what it needs, and undoes what was left: lines to leave out
    lines = Lines()
    given["work"]()
    sys.settrace(None)
    anywhere = spread(range(1, lines.total + 1), kills // 2)
    after_changes = spread(lines.after_changes, kills // 2)
    for moment in itertools.chain(anywhere, after_changes):
        worker = os.fork()
        if worker == 0:
            try:
                given["work"]()
                Lines(moment)
                while True:
                    given["work"]()
            finally:
                os._exit(1)
        _, status = os.waitpid(worker, 0)
        assert os.WIFSIGNALED(status), "the work ended by itself"
        given["check"]()


if __name__ == "__main__":
    main(sys.stdin.read(), int(sys.argv.pop(1)))
