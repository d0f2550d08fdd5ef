"""Predicted numbers against the truth: the scatter, the Bland-Altman plot, and the conformal intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, range_text
from radtl_tf.evaluation.metrics.numbers import bias, lower_limit, upper_limit
from radtl_tf.evaluation.numbers_and_stages.conformal import COVERAGE, HALF_WIDTH, LEVEL
from radtl_tf.records.ages import identifies
from radtl_tf.report.drawing.axes import drawn, legend_below, panels
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.panels import looks, said, shown_settings
from radtl_tf.report.drawing.svg import FAINT
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.topics.secondary_metrics import estimate_cells, setting_cells

_DOT: dict[str, Any] = {"markersize": 2.6, "linestyle": "", "alpha": 0.55}
_CASES = "one dot per test case of the first repeat, which tests every case once"


NOT_DRAWN = " Patients above 89 years are not drawn, because their age identifies them; the lines include them."


def scatter_figure(evaluation: Evaluation) -> Figure | None:
    """Return prediction against truth with the identity line; ``None`` if the task is not a regression."""
    unit = evaluation.record.in_unit.strip()
    return _figure(
        evaluation,
        (f"truth ({unit})", f"prediction ({unit})"),
        draw_identity,
        key="scatter",
        title="Prediction and truth",
        caption=f"Prediction against truth, {_CASES}; on the dotted line a prediction is right. Dots above the line at "
        "the left and below it at the right mean that predictions are drawn to the middle.",
    )


def bland_altman_figure(evaluation: Evaluation) -> Figure | None:
    """Return the difference against the mean of prediction and truth; ``None`` if the task is not a regression."""
    unit = evaluation.record.in_unit.strip()
    return _figure(
        evaluation,
        (f"mean of prediction and truth ({unit})", f"prediction - truth ({unit})"),
        draw_differences,
        key="bland-altman",
        title="Bland-Altman plot",
        caption=f"Prediction minus truth against their mean (Bland & Altman 1986), {_CASES}. The line is the bias, the "
        "dashed lines are the 95 % limits of agreement: bias ± 1.96 SD of the differences. These are of all dots "
        "together; the table Secondary metrics has the means over the test parts.",
    )


def conformal_table(evaluation: Evaluation) -> Table:
    """Return half-width and coverage of the conformal interval of every setting."""
    cells = estimate_cells(evaluation.secondary.conformal)
    unit = evaluation.record.in_unit.strip()
    return Table(
        key="conformal",
        title="Conformal interval",
        caption=f"Prediction ± half-width should hold the truth of {LEVEL:.0%} of new cases (split conformal "
        "prediction, Lei et al. 2018): the half-width comes from the errors on the inner part of each run, the "
        "coverage is the share of the test part inside; means over the test parts (95 % interval). The promise holds "
        "on "
        "average over all cases, not for each age or sex. It is approximate here, because the inner part has also "
        "chosen the epoch and the learning rate: a coverage below "
        f"{LEVEL:.0%} shows by how much. A dash means: too few cases in an inner part.",
        columns=("Backbone", "Tuning", "Weights", "Pixels", f"Half-width ({unit})", "Coverage"),
        rows=tuple(
            (*setting_cells(setting), cells[setting.name, HALF_WIDTH], cells[setting.name, COVERAGE])
            for setting in evaluation.record.settings
            if (setting.name, HALF_WIDTH) in cells
        ),
        section="metrics",
    )


def _figure(
    evaluation: Evaluation,
    labels: tuple[str, str],
    draw: Callable[[Axes, pd.DataFrame, dict[str, Any], str], None],
    **texts: str,
) -> Figure | None:
    if not evaluation.record.target.is_number:
        return None
    shown, unit = shown_settings(evaluation.record), evaluation.record.in_unit
    cases = {name: _numbers(of, unit) for name, of in evaluation.secondary.cases.groupby("scenario")}
    if not all(of["drawn"].all() for of in cases.values()):
        texts["caption"] += NOT_DRAWN
    with panels(list(shown), labels) as axes:
        for name, place in axes.items():
            for line, look in looks(evaluation.record, shown[name]):
                draw(place, cases[line.setting.name], look, line.name)
            place.xaxis.set_major_locator(MaxNLocator(5))
            place.yaxis.set_major_locator(MaxNLocator(5))
        alt = said(shown, lambda line: _told(cases[line.setting.name], unit), "in the tables")
        return drawn(legend_below(axes), alt=alt, **texts)


def draw_identity(axes: Axes, cases: pd.DataFrame, look: dict[str, Any], name: str) -> None:
    """Draw prediction against truth (columns of ``cases``), and the line where both are equal.

    A dot for each case that is to be ``drawn``.
    """
    dots = cases[cases["drawn"]]
    axes.plot(dots["truth"], dots["predicted"], label=name, color=look["color"], marker=look["marker"], **_DOT)
    ends = [dots["truth"].min(), dots["truth"].max()]
    axes.plot(ends, ends, color=FAINT, linestyle=":", linewidth=1.2, zorder=0)


def draw_differences(axes: Axes, cases: pd.DataFrame, look: dict[str, Any], name: str) -> None:
    """Draw the difference of prediction and truth against their mean, with bias and limits of agreement.

    A dot for each case that is to be ``drawn``; the lines are of all cases.
    """
    truth, predicted = cases["truth"].to_numpy(), cases["predicted"].to_numpy()
    means, style = (truth + predicted) / 2, {"color": look["color"], "marker": look["marker"], **_DOT}
    dots = cases["drawn"].to_numpy()
    axes.plot(means[dots], (predicted - truth)[dots], label=name, **style)
    axes.axhline(0, color=FAINT, linestyle=":", linewidth=1, zorder=0)
    axes.axhline(bias(truth, predicted), color=look["color"], linewidth=1.2)
    for limit in (lower_limit(truth, predicted), upper_limit(truth, predicted)):
        axes.axhline(limit, color=look["color"], linewidth=1, linestyle="--")


def drawable(cases: pd.DataFrame, unit: str | None) -> pd.DataFrame:
    """Return truth and prediction with the column ``drawn``: whether a dot may show the case."""
    return cases.assign(drawn=[not identifies(truth, unit) for truth in cases["truth"]])


def _numbers(cases: pd.DataFrame, unit: str) -> pd.DataFrame:
    return drawable(cases.astype({"truth": float, "predicted": float}), unit)


def _told(cases: pd.DataFrame, in_unit: str) -> str:
    truth, predicted = (cases[name].to_numpy(dtype=np.float64) for name in ("truth", "predicted"))
    limits = range_text(lower_limit(truth, predicted), upper_limit(truth, predicted))
    return f"bias {number(bias(truth, predicted), sign=True)}{in_unit}, limits of agreement {limits}"
