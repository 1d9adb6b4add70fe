"""The pictures of a study as SVG, with repeatable bytes."""

from candidates._search.report.pictures.best import best_so_far
from candidates._search.report.pictures.importance import importance
from candidates._search.report.pictures.parallel import parallel
from candidates._search.report.pictures.scatter import scatter
from candidates._search.study import Study


def pictures(study: Study) -> dict[str, str]:
    """Return the SVG of each picture that there is material for, by name."""
    drawn = {
        "front": scatter(study),
        "progress": best_so_far(study),
        "importance": importance(study),
        "parallel": parallel(study),
    }
    return {name: svg for name, svg in drawn.items() if svg is not None}
