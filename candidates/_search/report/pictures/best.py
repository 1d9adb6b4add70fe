"""How the best value of each goal changed over the finished trials."""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from candidates._search.study import Study
from candidates._search.trial import FINISHED
from harness.record.metric import Metric
from harness.report.pictures.canvas import BLUE, FAINT, MUTED, WIDTH, Canvas, our_style

_PANEL: Final = 150
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 84, WIDTH - 24, 64, 44, 28


def best_so_far(study: Study) -> str | None:
    """Return the picture, a panel for each goal; None without two completed trials."""
    aims = study.aims
    finished = [trial for trial in study.trials() if trial.state in FINISHED]
    rows = [trial.outcome.row for trial in finished]
    if sum(row is not None for row in rows) < 2:  # noqa: PLR2004  (one trial is no course)
        return None
    with our_style():
        panels = len(aims.objectives)
        height = _TOP + panels * _PANEL + (panels - 1) * _GAP + _BOTTOM
        subtitle = "Dots: completed trials that meet all limits (the others pale). Line: the best."
        canvas = Canvas("The best so far", subtitle, height)
        for index, metric in enumerate(aims.objectives):
            top = height - _TOP - index * (_PANEL + _GAP)
            axes = canvas.axes(_LEFT, top - _PANEL, _RIGHT, top)
            fits = [row is not None and not aims.excess(row) for row in rows]
            values = [None if row is None else metric.value(row) for row in rows]
            _draw(axes, metric, values, fits)
            axes.set_xlim(0, len(rows) + 1)
        axes.set_xlabel("finished trials")
        return canvas.svg()


def _draw(axes: Axes, metric: Metric, values: list[float | None], fits: list[bool]) -> None:
    best: float | None = None
    line: list[tuple[int, float]] = []
    for at, (value, fit) in enumerate(zip(values, fits, strict=True), start=1):
        if value is None:
            continue
        shown = value / metric.unit.size
        alpha = 0.9 if fit else 0.35
        axes.plot(at, shown, "o", color=BLUE if fit else MUTED, markersize=5, alpha=alpha)
        if fit and (best is None or metric.beats(value, best)):
            best = value
        if best is not None:
            line.append((at, best / metric.unit.size))
    if line:
        line.append((len(values), line[-1][1]))
        xs, ys = zip(*line, strict=True)
        axes.step(xs, ys, where="post", color=BLUE, linewidth=1.5)
    name = metric.heading.removesuffix(metric.unit.symbol).strip()
    axes.set_ylabel(f"{name} ({metric.unit.symbol})")
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
