"""Tables of the secondary metrics, and of the question in these metrics and per the other unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text, with_interval
from radtl_tf.evaluation.metrics.metric_table import BY_NAME, OF_NUMBERS, SECONDARY, Metric
from radtl_tf.evaluation.secondary.secondary_metrics import METRIC, UNIT
from radtl_tf.records.experiment import Kind
from radtl_tf.records.runs import Setting
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.task_words import words

_COMPARISON = ("A", "B", "A - B", "95 % interval", "p")
_OF: dict[Kind, str] = {
    "binary": "",
    "multiclass": "Average precision, calibration slope and calibration intercept are means over the classes, each "
    "against the rest. Balanced accuracy is the mean recall, MCC is R_K, the Brier score is summed over the classes, "
    "and ECE uses the highest score. ",
    "ordinal": "All metrics are means over the thresholds, each by itself. ",
    "multilabel": "All metrics are means over the labels, each against the rest. ",
}

_NUMBERS = (
    "RMSE, bias and limits of agreement are in {unit}. RMSE counts large errors more than the MAE does. R2 is 0 for "
    "the "
    "mean of the test part and below 0 for worse. Lin's concordance (1989) is 1 if prediction and truth are equal. The "
    "bias is the mean of prediction minus truth; 95 % of the differences are expected between the limits of agreement "
    "(Bland & Altman 1986)."
)


def secondary_table(evaluation: Evaluation) -> Table:
    """Return every setting in every secondary metric."""
    if evaluation.record.target.is_number:
        unit = evaluation.record.in_unit.strip()
        return _table(evaluation, OF_NUMBERS, _NUMBERS.format(unit=unit), unit)
    return _table(
        evaluation,
        SECONDARY,
        f"{_OF[evaluation.record.target.kind]}For balanced accuracy and MCC, {words(evaluation).called}. The "
        "calibration slope comes from a logistic recalibration (ideal 1), the intercept from one with the slope fixed "
        "at 1 (calibration in the large, ideal 0). ECE uses ten bins with equal numbers of cases; even perfect "
        "probabilities have an ECE above 0.",
    )


def _table(evaluation: Evaluation, metrics: Sequence[Metric], caption: str, unit: str = "") -> Table:
    cells = estimate_cells(evaluation.secondary.metrics.estimates)
    names = (f"{metric.name} ({unit})" if metric.has_unit else metric.name for metric in metrics)
    return Table(
        key="secondary",
        title="Secondary metrics",
        caption="Mean over the test folds (95 % interval), per setting at the learning rate chosen by inner loss. "
        f"{caption} A dash means: not defined in every fold.",
        columns=("Backbone", "Tuning", "Weights", "Pixels", *names),
        rows=tuple(
            (*setting_cells(setting), *(cells[setting.name, metric.name] for metric in metrics))
            for setting in evaluation.record.settings
        ),
        section="metrics",
    )


def metric_comparisons_table(evaluation: Evaluation) -> Table:
    """Return the question in every secondary metric."""
    table = evaluation.secondary.metrics.comparisons
    return Table(
        key="metric-comparisons",
        title="The question in secondary metrics",
        caption="Secondary: difference = A - B on the same folds, by the paired corrected resampled t; p adjusted "
        "over this table and the comparison with the average of both weights (Holm), intervals not adjusted. The "
        "outcome says whether A is higher or lower; "
        "the column Better says which is preferable. No margin was declared for these metrics, so no outcome is "
        "called equivalent.",
        columns=("Metric", "Better", *_COMPARISON, "Adjusted p", "Outcome"),
        rows=tuple(
            (row["metric"], BY_NAME[row["metric"]].better, *compared_cells(row))
            for row in table[table["level"] == METRIC].to_dict("records")
        ),
        section="metrics",
    )


def unit_table(evaluation: Evaluation) -> Table:
    """The question per the unit that it was not asked for."""
    unit = evaluation.record.data.unit
    table = evaluation.secondary.metrics.comparisons
    return Table(
        key="unit",
        title="Sensitivity analysis: the other unit",
        caption=f"The question counts each {unit} as a case; these rows count the other unit. "
        f"{evaluation.record.metric_in_unit} of the same runs "
        "by the same method; p not adjusted.",
        columns=("Unit", *_COMPARISON, "Outcome"),
        rows=tuple(
            ("image" if unit == "patient" else "patient", *_test(row), row["outcome"])
            for row in table[table["level"] == UNIT].to_dict("records")
        ),
        section="metrics",
    )


def setting_cells(setting: Setting) -> tuple[str, str, str, str]:
    """Return backbone, tuning, weights and pixels."""
    return setting.network, setting.tuning, setting.weights, setting.pixels


def estimate_cells(estimates: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return per setting's name and metric ``0.712 (0.650 to 0.770)``, a dash if there is no value."""
    return {
        (row["scenario"], row["metric"]): with_interval(row["mean"], row["ci_low"], row["ci_high"])
        for row in estimates.to_dict("records")
    }


def compared_cells(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return both sides, difference, interval, p, adjusted p and outcome of a row of ``comparisons.csv``."""
    return *_test(row), p_cell(row["p_adjusted"]), row["outcome"]


def _test(row: Mapping[Any, Any]) -> tuple[str, ...]:
    interval = range_text(row["ci_low"], row["ci_high"])
    return row["a"], row["b"], number(row["difference"], sign=True), interval, p_cell(row["p_value"])
