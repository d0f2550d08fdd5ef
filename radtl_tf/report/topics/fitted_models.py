"""The table of the fitted models: intervals for other test patients, and intervals of the procedure."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.secondary.fitted_models import FITTED
from radtl_tf.records.runs import SELECTED
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.topics.secondary_metrics import estimate_cells, setting_cells


def fitted_table(evaluation: Evaluation) -> Table:
    """Return every setting's AUROC with the intervals of its fitted models and of the procedure."""
    fitted = estimate_cells(evaluation.secondary.fitted)
    estimates = evaluation.estimates
    procedure = estimate_cells(estimates[estimates["learning_rate"] == SELECTED])
    return Table(
        key="fitted",
        title="These fitted models only",
        caption="Secondary: mean AUROC over the folds of the first repeat, with a 95 % interval that treats these "
        "models as fixed (influence curve, patients as clusters; LeDell et al. 2015). The interval covers other test "
        "patients but not other training patients, so it is too narrow for the training procedure; use the last "
        "column for that.",
        columns=("Backbone", "Tuning", "Weights", "Pixels", "These fitted models", "The procedure"),
        rows=tuple(
            (*setting_cells(setting), fitted[setting.name, FITTED], procedure[setting.name, "auroc"])
            for setting in evaluation.record.settings
            if (setting.name, FITTED) in fitted
        ),
        section="references",
    )
