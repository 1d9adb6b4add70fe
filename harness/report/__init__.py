"""Rendering: ``results/README.md`` and ``results/<board>/report.md`` from the raw records."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import files, store
from harness.report.group import Group, Row, newest, started
from harness.report.index import index_page
from harness.report.page import board_page

__all__ = ["render"]


def render(results: Path, models: Mapping[str, str]) -> list[Path]:
    """
    Write every page under *results* anew from the records there.

    Args:
        results: Folder of ``<board>/raw/*.json``.
        models: SHA-256 of the model that each candidate has now; a row of
            another model, or of no candidate, is history and not shown.

    Returns:
        The pages written.

    """
    boards = []
    for folder in sorted(path.parent for path in results.glob("*/raw") if path.is_dir()):
        groups = _groups(folder, models)
        if groups:
            boards.append((folder.name, groups))
    pages = {results / "README.md": index_page(boards)}
    for name, groups in boards:
        pages[results / name / "report.md"] = board_page(groups)
        pages |= {results / name / file: svg for file, svg in _pictures(groups).items()}
    for path, text in pages.items():
        files.write_text(path, text)
    for picture in results.glob("*/*-on-*.svg"):
        if picture not in pages:
            picture.unlink()  # of a data set or task with no row left to show
    return list(pages)


def _pictures(groups: Sequence[Group]) -> dict[str, str]:
    from harness.report.plots import pictures  # noqa: PLC0415  (matplotlib takes a second)

    return {
        f"{group.slug}-{name}.svg": svg
        for group in groups
        for name, svg in pictures(group.measurements, group.dataset["labels"]).items()
    }


def _groups(board: Path, models: Mapping[str, str]) -> list[Group]:
    """Return the newest row of each candidate, for each data set and task."""
    kept: dict[tuple[str, ...], dict[str, Row]] = {}
    records = [store.read(path) for path in sorted((board / "raw").glob("*.json"))]
    for record in sorted(records, key=started):
        dataset = record["dataset"]
        rows = kept.setdefault((dataset["name"], dataset["digest"], *dataset["labels"]), {})
        for measurement in record["measurements"]:
            name, model = measurement["candidate"], measurement["model_sha256"]
            if name in models and model in (models[name], None):
                rows[name] = Row(measurement, record)
    groups = [
        Group(dataset=newest(rows.values())["dataset"], rows=list(rows.values()))
        for _, rows in sorted(kept.items())
        if rows
    ]
    # People before synthetic voices, and the task of most candidates first.
    return sorted(groups, key=lambda group: (group.note is not None, -len(group.rows)))
