"""A run of the fuzzer: one case after another; the kinds take turns by the time they take."""

import contextlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tabulate import tabulate

from harness.files import locked, write_bytes, write_text
from harness.scratch import scratch, sweep
from tests.fuzz.case import Case, Kind
from tests.fuzz.judging import FINDING, REFUSED, RIGHT, Outcome, judge
from tests.fuzz.state import State

_HEADERS: Final = ("kind", "cases", "right results", "refused with our error", "findings")


class Fuzzer:
    """
    Runs cases of one seed, and goes on where an earlier run ended or was killed.

    Args:
        kinds: Kinds of input.
        seed: Seed of all cases.
        folder: Where the counts and all findings are kept.

    """

    def __init__(self, kinds: Sequence[Kind], seed: int, folder: Path) -> None:
        self._kinds, self._seed, self._folder = kinds, seed, folder
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"seed-{seed}.json"
        self._state = State(self._path)

    def run(self, *, most_s: float, most_cases: float) -> None:
        """
        Run cases until so many seconds are over, or there are so many of each kind.

        Raises:
            BlockingIOError: If another process runs cases of this seed in this folder.

        """
        spent_s = dict.fromkeys(self._kinds, 0.0)
        with locked(self._path.with_suffix(".lock"), wait=False):
            sweep(self._folder)
            while sum(spent_s.values()) < most_s:
                due = [kind for kind in spent_s if self._next(kind) < most_cases]
                if not due:
                    break
                kind = min(due, key=spent_s.__getitem__)
                start = time.monotonic()
                self._state.add(kind.name, self.judge(kind, self._next(kind)).verdict)
                spent_s[kind] += time.monotonic() - start

    def judge(self, kind: Kind, number: int) -> Outcome:
        """Judge one case, whether for the first time or again; a finding is told and kept."""
        case = Case(kind, self._seed, number)
        with scratch(self._folder) as place:
            own = place / "case"  # the place itself is locked
            own.mkdir()
            outcome = judge(case, own)
        if outcome.verdict == FINDING:
            self._keep(case, outcome)
        return outcome

    def _keep(self, case: Case, outcome: Outcome) -> None:
        place = self._folder / "findings" / f"{case.kind.name}-{case.seed}-{case.number}"
        shutil.rmtree(place, ignore_errors=True)
        write_text(place / "finding.txt", outcome.text)
        print(f"finding: {place}: {outcome.text.strip().splitlines()[-1]}", flush=True)
        with contextlib.suppress(Exception):  # if the case cannot be made, the text says so
            made = case.made()
            write_bytes(place / made.name, made.data)

    @property
    def findings(self) -> int:
        """Number of findings, those of earlier runs included."""
        return sum(self._state.count(kind.name, FINDING) for kind in self._kinds)

    def table(self) -> str:
        """Return the table of all cases, those of earlier runs included."""
        rows = [
            (name, self._next(kind), *(self._state.count(name, each) for each in _COLUMNS))
            for kind in self._kinds
            if (name := kind.name)
        ]
        return tabulate(rows, _HEADERS, "simple", intfmt=",")

    def _next(self, kind: Kind) -> int:
        return self._state.next_number(kind.name)


_COLUMNS: Final = (RIGHT, REFUSED, FINDING)
