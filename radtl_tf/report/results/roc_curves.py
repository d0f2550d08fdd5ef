"""Figures of discrimination: ROC and precision-recall curves of the question's settings."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, with_interval
from radtl_tf.evaluation.secondary.roc_curves import PRECISION_RECALL, QUESTION, ROC
from radtl_tf.report.drawing.axes import drawn, legend_below, panels, styles, told
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import FAINT
from radtl_tf.report.text.task_words import words

_ASKED = "the question"
_SHOWN = (
    "Mean of one curve per test part, averaged {along}; scores of different folds are never pooled. The learning rate "
    "is chosen by inner loss in each training part{first}. The band runs from the lowest to the highest fold (a "
    "spread, not an interval). {rest}"
)
_CHOSEN = f"; in the panel '{_ASKED}', so are backbone and tuning"


def roc_figure(evaluation: Evaluation) -> Figure | None:
    """Return the mean ROC curve of each setting of the question, a panel per backbone and tuning."""
    return _figure(
        evaluation,
        ROC,
        title="ROC curves",
        labels=("1 - specificity", "sensitivity"),
        at=("Sensitivity at false-positive rate 0.1, mean and range", 0.1),
        along="vertically (mean sensitivity at each false-positive rate)",
        rest="The dotted line is chance. In each panel: the mean AUROC over the folds, with its 95 % interval.",
    )


def precision_recall_figure(evaluation: Evaluation) -> Figure | None:
    """Return the mean precision-recall curve of each setting of the question."""
    return _figure(
        evaluation,
        PRECISION_RECALL,
        title="Precision-recall curves",
        labels=("sensitivity (recall)", "precision"),
        at=("Precision at sensitivity 0.9, mean and range", 0.9),
        along="at each sensitivity (the precision of the highest threshold that reaches it)",
        rest="Precision is the positive predictive value. The dotted line is the share of positive cases, which a "
        "random score reaches. Precision holds only for populations with this share.",
    )


def _figure(
    evaluation: Evaluation,
    kind: str,
    *,
    title: str,
    labels: tuple[str, str],
    at: tuple[str, float],
    along: str,
    rest: str,
) -> Figure | None:
    table = evaluation.curves[evaluation.curves["kind"] == kind]
    names = list(dict.fromkeys(table["panel"]))
    if not names:
        return None
    share = _share(evaluation)
    with panels([_ASKED if name == QUESTION else name for name in names], labels) as axes:
        for name, place in zip(names, axes.values(), strict=True):
            _panel(place, table[table["panel"] == name], evaluation)
            place.plot([0, 1], [0, 1] if kind == ROC else [share] * 2, color=FAINT, linestyle=":", linewidth=1)
            if kind == ROC:
                _areas(place, table[table["panel"] == name], evaluation)
            place.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        first = (
            _CHOSEN
            if QUESTION in names
            else ", one setting per weights"
            if len(names) == 1
            else ", one setting per panel"
        )
        return drawn(
            legend_below(axes),
            key=kind,
            title=title,
            alt=_said(table, *at),
            caption=words(evaluation).averaged + _SHOWN.format(along=along, first=first, rest=rest),
        )


def _share(evaluation: Evaluation) -> float:
    """Return the share of positive cases, per the experiment's unit, averaged over the test parts.

    With several classes, the mean share of a class, over all cases.
    """
    data, parts = evaluation.record.data, evaluation.parts[evaluation.parts["part"] == "test"]
    if evaluation.record.target.kind == "ordinal":
        stages = evaluation.secondary.cases["truth"]  # a case of stage k is above k of the thresholds
        return float(stages.mean() / len(evaluation.record.target.outputs))
    if not evaluation.record.target.is_binary:
        counted, total = ("patients", data.patients) if data.unit == "patient" else ("images", data.examples)
        return sum(getattr(count, counted) for count in data.counts.values()) / total / len(data.counts)
    by_unit = {"image": parts["positives"] / parts["images"], "patient": parts["positive_patients"] / parts["patients"]}
    return float(by_unit[data.unit].mean())


def _panel(axes: Axes, table: pd.DataFrame, evaluation: Evaluation) -> None:
    look = styles(evaluation.record)
    seen: set[str] = set()
    for name, line in table.groupby("name", sort=False):
        weights = line["weights"].iloc[0]
        dash = "--" if weights in seen else "-"  # the other convention of uncertain weights
        seen.add(weights)
        axes.fill_between(line["x"], line["low"], line["high"], color=look[weights][0], alpha=0.15, linewidth=0)
        axes.plot(line["x"], line["mean"], color=look[weights][0], linestyle=dash, linewidth=1.5, label=name)


def _areas(axes: Axes, table: pd.DataFrame, evaluation: Evaluation) -> None:
    """Write the AUROC of each line with its interval into the lower right corner, in the line's color and order."""
    look = styles(evaluation.record)
    rows = table.drop_duplicates("name").to_dict("records")
    for place, row in enumerate(reversed(rows)):
        text = with_interval(row["auroc"], row["ci_low"], row["ci_high"])
        at: dict[str, Any] = {
            "transform": axes.transAxes,
            "ha": "right",
            "color": look[row["weights"]][0],
            "fontsize": 7,
        }
        axes.text(0.99, 0.03 + 0.075 * place, text, **at)


def _said(table: pd.DataFrame, at: str, place: float) -> str:
    """Return the mean of every line at one place of the axis, and its range."""
    rows = table[(table["x"] - place).abs() < 1e-9].to_dict("records")
    lines = [
        f"{row['panel']}, {row['name']}: {number(row['mean'])} ({number(row['low'])} to {number(row['high'])})"
        for row in rows
    ]
    return f"{at}: {told(lines, 'in the drawing only')}"
