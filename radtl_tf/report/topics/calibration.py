"""Calibration in the report: reliability as table and figure, and scores before and after recalibration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, range_text
from radtl_tf.evaluation.metrics.metric_table import OF_PROBABILITIES
from radtl_tf.evaluation.secondary.calibration import MAPS
from radtl_tf.records.experiment import Kind
from radtl_tf.report.drawing.axes import drawn, legend_below, panels
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.panels import looks, said, shown_settings
from radtl_tf.report.drawing.svg import FAINT
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.task_words import words
from radtl_tf.report.topics.secondary_metrics import estimate_cells, setting_cells

_PLATT = "The AUROC does not change, unless Platt scaling reverses the order of the scores in a fold."
_ORDER: dict[Kind, str] = {
    "binary": _PLATT,
    "regression": "",  # no probabilities, so no rows
    "multiclass": "With several classes, one temperature serves all of them, and there is no Platt scaling.",
    "ordinal": f"Each threshold is recalibrated separately. {_PLATT}",
    "multilabel": f"Each label is recalibrated separately. {_PLATT}",
}
_ENDS = ["share_low", "share_high"]
_CANCEL = "Scores too high for one class and too low for another cancel here; the table Reliability shows each class. "
_RELIABILITY = (
    "Share of positives against the mean score of each bin. Each test fold of the first repeat is divided into bins "
    "with equal numbers of cases, ordered by score. A point is the mean of one bin over the folds, and its bar is the "
    "95 % interval (corrected resampled t); a bin with the same share in every fold has none. Scores of different "
    "folds are never pooled. On the dotted line scores are perfect probabilities; below it they are too high. Scores "
    "are not recalibrated, and the learning rate is chosen by inner loss."
)


def recalibration_table(evaluation: Evaluation) -> Table:
    """Return every setting before and after each recalibration."""
    after = evaluation.secondary.calibration.estimates
    return Table(
        key="recalibration",
        title="Recalibration",
        caption="Platt scaling (intercept and slope) and temperature (slope) are fitted on the inner part of each run "
        "and applied to its test part: mean over the test folds (95 % interval). Lower Brier, log loss and ECE are "
        f"better; the ideal slope is 1 and the ideal intercept 0. {_ORDER[evaluation.record.target.kind]}",
        columns=("Backbone", "Tuning", "Weights", "Pixels", "Scores", *(metric.name for metric in OF_PROBABILITIES)),
        rows=tuple(_recalibrated(evaluation)) if len(after) else (),
        section="calibration",
    )


def reliability_table(evaluation: Evaluation) -> Table:
    """Return every setting's share of positives by score."""
    found = evaluation.secondary.calibration.reliability
    return Table(
        key="reliability",
        title="Reliability",
        caption="The mean score of each bin and its share of positives; the two are equal if scores are perfect "
        "probabilities. Each test fold of the first repeat is divided into bins with equal numbers of cases, ordered "
        "by score. Score and share are means over the folds; the interval is by the corrected resampled t; a dash "
        "means that all folds have the same share. Scores of different folds come from different networks and are "
        "not pooled.",
        columns=("Setting", "Bin", "Cases", "Mean score", "Share of positives", "95 % interval"),
        rows=tuple(_reliable(row) for row in found.to_dict("records")),
        section="calibration",
    )


def _recalibrated(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    secondary = evaluation.secondary
    cells = estimate_cells(pd.concat([secondary.metrics.estimates, secondary.calibration.estimates]))
    for setting in evaluation.record.settings:
        for name in ("", *MAPS[evaluation.record.target.kind]):
            metrics = [f"{name}: {metric.name}" if name else metric.name for metric in OF_PROBABILITIES]
            found = (cells[setting.name, written] for written in metrics)
            yield (*setting_cells(setting), name or "as they are", *found)


def _reliable(row: Mapping[Any, Any]) -> tuple[str, ...]:
    setting = ", ".join(filter(None, (row["scenario"], row["class"])))
    interval = range_text(row["share_low"], row["share_high"])
    return setting, str(row["bin"] + 1), str(row["cases"]), number(row["score"]), number(row["share"]), interval


def calibration_figure(evaluation: Evaluation) -> Figure | None:
    """Return share of positives against score, a panel per backbone and tuning; ``None`` without probabilities."""
    if evaluation.record.target.is_number:
        return None
    record, bins = evaluation.record, _over_classes(evaluation.secondary.calibration.reliability)
    shown, averaged = shown_settings(record), words(evaluation).averaged
    with panels(list(shown), ("mean score of the bin", "share of positives")) as axes:
        for name, place in axes.items():
            for line, look in looks(record, shown[name]):
                _draw(place, bins[line.setting.name], line.name, look)
            place.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1, zorder=0)
            place.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        return drawn(
            legend_below(axes),
            key="calibration",
            title="Calibration: share of positives by score",
            alt="Share of positives in the bins of the lowest and the highest scores: "
            + said(shown, lambda line: _ends(bins[line.setting.name]), "in the table Reliability"),
            caption=(averaged and averaged + _CANCEL) + _RELIABILITY,
            section="calibration",
        )


def _over_classes(reliability: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return score, share and the ends of its interval by bin of each setting; with several classes, their means."""
    groups = reliability.groupby("scenario")
    return {str(name): rows.groupby("bin")[["score", "share", *_ENDS]].mean() for name, rows in groups}


def _draw(axes: Axes, bins: pd.DataFrame, name: str, look: dict[str, Any]) -> None:
    low, high = (bins[end] for end in _ENDS)
    axes.vlines(bins["score"], low, high, colors=look["color"], alpha=0.45, linewidth=1)
    axes.plot(bins["score"], bins["share"], label=name, markersize=3.5, linewidth=1.2, **look)


def _ends(bins: pd.DataFrame) -> str:
    """Return the shares of positives in the first and the last bin of a setting."""
    return ", ".join(
        f"{number(share)} at a score of {number(score)}" for score, share, *_ in bins.iloc[[0, -1]].to_numpy()
    )
