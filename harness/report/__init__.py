"""Rendering: ``results/README.md`` and ``results/<board>/report.md`` from the raw records."""

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from harness import files
from harness.errors import ResultsError
from harness.report.collect import collect
from harness.report.group import Group
from harness.report.index import INDEX_TITLE, index_page, page_link
from harness.report.page import board_page

_PICTURE: Final = re.compile(r"-[0-9a-f]{8}-[a-z-]+\.svg$")
"""The end of a picture's name: a digest, and what the picture shows."""

__all__ = ["listed", "render", "require_renderable"]


def render(
    results: Path,
    models: Mapping[str, str],
    board: Path | None = None,
    *,
    warn: Callable[[str], object] = lambda _: None,
) -> list[Path]:
    """
    Write every page under *results* anew from the records there, while no other process does.

    With *board*, a folder that the index does not list, only the pages of that folder are
    written: what others published stays as it is, byte for byte.

    Args:
        results: Folder that holds ``<board>/raw/*.json``.
        models: SHA-256 of each candidate's current model. A row of another model, or
            of a candidate that is not among these, is history and not shown.
        board: Folder of the only board whose pages are written; None for all.
        warn: Is told of each record that cannot be read, and of clocks that disagree; pages
            say so, too.

    Returns:
        Paths of the pages and pictures written.

    Raises:
        ResultsError: If a page cannot be written, or the folder has a README that is not
            an index of results.

    """
    require_renderable(results)
    files.require_writable(results)
    with files.locked_folder(results):
        return _render(results, models, board, warn)


def _render(
    results: Path,
    models: Mapping[str, str],
    board: Path | None,
    warn: Callable[[str], object],
) -> list[Path]:
    folders = _folders(results) if board is None else [board]
    boards = [collect(folder, models) for folder in folders]
    shown = [found for found in boards if found.groups or found.faults]
    pages = {results / "README.md": index_page(shown)} if board is None else {}
    for found in shown:
        folder = results / found.name
        pages[folder / "report.md"] = board_page(found)
        pages |= {folder / name: svg for name, svg in _pictures(found.groups).items()}
        for text in (*(f"not shown: {fault}" for fault in found.faults), *found.clocks):
            warn(text)
    for path, text in pages.items():
        files.write_text(path, text)
    _tidy(folders, pages)
    return list(pages)


def listed(board: Path) -> bool:
    """Return whether the index beside a board's folder lists it, or is not written yet."""
    index = board.parent / "README.md"
    return not index.exists() or page_link(board.name) in index.read_text(errors="replace")


def require_renderable(results: Path) -> None:
    """
    Raise ResultsError if :func:`render` would, before a run of minutes begins.

    It would if the folder's README was not rendered here: that would be lost.
    """
    readme = results / "README.md"
    if readme.exists() and not readme.read_text(errors="replace").startswith(INDEX_TITLE):
        msg = f"{readme} is not an index of results and would be lost; choose another folder"
        raise ResultsError(msg)


def _folders(results: Path) -> list[Path]:
    return sorted(path.parent for path in results.glob("*/raw") if path.is_dir())


def _tidy(folders: Iterable[Path], pages: Container[Path]) -> None:
    """Remove pages and pictures of a board, data set or task that has no rows any more."""
    for folder in folders:
        ours = [path for path in folder.glob("*.svg") if _PICTURE.search(path.name)]
        for path in (folder / "report.md", *ours):
            if path not in pages:
                path.unlink(missing_ok=True)


def _pictures(groups: Sequence[Group]) -> dict[str, str]:
    from harness.report.pictures import pictures  # noqa: PLC0415  (matplotlib takes a second)

    return {
        f"{group.slug}-{name}.svg": svg
        for group in groups
        for name, svg in pictures(group.measurements, group.dataset["labels"]).items()
    }
