"""``results/README.md``: every board, who wins on it, by how much, and how sure that is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tabulate import tabulate

from harness.report.board import describe
from harness.report.group import Group, newest
from harness.report.table import not_certain
from harness.report.winners import winners

INDEX_TITLE: Final = "# Results"

_COLUMNS: Final = Path(__file__).with_name("columns.md").read_text(encoding="utf-8")
_HEADERS: Final = ("best at", "candidate", "value", "ahead of", "by", "how sure")


def index_page(boards: Sequence[tuple[str, Sequence[Group]]]) -> str:
    """Return the page for *boards*: the name of each, and what was measured on it."""
    parts = [INDEX_TITLE]
    for name, groups in boards:
        board = newest(row for group in groups for row in group.rows)["board"]
        parts += [f"## [{name}]({name}/report.md)", f"{describe(board)}."]
        for group in groups:
            parts += _section(group)
    return "\n\n".join([*parts, _COLUMNS])


def _section(group: Group) -> list[str]:
    heading = f"### {group.title}" + (" (synthetic voices, not people)" if group.note else "")
    table = tabulate(winners(group), _HEADERS, "github", disable_numparse=True)
    return [heading, _passing(group), *([table] if group.passed else [])]


def _passing(group: Group) -> str:
    unsure = sum(not_certain(row.measurement) for row in group.passed)
    told = f"{len(group.passed)} of {len(group.rows)} candidates pass"
    return f"{told}, {unsure} of them not for certain." if unsure else f"{told}."
