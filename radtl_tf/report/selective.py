"""The table of selective prediction."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.selective import AREA, COVERAGES, at_coverage
from radtl_tf.report.secondary import estimate_cells, setting_cells
from radtl_tf.report.tables import Table


def selective_table(evaluation: Evaluation) -> Table:
    """Error rates where only the most confident cases are decided."""
    cells = estimate_cells(evaluation.further.selective)
    names = [*(at_coverage(coverage) for coverage in COVERAGES), AREA]
    return Table(
        key="selective",
        title="Selective prediction",
        caption="Error rate among the most confident cases of each test part, mean over the folds (95 % interval). "
        "Confidence is the distance of the score from 0.5, from which on a case is called positive. The area is the "
        "mean error rate over all coverages. Where it does not fall with the coverage, confidence says nothing.",
        columns=(
            *("Backbone", "Tuning", "Weights", "Pixels"),
            *(f"{coverage} % of cases" for coverage in COVERAGES),
            "Area",
        ),
        rows=tuple(
            (*setting_cells(setting), *(cells[setting.name, name] for name in names))
            for setting in evaluation.record.settings
        ),
    )
