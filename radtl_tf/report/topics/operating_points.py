"""The table of operating points."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number
from radtl_tf.evaluation.metrics.metric_table import RATES
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.topics.secondary_metrics import estimate_cells, setting_cells


def operating_points_table(evaluation: Evaluation) -> Table:
    """Return every setting at every requested operating point."""
    found = evaluation.secondary.operating_points
    cells = estimate_cells(found.estimates)
    settings = {setting.name: setting for setting in evaluation.record.settings}
    unit = evaluation.record.data.unit
    return Table(
        key="operating-points",
        title="Operating points",
        caption="The threshold is chosen on the inner part of each run (mean and range over the folds) and applied to "
        "its test part; scores at or above it are called positive. Rates are means over the folds (95 % interval, "
        "corrected resampled t); predictive values hold only for the prevalence in these data. TP, FP, FN and TN are "
        f"sums over the folds of the first repeat, one case per {unit}.",
        columns=(
            *("Backbone", "Tuning", "Weights", "Pixels", "Operating point", "Threshold"),
            *(rate.title for rate in RATES),
            *("TP", "FP", "FN", "TN"),
        ),
        rows=tuple(
            (
                *setting_cells(settings[row["scenario"]]),
                *(row["point"], f"{number(row['mean'])} ({number(row['low'])} to {number(row['high'])})"),
                *(cells[row["scenario"], f"{row['point']}: {rate.name}"] for rate in RATES),
                *(str(row[cell]) for cell in ("true_positive", "false_positive", "false_negative", "true_negative")),
            )
            for row in found.thresholds.to_dict("records")
        ),
        section="metrics",
    )
