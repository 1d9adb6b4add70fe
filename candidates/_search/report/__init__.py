"""The report of a study: a page and pictures, rendered from its journal alone."""

from pathlib import Path

from candidates._search.report.page import study_page
from candidates._search.report.pictures import pictures
from candidates._search.study import Study
from harness.files import write_text


def render(study: Study) -> Path:
    """Write the page and the pictures of *study* anew to its folder; returns the page's path."""
    drawn = pictures(study)
    for path in study.folder.glob("*.svg"):
        if path.stem not in drawn:
            path.unlink()
    for name, svg in drawn.items():
        write_text(study.folder / f"{name}.svg", svg)
    page = study.folder / "report.md"
    write_text(page, study_page(study, list(drawn)))
    return page
