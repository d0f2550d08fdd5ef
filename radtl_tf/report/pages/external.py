"""Show the test of a frozen model: tables for a terminal, and one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radtl_tf.evaluation.external.drift import Drift, sentence
from radtl_tf.evaluation.external.frozen_models import Compared, Estimate, External, Scored, by_patient
from radtl_tf.evaluation.external.overlap import Overlap, overlap_sentence
from radtl_tf.evaluation.formatting import number, p_cell, range_text, with_interval
from radtl_tf.evaluation.metrics.metric_table import METRICS
from radtl_tf.records.disk import write_text
from radtl_tf.report.drawing.svg import FAINT, SERIES, STYLE, svg
from radtl_tf.report.drawing.table import Table, render_text
from radtl_tf.report.drawing.templates import render_template

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]  # false and true positive rates
_DASHES = ("-", "--")


def as_text(external: External, drifts: Sequence[Drift], overlaps: Sequence[Overlap] = ()) -> str:
    """Return the test for a terminal."""
    said = [overlap_sentence(overlaps)] if overlaps else []
    lines = [external.sentence, *said, *([sentence(drifts)] if drifts else []), *external.notes]
    tables = "\n".join(render_text(table) for table in tables_of(external, drifts))
    return "\n\n".join([*lines, tables]).rstrip()


def write_page(
    path: Path,
    external: External,
    drifts: Sequence[Drift],
    views: Sequence[Scored],
    overlaps: Sequence[Overlap] = (),
) -> None:
    """Write the test as one HTML page without scripts or external addresses.

    ``views`` hold the images with each class against the rest; a binary task has one view.

    Raises:
        OutputError: the file cannot be written.
    """
    cases = [by_patient(view) for view in views] if external.unit == "patient" else views
    page = render_template(
        "external.html",
        external=external,
        overlap=overlap_sentence(overlaps),
        is_overlap=any(one.number for one in overlaps),
        drifts=drifts,
        is_drift=any(one.is_drift for one in drifts),
        drift_sentence=sentence(drifts) if drifts else "",
        figure=_curves(external, cases),
        num_classes=len(views),
        lines=_lines(external),
        tables=tables_of(external, drifts),
    )
    write_text(path, page)


def tables_of(external: External, drifts: Sequence[Drift]) -> list[Table]:
    """Return the tables of a test as text: estimates, the comparison of two models, the images against training."""
    tables = [_estimates(external.estimates)]
    tables += [_comparisons(external.comparisons)] if external.comparisons else []
    return tables + ([_inputs(drifts)] if drifts else [])


def _estimates(estimates: Sequence[Estimate]) -> Table:
    return Table(
        key="estimates",
        title="Estimates",
        caption="The intervals hold for these trained models. They do not include the variation between trainings.",
        columns=("Model", "Metric", "Value", "95 % interval", "Interval by"),
        rows=tuple(
            (one.model, _named(one.metric), number(one.value), range_text(one.ci_low, one.ci_high), one.method)
            for one in estimates
        ),
    )


def _named(metric: str) -> str:
    """Return the name of a metric for a reader; the AUROC of a class keeps the class."""
    name, divider, of_class = metric.partition(":")
    return f"{METRICS[name].title}{divider}{of_class}"


def _comparisons(tests: Sequence[Compared]) -> Table:
    return Table(
        key="comparisons",
        title="Comparison",
        caption="The first model minus the second, on the same cases. The AUROC is the main comparison; p values are "
        "not adjusted.",
        columns=("Metric", "First", "Second", "Difference", "95 % interval", "p", "Method"),
        rows=tuple(
            (
                *(METRICS[test.metric].title, test.a, test.b, number(test.difference, sign=True)),
                *(range_text(test.ci_low, test.ci_high), p_cell(test.p_value), test.method),
            )
            for test in tests
        ),
    )


def _inputs(drifts: Sequence[Drift]) -> Table:
    return Table(
        key="inputs",
        title="Images compared with the training images",
        caption="Grey values run from 0 to 1, border is the mean of the outermost pixels, and sizes are in pixels. p "
        "is the probability of at least this many images outside by chance, adjusted over the rows (Holm).",
        columns=("What", "Training median", "Training 1 % to 99 %", "Median here", "Outside", "By chance", "p"),
        rows=tuple(
            (
                *(one.name, f"{one.median:.4g}", f"{one.low:.4g} to {one.high:.4g}", f"{one.here:.4g}"),
                *(str(int(one.outside.sum())), f"{one.expected:.1f}", p_cell(one.p_value)),
            )
            for one in drifts
        ),
    )


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
