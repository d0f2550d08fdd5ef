"""The learning curve in the report: the metric and the question's difference by the number of training patients."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.report.drawing.axes import MARKERS, canvas, drawn
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import FAINT, SERIES
from radtl_tf.report.drawing.table import Table

_SIZE = (4.6, 4.2)  # inches


def learning_curve_table(evaluation: Evaluation) -> Table:
    """Return the question with shares of the training patients; no rows if the grid has one share."""
    found, metric = evaluation.learning_curve, evaluation.record.metric_in_unit
    return Table(
        key="learning-curve",
        title="Learning curve",
        caption="The question with a share of the training patients. Both weights get the same patients, each smaller "
        "share is part of the larger ones, and inner and test parts do not change. Mean over folds; 95 % interval and "
        f"p from {evaluation.record.question_method}, paired; p adjusted over all shares (Holm), except in the row "
        "with "
        "all patients, which is the question itself. The probe is the linear probe's difference and p on the same "
        "folds.",
        columns=("Training patients", "Share", "A", "B", f"{metric} of A", f"{metric} of B", "A - B", "95 % interval")
        + ("p", "Adjusted p", "Outcome", "Probe A - B", "Probe p"),
        rows=tuple(_row(found.curve, *row) for row in found.steps.itertuples(index=False)) if found else (),
        section="conditions",
    )


def _row(curve: pd.DataFrame, share: float, patients: float, a: str, b: str, *rest: object) -> tuple[str, ...]:
    difference, low, high, p_value, p_adjusted, verdict, of_probe, p_probe, _ = rest
    means = curve[curve["train_fraction"] == share].set_index("weights")["mean"]
    return (
        *(f"{patients:.0f}", f"{share:g}", a, b, number(means[a]), number(means[b])),
        *(number(float(str(difference)), sign=True), range_text(float(str(low)), float(str(high)))),
        *(p_cell(float(str(value))) for value in (p_value, p_adjusted)),
        str(verdict),
        *(number(float(str(of_probe)), sign=True), p_cell(float(str(p_probe)))),
    )


def learning_curve_figure(evaluation: Evaluation) -> Figure | None:
    """Return the value per weights and their difference with 95 % intervals; patients on a log scale."""
    found, question = evaluation.learning_curve, evaluation.record.question
    if not found or not question:
        return None
    a, b = found.steps.loc[0, ["a", "b"]]
    with canvas(_SIZE[1], _SIZE[0]) as figure:
        above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2), "hspace": 0.15})
        for weights, color, marker in zip((a, b), SERIES, MARKERS, strict=False):
            _band(above, found.curve[found.curve["weights"] == weights], "mean", color, marker)
        below.axhspan(-question.margin, question.margin, facecolor=FAINT, alpha=0.3)
        below.axhline(0, color=FAINT, linewidth=0.8)
        _band(below, found.steps, "difference", SERIES[2], "D")
        above.set_ylabel(f"test {evaluation.record.metric_in_unit}")
        below.set_ylabel(f"{a} - {b}")
        corner = "upper right" if evaluation.record.lower_is_better else "lower right"
        above.legend([line for line in above.lines], (a, b), loc=corner)
        _finish(below, found.steps["patients"].tolist())
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
            axes.yaxis.set_major_locator(MaxNLocator(5))
        return drawn(
            figure,
            key="learning",
            title=f"Test {evaluation.record.question_metric.name} by the number of training patients",
            alt=found.sentence,
            caption=f"{found.sentence} Bands are 95 % intervals; the grey band in the lower panel is the margin.",
            section="conditions",
        )


def _band(axes: Axes, rows: pd.DataFrame, value: str, color: str, marker: str) -> None:
    axes.fill_between(rows["patients"], rows["ci_low"], rows["ci_high"], color=color, alpha=0.15, linewidth=0)
    axes.plot(rows["patients"], rows[value], marker=marker, color=color, markersize=5, linewidth=1.4)


def _finish(axes: Axes, patients: list[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(patients, [f"{number_of:.0f}" for number_of in patients])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.set_xlabel("training patients (log scale)")
