"""How much each field that varies decides whether a trial is among the best (PED-ANOVA)."""

import warnings
from typing import Final

from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

from candidates._search.study import Study
from harness.report.pictures.canvas import BLUE, INK, WIDTH, Canvas, our_style, text_width

FEWEST: Final = 10
"""Completed trials without which an importance would say nothing."""

_LANE, _TOP, _BOTTOM = 26, 64, 16
_QUANTILE: Final = 0.25
"""Share of the trials that are called the best: of few trials, a tenth would be one or two."""


def importance(study: Study) -> str | None:
    """Return the picture; None with fewer than FEWEST completed trials."""
    completed = study.optuna.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(completed) < FEWEST:
        return None
    headings = study.varied
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # experimental, and regimes of few trials
        found = get_param_importances(
            study.optuna,
            evaluator=PedAnovaImportanceEvaluator(target_quantile=_QUANTILE),
            params=sorted(headings),
        )
    shares = sorted(found.items(), key=lambda item: (-round(item[1], 6), item[0]))
    with our_style():
        height = _TOP + _LANE * len(shares) + _BOTTOM
        subtitle = (
            "What sets the best quarter of completed trials apart (PED-ANOVA, arXiv:2304.10255)."
        )
        canvas = Canvas("Importance of what varies", subtitle, height)
        left = 32 + max(text_width(heading) for heading in headings.values())
        widest = WIDTH - left - 90
        for lane, (path, share) in enumerate(shares):
            y = height - _TOP - _LANE * (lane + 0.5)
            canvas.text(left - 8, y, headings[path], color=INK, ha="right")
            width = max(1.0, widest * share)
            canvas.box(left, y - 7, width, 14, facecolor=BLUE, linewidth=0)
            canvas.text(left + width + 8, y, f"{100 * share:.0f} %", color=INK)
        return canvas.svg()
