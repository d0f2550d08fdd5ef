"""The table of operating points has the numbers of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.results.tables import tables
from radtl_tf.report.topics.operating_points import operating_points_table


@pytest.mark.slow
def test_a_row_per_setting_and_point(outcome: Callable[..., Path]) -> None:
    points = {"operating_points": ["specificity = 0.9", "youden"]}
    found = evaluate(outcome(backbones=("ResNet50",), num_patients=600, evaluation=points))
    (table,) = (table for table in tables(found) if table.key == "operating-points")
    assert [row[4] for row in table.rows] == ["specificity = 0.9", "youden"] * 4
    estimates = found.secondary.operating_points.estimates.set_index(["scenario", "metric"])
    expected = estimates.loc[("ResNet50-imagenet-caffe-frozen", "specificity = 0.9: specificity")]
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["Specificity"] == f"{expected['mean']:.3f} ({expected['ci_low']:.3f} to {expected['ci_high']:.3f})"
    assert sum(int(row[cell]) for cell in ("TP", "FP", "FN", "TN")) == found.record.data.patients


def test_unasked_there_is_no_row(evaluation: Evaluation) -> None:
    assert operating_points_table(evaluation).rows == ()
