"""The report's figures: settings with their intervals, and the question fold by fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from radtl_tf.evaluation.answer import Answer, number, range_text
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.runs import SELECTED
from radtl_tf.report.svg import FAINT, SERIES, STYLE, svg

_MARKERS = "osD^vP"
_WIDTH = 3.3  # inches without the text beside the axes: with it about 430 px, readable on a telephone
_ROW = 0.21
_NUMBERS = 1.02  # where the numbers stand, in widths of the axes


def forest(evaluation: Evaluation) -> str:
    """Return the settings with their 95 % intervals as an SVG element, grouped by backbone and tuning."""
    estimates = evaluation.estimates[evaluation.estimates["learning_rate"] == SELECTED]
    groups = [(f"{name[0]}, {name[1]}", group) for name, group in estimates.groupby(["backbone", "tuning"], sort=False)]
    styles = _styles(evaluation)
    with mpl.rc_context(STYLE):
        height = len(estimates) + len(groups)
        figure = Figure(figsize=(_WIDTH, _ROW * height + 0.55))
        axes = figure.subplots()
        ticks: dict[int, str] = {}
        top = 0
        for title, group in groups:
            axes.text(0, top, title, transform=axes.get_yaxis_transform(), va="center", weight="bold")
            for position, row in enumerate(group.to_dict("records"), start=top + 1):
                _estimate(axes, position, row, styles[row["weights"]])
                ticks[position] = f"{row['weights']} ({row['pixels']})" if _has_conventions(group) else row["weights"]
            top += len(group) + 1
        _finish(axes, ticks, height)
        return svg(figure, "Test AUROC of each setting with its 95 % interval")


def fold_pairs(evaluation: Evaluation, answer: Answer) -> str:
    """Return the test AUROC of the question's two weights in every fold, as an SVG element."""
    sides = answer.folds[["first", "second"]].to_numpy()
    styles = _styles(evaluation)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH, 1.7))
        axes = figure.subplots()
        for pair in sides:
            axes.plot(pair, (0, 1), color=FAINT, linewidth=0.8, zorder=1)
        for position, (name, values) in enumerate(zip((answer.a, answer.b), sides.T, strict=True)):
            color, marker = styles[name]
            axes.plot(values, np.full(len(values), position), marker, color=color, markersize=5, alpha=0.8)
            mean = float(values.mean())
            axes.plot([mean, mean], [position - 0.22, position + 0.22], color=color, linewidth=2.2)
            axes.text(_NUMBERS, position, number(mean), transform=axes.get_yaxis_transform(), va="center")
        _finish(axes, {0: answer.a, 1: answer.b}, 2)
        axes.set_ylim(1.5, -0.5)
        return svg(figure, f"Test AUROC per fold of {answer.a} and {answer.b}; a line joins the same fold")


def _styles(evaluation: Evaluation) -> dict[str, tuple[str, str]]:
    """Return a color and a marker per weights; beyond six they start again."""
    names = evaluation.record.experiment["grid"]["weights"]
    count = len(SERIES)
    return {name: (SERIES[at % count], _MARKERS[at % count]) for at, name in enumerate(names)}


def _has_conventions(group: Any) -> bool:
    return bool(group["weights"].duplicated().any())


def _estimate(axes: Axes, position: int, row: Mapping[Any, Any], style: tuple[str, str]) -> None:
    color, marker = style
    axes.plot([row["ci_low"], row["ci_high"]], [position, position], color=color, linewidth=1.6)
    axes.plot(row["mean"], position, marker, color=color, markersize=5)
    text = f"{number(row['mean'])} ({range_text(row['ci_low'], row['ci_high'])})"
    axes.text(_NUMBERS, position, text, transform=axes.get_yaxis_transform(), va="center")


def _finish(axes: Axes, ticks: Mapping[int, str], height: int) -> None:
    """Name the rows, mark chance, and leave the frame out."""
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(height - 0.5, -0.7)
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, 0), min(high, 1.005))
    if low < 0.5:
        axes.axvline(0.5, color=FAINT, linewidth=0.8, linestyle=":")
    axes.set_xlabel("test AUROC")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
