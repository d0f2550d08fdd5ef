"""The tables of secondary metrics have the numbers of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.metrics.metric_table import SECONDARY
from radtl_tf.report.topics.secondary_metrics import metric_comparisons_table, secondary_table, unit_table


def test_every_setting_has_a_row_and_every_metric_a_column(evaluation: Evaluation) -> None:
    table = secondary_table(evaluation)
    assert table.columns[4:] == tuple(metric.name for metric in SECONDARY)
    assert len(table.rows) == 8
    assert {len(row) for row in table.rows} == {len(table.columns)}
    rows = evaluation.secondary.metrics.estimates
    first = rows.query("scenario == 'ResNet50-imagenet-caffe-frozen' and metric == 'Brier'").iloc[0]
    cell = dict(zip(table.columns, table.rows[0], strict=True))["Brier"]
    assert cell == f"{first['mean']:.3f} ({first['ci_low']:.3f} to {first['ci_high']:.3f})"


def test_the_question_in_each_metric_says_what_is_better(evaluation: Evaluation) -> None:
    table = metric_comparisons_table(evaluation)
    assert [row[:2] for row in table.rows][:4] == [
        ("average precision", "higher"),
        ("balanced accuracy", "higher"),
        ("MCC", "higher"),
        ("Brier", "lower"),
    ]
    expected = evaluation.secondary.metrics.comparisons.iloc[3]
    assert table.rows[3][4] == f"{expected['difference']:+.3f}"
    assert table.rows[3][7] == f"{expected['p_adjusted']:.3f}"
    assert table.rows[3][-1] == "lower"


def test_the_other_unit_has_its_own_table(evaluation: Evaluation) -> None:
    table = unit_table(evaluation)
    assert [row[:3] for row in table.rows] == [("image", "imagenet", "random")]
    assert table.key == "unit"


def test_without_values_there_are_dashes(outcome: Callable[..., Path]) -> None:
    found = evaluate(outcome(signal={"imagenet": 60.0, "random": 60.0}, noise=0.01, backbones=("ResNet50",)))
    cells = dict(zip(secondary_table(found).columns, secondary_table(found).rows[0], strict=True))
    assert cells["calibration slope"] == "-"
    assert cells["average precision"] == "1.000"


def test_without_a_question_nothing_is_compared(outcome: Callable[..., Path]) -> None:
    found = evaluate(outcome(question=None, backbones=("ResNet50",)))
    assert metric_comparisons_table(found).rows == unit_table(found).rows == ()
