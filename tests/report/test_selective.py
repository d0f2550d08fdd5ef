"""The table of selective prediction holds the numbers of the evaluation."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.selective import selective_table


def test_every_setting_has_every_coverage(evaluation: Evaluation) -> None:
    table = selective_table(evaluation)
    assert table.columns[4:] == (*(f"{c} % of cases" for c in (100, 90, 80, 70, 50)), "Area")
    assert len(table.rows) == 8
    rows = evaluation.further.selective.set_index(["scenario", "metric"])
    expected = rows.loc[("ResNet50-imagenet-caffe-frozen", "error rate at 80 % coverage"), "mean"]
    assert table.rows[0][6].startswith(f"{expected:.3f} (")
