"""The report's tables: every number of an evaluation, as text."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.numbers_and_stages.agreement import conformal_table
from radtl_tf.report.numbers_and_stages.stages import stages_table
from radtl_tf.report.results.comparison_tables import comparisons_table, scenario_comparisons_table
from radtl_tf.report.results.method_tables import (
    check_table,
    data_table,
    folds_table,
    method_table,
    stuck_table,
    weights_table,
)
from radtl_tf.report.results.setting_tables import (
    baselines_table,
    choices_table,
    probe_table,
    published_table,
    scenarios_table,
    settings_table,
)
from radtl_tf.report.review.all_tables import REVIEW
from radtl_tf.report.topics.agreement import agreement_table
from radtl_tf.report.topics.calibration import recalibration_table, reliability_table
from radtl_tf.report.topics.classes import class_comparisons_table, classes_table
from radtl_tf.report.topics.fitted_models import fitted_table
from radtl_tf.report.topics.learned import learned_table
from radtl_tf.report.topics.learning_curve import learning_curve_table
from radtl_tf.report.topics.operating_points import operating_points_table
from radtl_tf.report.topics.pixel_ablation import pixels_table, similarity_table
from radtl_tf.report.topics.secondary_metrics import metric_comparisons_table, secondary_table, unit_table
from radtl_tf.report.topics.selective_prediction import selective_table
from radtl_tf.report.topics.subgroups import demographics_table, subgroups_table
from radtl_tf.report.topics.variance_decomposition import decomposition_table


def tables(evaluation: Evaluation) -> list[Table]:
    """Return every table that has a row, in the order of the report."""
    makers = (
        *(settings_table, comparisons_table, learned_table, learning_curve_table, pixels_table),
        *(choices_table, probe_table, baselines_table),
        *(published_table, fitted_table),
        *(classes_table, class_comparisons_table),
        *(conformal_table, stages_table),
        *(secondary_table, metric_comparisons_table, unit_table, operating_points_table),
        *(recalibration_table, reliability_table, agreement_table, selective_table),
        *(decomposition_table, subgroups_table),
        *(scenarios_table, scenario_comparisons_table, similarity_table, weights_table, data_table, folds_table),
        *(demographics_table, check_table, stuck_table, method_table),
        *REVIEW,
    )
    return [table for table in (make(evaluation) for make in makers) if table.rows]
