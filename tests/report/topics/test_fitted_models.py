"""The table shows the intervals of the fitted models and of the procedure, under their names."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.topics.fitted_models import fitted_table


def test_a_row_per_setting_with_both_intervals(evaluation: Evaluation) -> None:
    table = fitted_table(evaluation)
    assert len(table.rows) == len(evaluation.record.settings)
    for row in table.rows:
        fitted, procedure = row[-2:]
        assert fitted.split(" (")[0] == procedure.split(" (")[0]  # one repeat: the same mean
        assert fitted != procedure
