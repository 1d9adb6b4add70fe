"""``results/README.md``: the winners on every board, with their lead and how sure it is."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from tabulate import tabulate

from harness.record.metrics import FEW_FALSE_ACCEPTS, not_certain
from harness.report.board import describe
from harness.report.collect import Board
from harness.report.columns import TABLES
from harness.report.group import Group, headings, newest
from harness.report.winners import winners
from harness.statistics import ALPHA
from harness.text import markdown

INDEX_TITLE: Final = "# Results"

_READING_WINNERS: Final = f"""\
## How to read the winners

Only candidates that pass can win; the best at *detection* must also have less than \
{100 * FEW_FALSE_ACCEPTS:g} % false accepts on each kind of words: digits, unheard and heard ones. \
The lead is over the next best candidate. *May be chance*: the two differ on so few clips that \
the lead may be luck (McNemar's exact test, p at least {ALPHA:g}), so do not choose by it. Results \
on synthetic voices say little about people.

## Heard and unheard words

A model card lists every word that its training contained. The model learned to ignore the other \
words among these, so false accepts on them say little about the words that a microphone picks \
up. No training, calibration or choice of a candidate uses English digits, so false accepts on \
digits show what to expect from words that a model has never heard."""

_VERDICTS: Final = (
    "**pass**: it beats every limit. **miss**: it misses exactly the limits that its module "
    "declares to be missed. **fail**: it misses another limit, or beats one that it is expected to "
    "miss. **invalid**: its times are not valid, for the reason given. **error**: it could not be "
    "measured. **?**: not certain, because a limit lies within the 95 % interval of the share it "
    "limits, so other speakers might change the verdict. **not judged**: the module declares this "
    "limit to be missed on other data sets and says nothing of this one, so the value takes no "
    "part in the verdict."
)
_HEADERS: Final = ("best at", "candidate", "value", "ahead of", "by", "how sure")


def index_page(boards: Sequence[Board]) -> str:
    """Return the page for *boards*."""
    parts = [INDEX_TITLE]
    for name, groups, faults, _ in boards:
        parts.append(f"## {page_link(name)}")
        if groups:
            newest_record = newest(row for group in groups for row in group.rows)
            parts.append(f"{markdown(describe(newest_record['board']))}.")
        if faults:
            parts.append(f"{len(faults)} of its records cannot be read: see its page.")
        for group, heading in zip(groups, headings(groups), strict=True):
            parts += _section(group, heading)
    return "\n\n".join([*parts, _READING_WINNERS, "## How to read the columns", _meanings()]) + "\n"


def page_link(name: str) -> str:
    """Return the link to the page of the board whose folder is called *name*."""
    return f"[{markdown(name)}]({quote(name)}/report.md)"


def _section(group: Group, title: str) -> list[str]:
    heading = f"### {markdown(title)}" + (" (synthetic voices, not people)" if group.note else "")
    lines = [list(map(markdown, winner)) for winner in winners(group)]
    table = tabulate(lines, _HEADERS, "github", disable_numparse=True)
    return [heading, _passing(group), *([table] if group.passed else [])]


def _passing(group: Group) -> str:
    unsure = sum(not_certain(row.measurement) for row in group.passed)
    text = f"{len(group.passed)} of {len(group.rows)} candidates pass"
    return f"{text}, {unsure} of them not for certain." if unsure else f"{text}."


def _meanings() -> str:
    """Return the table that explains the columns of all tables."""
    columns = [column for table in TABLES.values() for column in table()]
    meanings = {column.heading: column.meaning for column in columns if column.meaning}
    lines = "".join(f"| {heading} | {meaning}. |\n" for heading, meaning in meanings.items())
    return f"| column | meaning |\n|:--|:--|\n| verdict | {_VERDICTS} |\n{lines}".rstrip()
