"""The figure of a test of frozen models: ROC curves, or predicted numbers against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radtl_tf.evaluation.external.numbers import Numbers
from radtl_tf.evaluation.external.results import Estimate, External
from radtl_tf.evaluation.external.scored import Scored
from radtl_tf.evaluation.formatting import with_interval
from radtl_tf.records.ages import identifies
from radtl_tf.report.drawing.axes import MARKERS
from radtl_tf.report.drawing.svg import FAINT, SERIES, STYLE, svg
from radtl_tf.report.numbers_and_stages.agreement import NOT_DRAWN, draw_differences, draw_identity, drawable

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]  # false and true positive rates
_DASHES = ("-", "--")


@dataclass(frozen=True)
class Drawn:
    """A figure as an SVG element, and its caption."""

    svg: str
    caption: str


def roc_figure(external: External, views: Sequence[Scored]) -> Drawn:
    """Return the ROC curves of the models; ``views`` hold the cases with each class or threshold."""
    what = "threshold between stages" if external.stages else "class against the rest"
    several = f": the mean over the {'thresholds' if external.stages else 'classes'} (thick), and each {what} (thin)"
    caption = f"ROC curve per {external.unit}{several if len(views) > 1 else ''}. {_lines(external)}"
    return Drawn(_curves(external, views), caption)


def number_figure(external: External, numbers: Numbers) -> Drawn:
    """Return prediction against truth, and the Bland-Altman plot, of one or two models."""
    names = list(dict.fromkeys(one.model for one in external.estimates))
    unit = external.label_unit
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.6, 3.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        for column, name in enumerate(names):
            cases = pd.DataFrame({"truth": numbers.truth, "predicted": numbers.scores[:, column]})
            cases = drawable(cases, unit)
            look = {"color": SERIES[column], "marker": MARKERS[column]}
            draw_identity(left, cases, look, name)
            draw_differences(right, cases, look, name)
        left.set(xlabel=f"truth ({unit})", ylabel=f"prediction ({unit})")
        right.set(xlabel=f"mean of prediction and truth ({unit})", ylabel=f"prediction - truth ({unit})")
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
        if len(names) > 1:
            figure.legend(*left.get_legend_handles_labels(), loc="outside lower center")
        drawing = svg(figure, "Predictions against the truth, and their differences")
    caption = (
        f"One dot per {external.unit}. Left: prediction against truth; on the dotted line a prediction is right. "
        "Right: their difference against their mean (Bland & Altman 1986); the line is the bias, the dashed lines are "
        "the 95 % limits of agreement."
    )
    return Drawn(drawing, caption + NOT_DRAWN * any(identifies(truth, unit) for truth in numbers.truth))


def _curves(external: External, views: Sequence[Scored]) -> str:
    """Return the ROC curve of each model as an SVG element; with several classes their mean, classes thin."""
    aurocs = [one for one in external.estimates if one.metric == "auroc"]
    known = [view.known() for view in views]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.3, 3.3))
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8, linestyle=":")
        for column, (one, color, dash) in enumerate(zip(aurocs, SERIES, _DASHES, strict=False)):
            curves = [_roc(view.truth, view.scores[:, column]) for view in known]
            if len(curves) > 1:
                for curve in curves:
                    axes.plot(*curve, color=color, linestyle=dash, linewidth=0.5, alpha=0.5)
            axes.plot(*_mean(curves), color=color, linestyle=dash, linewidth=1.6, label=_label(one))
        axes.set_xlabel("1 - specificity")
        axes.set_ylabel("sensitivity")
        axes.set_aspect("equal")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
        return svg(figure, "ROC curves")


def _label(one: Estimate) -> str:
    return f"{one.model}: AUROC {with_interval(one.value, one.ci_low, one.ci_high)}"


def _lines(external: External) -> str:
    """Say what the lines of the ROC figure are."""
    models = [one.model for one in external.estimates if one.metric == "auroc"]
    drawn = zip(models, ("solid", "dashed"), strict=False) if len(models) > 1 else ()
    return " ".join([*(f"The {line} line is {model}." for model, line in drawn), "The dotted diagonal is chance."])


def _roc(truth: NDArray[np.int64], scores: NDArray[np.float64]) -> Curve:
    """Return the corners of the ROC curve, with equal scores as one step: false and true positive rates."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = truth[order] == 1
    found, wrong = np.cumsum(hits)[ends], np.cumsum(~hits)[ends]
    return np.append(0, wrong / wrong[-1]), np.append(0, found / found[-1])


def _mean(curves: Sequence[Curve]) -> Curve:
    """Return the mean of ROC curves at each false positive rate; the area under it is the mean of their areas."""
    if len(curves) == 1:
        return curves[0]
    at = np.unique(np.concatenate([wrong for wrong, _ in curves]))
    # At a vertical step a curve has two values: np.interp takes the last one, which read backwards is the lower one.
    lower = [np.interp(-at, -wrong[::-1], found[::-1]) for wrong, found in curves]
    upper = [np.interp(at, wrong, found) for wrong, found in curves]
    ends = np.stack([np.mean(lower, axis=0), np.mean(upper, axis=0)], axis=1)
    return np.repeat(at, 2), ends.ravel()
