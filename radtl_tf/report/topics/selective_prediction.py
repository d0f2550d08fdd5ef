"""Selective prediction in the report: error rates by coverage, as table and figure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import with_interval
from radtl_tf.evaluation.secondary.selective_prediction import AREA, COVERAGES, at_coverage
from radtl_tf.records.experiment import Kind
from radtl_tf.report.drawing.axes import drawn, legend_below, panels
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.panels import Shown, looks, said, shown_settings
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.topics.secondary_metrics import estimate_cells, setting_cells

_VALUES = ["mean", "ci_low", "ci_high"]
_DISTANCE = "Confidence is the distance of the score from 0.5; {what}."
_CONFIDENCE: dict[Kind, str] = {
    "binary": _DISTANCE.format(what="scores of 0.5 or more are called positive"),
    "multiclass": "Each case is assigned the class with the highest score, and that score is its confidence.",
    "ordinal": "A wrong stage is an error, and the probability of the predicted stage is its confidence.",
    "regression": "",  # no confidence, so no rows
    "multilabel": _DISTANCE.format(
        what="scores of 0.5 or more call the label present, and each label of a case counts separately"
    ),
}


def selective_table(evaluation: Evaluation) -> Table:
    """Return error rates if only the most confident cases are decided."""
    cells = estimate_cells(evaluation.secondary.selective)
    names = [*(at_coverage(coverage) for coverage in COVERAGES), AREA]
    return Table(
        key="selective",
        title="Selective prediction",
        caption="Error rate among the most confident cases of each test part, mean over the folds (95 % interval). "
        f"{_CONFIDENCE[evaluation.record.target.kind]} The area is the mean error rate over all coverages. If the "
        "error rate does not fall with the coverage, confidence carries no information.",
        columns=(
            *("Backbone", "Tuning", "Weights", "Pixels"),
            *(f"{coverage} % of cases" for coverage in COVERAGES),
            "Area",
        ),
        rows=tuple(
            (*setting_cells(setting), *(cells[setting.name, name] for name in names))
            for setting in evaluation.record.settings
            if cells
        ),
        section="calibration",
    )


def selective_figure(evaluation: Evaluation) -> Figure | None:
    """Return error rate against coverage, a panel per backbone and tuning; ``None`` if nothing is decided."""
    if evaluation.record.target.is_number:
        return None
    record, found = evaluation.record, evaluation.secondary.selective.set_index(["scenario", "metric"])[_VALUES]
    shown = shown_settings(record)
    rows = {line.setting.name: _rates(found, line) for settings in shown.values() for line in settings}
    with panels(list(shown), ("% of cases decided", "error rate")) as axes:
        for name, place in axes.items():
            for line, look in looks(record, shown[name]):
                _draw(place, rows[line.setting.name], line.name, look)
            place.set(xlim=(48, 102), xticks=COVERAGES, ylim=(0, _top(rows.values())))
        return drawn(
            legend_below(axes),
            key="risk-coverage",
            title="Error rate by coverage",
            alt=f"Error rate at {COVERAGES[0]} % and at {COVERAGES[-1]} % coverage, with 95 % intervals: "
            + said(shown, lambda line: _ends(rows[line.setting.name]), "in the table Selective prediction"),
            caption="Error rate if only the most confident cases of each test part are decided, for example with the "
            f"others left to a human reader: mean over the folds. {_CONFIDENCE[record.target.kind]} The band is the "
            "95 % interval of each line (corrected resampled t). Bands do not show whether two lines differ, because "
            "both are measured on the same cases. If a line does not fall towards the left, confidence carries no "
            "information.",
            section="calibration",
        )


def _rates(found: pd.DataFrame, line: Shown) -> pd.DataFrame:
    """Return mean and interval of the error rate (0..1) by coverage in percent."""
    rows = found.loc[[(line.setting.name, at_coverage(coverage)) for coverage in COVERAGES]]
    return rows.astype(float).set_axis(list(COVERAGES))


def _top(rows: Iterable[pd.DataFrame]) -> float:
    """Return the end of the axis, the same for all panels; above 0 even without any error."""
    return 1.04 * max(0.05, *(float(table.max().max()) for table in rows))


def _draw(axes: Axes, rows: pd.DataFrame, name: str, look: dict[str, Any]) -> None:
    axes.fill_between(rows.index, rows["ci_low"], rows["ci_high"], color=look["color"], alpha=0.15, linewidth=0)
    axes.plot(rows.index, rows["mean"], label=name, markersize=3.5, linewidth=1.4, **look)


def _ends(rows: pd.DataFrame) -> str:
    """Return the error rates at the first and the last coverage, with their intervals."""
    return " and ".join(with_interval(*values) for values in rows.iloc[[0, -1]].to_numpy())
