"""The table of the fitted models: intervals for other test patients, beside those of the procedure."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.secondary.fitted_models import FITTED
from radtl_tf.records.runs import SELECTED
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.topics.secondary_metrics import estimate_cells, setting_cells


def fitted_table(evaluation: Evaluation) -> Table:
    """Every setting's AUROC with the interval of its fitted models and that of the procedure."""
    fitted = estimate_cells(evaluation.secondary.fitted)
    estimates = evaluation.estimates
    procedure = estimate_cells(estimates[estimates["learning_rate"] == SELECTED])
    return Table(
        key="fitted",
        title="These fitted models only",
        caption="Secondary: the mean AUROC of the folds of the first repeat, with the 95 % interval that takes these "
        "models as they are (influence curve, patients as clusters; LeDell et al. 2015). It tells how far their AUROC "
        "would move with other test patients, not with other training patients, and is too narrow for the procedure, "
        "whose interval stands beside it.",
        columns=("Backbone", "Tuning", "Weights", "Pixels", "These fitted models", "The procedure"),
        rows=tuple(
            (*setting_cells(setting), fitted[setting.name, FITTED], procedure[setting.name, "auroc"])
            for setting in evaluation.record.settings
            if (setting.name, FITTED) in fitted
        ),
    )
