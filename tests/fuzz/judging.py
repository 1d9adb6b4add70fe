"""Judging a case in a child process: a right result, a helpful error, or a finding."""

import traceback
from pathlib import Path
from typing import Final, NamedTuple

from harness import children
from harness.children import Child, ChildError
from harness.errors import SpotbenchError
from harness.text import printable
from tests.fuzz.case import Case

RIGHT: Final = "right"
REFUSED: Final = "refused"
FINDING: Final = "finding"
VERDICTS: Final = (RIGHT, REFUSED, FINDING)

MORE_S: Final = 90.0
"""How much longer than a child of the product a case may take, in seconds."""

_LONGEST_ERROR: Final = 1_000
"""Most characters of an error that a person reads to its end."""


_OTHER_NAMES: Final = ("standard input",)


class Outcome(NamedTuple):
    """
    What came of a case.

    Attributes:
        verdict: One of VERDICTS.
        text: The error, or what was found; empty if the result is right.

    """

    verdict: str
    text: str


def judge(case: Case, folder: Path) -> Outcome:
    """Make and judge a case in a child process, which has the empty *folder* to write to."""
    try:
        return children.run(_judged, case, folder, MORE_S)
    except ChildError as error:
        return Outcome(FINDING, f"the case {error}")


def _judged(child: Child, case: Case, folder: Path, more_s: float) -> Outcome:
    found = Outcome(REFUSED, "")
    child.begin("when made", more_s)
    try:
        generator = case.random()
        made = case.kind.make(generator)
        for way in case.kind.ways:
            child.begin(f"in {way.__name__}", more_s)
            try:
                way(made, folder, generator)
                found = Outcome(RIGHT, "")
            except SpotbenchError as error:
                require_helpful(str(error), made.name)
                if found.verdict != RIGHT:
                    found = Outcome(REFUSED, str(error))
    except BaseException:  # noqa: BLE001  (that is what is looked for)
        return Outcome(FINDING, traceback.format_exc())
    return found


def require_helpful(text: str, name: str) -> None:
    """Raise AssertionError if nobody could act on the error *text* about the file *name*."""
    assert text.strip(), "the error is empty"
    assert len(text) <= _LONGEST_ERROR, f"the error has {len(text):,} characters"
    assert text == printable(text), "the error has characters that cannot be printed"
    names = (name, Path(name).stem, *_OTHER_NAMES)  # a model's file bears the candidate's name
    named = any(each in text for each in names) or any(map(str.isdigit, text))
    assert named, "the error names neither the file, the candidate nor a value"
    assert "; " in text, "the error names no cure"
