"""Figures of the estimates and of the question: by setting, by fold and by pixel convention."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number
from radtl_tf.records.runs import SELECTED
from radtl_tf.report.drawing.axes import (
    MARKERS,
    ROW,
    canvas,
    draw_interval,
    drawn,
    finish,
    finish_values,
    print_next_to,
    styles,
    told,
)
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import FAINT, SERIES


def forest_figure(evaluation: Evaluation) -> Figure:
    """Return the settings with their 95 % intervals, grouped by backbone and tuning."""
    estimates = evaluation.estimates[evaluation.estimates["learning_rate"] == SELECTED]
    groups = [(f"{name[0]}, {name[1]}", group) for name, group in estimates.groupby(["backbone", "tuning"], sort=False)]
    look, metric = styles(evaluation.record), evaluation.record.question_metric.name
    lower = "Lower is better. " * evaluation.record.lower_is_better
    ticks: dict[int, str] = {}
    said: list[str] = []
    top, height = 0, len(estimates) + len(groups)
    with canvas(ROW * height + 0.55) as figure:
        axes = figure.subplots()
        for title, group in groups:
            axes.text(0, top, title, transform=axes.get_yaxis_transform(), va="center", weight="bold")
            for position, row in enumerate(group.to_dict("records"), start=top + 1):
                ends = row["ci_low"], row["ci_high"]
                text = draw_interval(axes, position, row["mean"], ends, look[row["weights"]])
                ticks[position] = f"{row['weights']} ({row['pixels']})" if _has_conventions(group) else row["weights"]
                said.append(f"{title}, {ticks[position]}: {text}")
            top += len(group) + 1
        finish_values(axes, evaluation.record, ticks, height)
        return drawn(
            figure,
            key="forest",
            title=f"Test {metric} of each setting with its 95 % interval",
            alt=told(said, "in the table of settings"),
            caption=f"Mean test {evaluation.record.metric_in_unit} over the folds with its 95 % interval, at the "
            f"learning rate chosen by inner loss. {lower}Overlapping intervals do not mean that two weights are "
            "equal: both share the folds, so look at their difference.",
        )


def pairs_figure(evaluation: Evaluation) -> Figure | None:
    """Return the values of the question's two weights in every fold, by convention; ``None`` without a question."""
    answer = evaluation.question
    if not answer:
        return None
    look = styles(evaluation.record)
    ticks: dict[int, str] = {}
    said: list[str] = []
    with canvas(1.35 * len(answer.by_convention) + 0.35) as figure:
        axes = figure.subplots()
        for top, found in zip(range(0, 3 * len(answer.by_convention), 3), answer.by_convention, strict=True):
            sides = found.folds[["first", "second"]].to_numpy()
            for pair in sides:
                axes.plot(pair, (top, top + 1), color=FAINT, linewidth=0.8, zorder=1)
            for position, (name, values) in enumerate(zip((answer.a, answer.b), sides.T, strict=True), start=top):
                _side(axes, position, values, look[name])
            ticks |= {top: found.a, top + 1: found.b}
            better = int((sides[:, 0] > sides[:, 1]).sum())
            said.append(f"{found.a} is above {found.b} in {better} of {len(sides)} folds")
        finish_values(axes, evaluation.record, ticks, 2)
        axes.set_ylim(max(ticks) + 0.5, -0.5)
        return drawn(
            figure,
            key="pairs",
            title=f"{answer.a} and {answer.b}, fold by fold",
            alt=told(said, "in the table of comparisons"),
            caption=f"Test {evaluation.record.metric_in_unit} of the question's two weights in each fold; bars are "
            "means. A grey line joins the two in the same fold.",
        )


def conventions_figure(evaluation: Evaluation) -> Figure | None:
    """Return the difference under every pixel convention with its 95 % interval; ``None`` without an ablation."""
    ablation = evaluation.ablation
    if not ablation:
        return None
    names = [row.contrast.pixels for row in ablation.trained.rows]
    groups = [("trained head", ablation.trained), *([("linear probe", ablation.probe)] if ablation.probe else [])]
    said: list[str] = []
    with canvas(1.8 * ROW * len(names) + 0.9) as figure:
        axes = figure.subplots()
        axes.axvspan(-ablation.margin, ablation.margin, facecolor=FAINT, alpha=0.3)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        for (label, series), color, marker, shift in zip(groups, SERIES, MARKERS, (-0.21, 0.21), strict=False):
            for position, row in enumerate(series.rows):
                value, ends = row.test.mean, row.test.interval()
                text = draw_interval(axes, position + shift, value, ends, (color, marker), sign=True)
                said.append(f"{row.contrast.pixels}, {label}: {text}")
            axes.plot([], [], marker, color=color, markersize=5, label=label)
        finish(axes, dict(enumerate(names)), len(names), f"{ablation.a} - {ablation.b}, {ablation.metric}")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.38 / (0.34 * len(names))), ncols=2)
        return drawn(
            figure,
            key="conventions",
            title=f"{ablation.a} minus {ablation.b} under each pixel convention with its 95 % interval",
            alt=told(said, "in the table of pixel conventions"),
            caption=f"Difference in test {ablation.metric} with its 95 % interval (not adjusted), both weights fed "
            "with the same convention; the shaded band is the margin. If the trained head's marks move with the "
            "convention and the probe's do not, the trained head measures the scale of the features, not their "
            "content.",
            section="conditions",
        )


def _has_conventions(group: pd.DataFrame) -> bool:
    return bool(group["weights"].duplicated().any())


def _side(axes: Axes, position: int, values: Any, style: tuple[str, str]) -> None:
    """Draw the fold values of one side with their mean."""
    color, marker = style
    axes.plot(values, np.full(len(values), position), marker, color=color, markersize=5, alpha=0.8)
    mean = float(values.mean())
    axes.plot([mean, mean], [position - 0.22, position + 0.22], color=color, linewidth=2.2)
    print_next_to(axes, position, number(mean))
