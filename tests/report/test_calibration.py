"""The tables of calibration hold the numbers of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.calibration import recalibration_table, reliability_table


def test_before_and_after_stand_below_each_other(evaluation: Evaluation) -> None:
    table = recalibration_table(evaluation)
    assert [row[4] for row in table.rows[:3]] == ["as they are", "Platt scaling", "temperature"]
    assert len(table.rows) == 3 * 8
    found = evaluation.further
    for row, (rows, name) in zip(
        table.rows,
        ((found.secondary.estimates, "Brier"), (found.calibration.estimates, "Platt scaling: Brier")),
        strict=False,
    ):
        expected = rows.set_index(["scenario", "metric"]).loc[("ResNet50-imagenet-caffe-frozen", name)]
        assert row[5] == f"{expected['mean']:.3f} ({expected['ci_low']:.3f} to {expected['ci_high']:.3f})"


def test_reliability_has_a_row_per_setting(evaluation: Evaluation) -> None:
    table = reliability_table(evaluation)
    assert len(table.rows) == 8
    first = evaluation.further.calibration.reliability.iloc[0]
    assert table.rows[0][2].startswith(f"{first['score']:.3f}: {first['share']:.3f}, ")
    assert "not pooled" in table.caption


def test_refused_it_has_no_row(outcome: Callable[..., Path]) -> None:
    assert recalibration_table(evaluate(outcome(backbones=("ResNet50",), num_patients=80))).rows == ()
