"""Rendering: ``results/README.md`` and ``results/<board>/report.md`` from the raw records."""

from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path

from harness import files
from harness.errors import ResultsError
from harness.record import store
from harness.record.machines import NOT_RECORDED, machine_of
from harness.record.schema import Measurement, Record
from harness.report.group import Group, Row, digits_digests, newest, started
from harness.report.index import INDEX_TITLE, index_page, page_link
from harness.report.page import board_page

__all__ = ["listed", "render", "require_renderable"]


def render(results: Path, models: Mapping[str, str], board: Path | None = None) -> list[Path]:
    """
    Write every page under *results* anew from the records there.

    With *board*, a folder that the index does not list, only the pages of that folder are
    written: what others published stays as it is, byte for byte.

    Args:
        results: Folder that holds ``<board>/raw/*.json``.
        models: SHA-256 of each candidate's current model. A row of another model, or
            of a candidate that is not among these, is history and not shown.
        board: Folder of the only board whose pages are written; None for all.

    Returns:
        Paths of the pages and pictures written.

    Raises:
        ResultsError: If a record cannot be read, a page cannot be written, or the
            folder has a README that is not an index of results.

    """
    _require_ours(results)
    folders = _folders(results) if board is None else [board]
    boards = [(folder, _groups(folder, models)) for folder in folders]
    shown = [(folder, groups) for folder, groups in boards if groups]
    pages = {}
    if board is None:
        pages[results / "README.md"] = index_page([(f.name, groups) for f, groups in shown])
    for folder, groups in shown:
        pages[folder / "report.md"] = board_page(folder.name, groups)
        pages |= {folder / name: svg for name, svg in _pictures(groups).items()}
    for path, text in pages.items():
        files.write_text(path, text)
    _tidy(folders, pages)
    return list(pages)


def listed(board: Path) -> bool:
    """Return whether the index beside a board's folder lists it, or is not written yet."""
    index = board.parent / "README.md"
    return not index.exists() or page_link(board.name) in index.read_text(errors="replace")


def require_renderable(results: Path) -> None:
    """Raise ResultsError if :func:`render` would, before a run of minutes begins."""
    _require_ours(results)
    for folder in _folders(results):
        _records(folder)


def _records(board: Path) -> list[Record]:
    """Read every record in a board's folder, oldest first; raises ResultsError."""
    return sorted(map(_read, sorted((board / "raw").glob("*.json"))), key=started)


def _read(path: Path) -> Record:
    """Read a record; raises ResultsError if its pages cannot be rendered."""
    record = store.read(path)
    rows = [Row(measurement, record) for measurement in record["measurements"]]
    try:
        group = Group(dataset=record["dataset"], rows=rows)
        if rows:
            board_page("", [group])
            index_page([("", [group])])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"{path} cannot be shown ({error!r}); {store.CURE}"
        raise ResultsError(msg) from error
    return record


def _folders(results: Path) -> list[Path]:
    return sorted(path.parent for path in results.glob("*/raw") if path.is_dir())


def _require_ours(results: Path) -> None:
    """Raise ResultsError if the folder's README was not rendered here and would be lost."""
    readme = results / "README.md"
    if readme.exists() and not readme.read_text(errors="replace").startswith(INDEX_TITLE):
        msg = f"{readme} is not an index of results and would be lost; choose another folder"
        raise ResultsError(msg)


def _tidy(folders: Iterable[Path], pages: Container[Path]) -> None:
    """Remove pages and pictures of a board, data set or task that has no rows any more."""
    for folder in folders:
        for path in (folder / "report.md", *folder.glob("*-on-*.svg")):
            if path not in pages:
                path.unlink(missing_ok=True)


def _pictures(groups: Sequence[Group]) -> dict[str, str]:
    from harness.report.pictures import pictures  # noqa: PLC0415  (matplotlib takes a second)

    return {
        f"{group.slug}-{name}.svg": svg
        for group in groups
        for name, svg in pictures(group.measurements, group.dataset["labels"]).items()
    }


def _groups(board: Path, models: Mapping[str, str]) -> list[Group]:
    """
    Return the newest complete row of each candidate, by data set, task and machine.

    A row whose record names no machine gives way to a newer one that does.
    """
    kept: dict[tuple[str, ...], dict[str, Row]] = {}
    for record in _records(board):
        dataset, machine = record["dataset"], machine_of(record["board"])
        key = (dataset["name"], dataset["digest"], *digits_digests(dataset), *dataset["labels"])
        rows = kept.setdefault((*key, machine), {})
        unnamed = kept.get((*key, NOT_RECORDED), {})
        for measurement in record["measurements"]:
            name, model = measurement["candidate"], measurement["model_sha256"]
            if name not in models or model not in (models[name], None):
                continue
            if name not in rows or not _cut_short(measurement, rows[name].measurement):
                rows[name] = Row(measurement, record)
            if rows is not unnamed:
                unnamed.pop(name, None)
    groups = [
        Group(dataset=newest(rows.values())["dataset"], rows=list(rows.values()))
        for _, rows in sorted(kept.items())
        if rows
    ]
    # Recordings of people come before synthetic voices, tasks with more candidates first.
    return sorted(groups, key=lambda group: (group.note is not None, -len(group.rows)))


def _cut_short(row: Measurement, earlier: Measurement) -> bool:
    """Return whether a row has fewer windows than an *earlier* one, as after an interrupted run."""
    taken, before = row["windows"], earlier["windows"]
    return taken is not None and before is not None and len(taken) < len(before)
