"""A row of estimates is the mean of its folds, or says why there is none."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.question.chosen_runs import setting_sides
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import run_values


def test_mean_and_interval_are_of_the_folds(evaluation: Evaluation) -> None:
    setting, folds = evaluation.record.settings[0], pd.Series([0.9, 0.95, 0.99, 0.97, 0.9])
    row = dict(zip(ESTIMATE_COLUMNS, setting_row(evaluation.record, setting, "x", folds, (0, 1), 2), strict=True))
    expected = fold_mean(folds, 5)
    assert (row["scenario"], row["metric"], row["learning_rate"]) == (setting.name, "x", "selected")
    assert (row["mean"], row["sd"]) == pytest.approx((expected.mean, expected.sd))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((expected.interval()[0], 1.0))
    assert "4 df" in str(row["method"])


def test_a_fold_without_a_value_leaves_none(evaluation: Evaluation) -> None:
    folds = pd.Series([0.9, math.nan, 0.8, 0.7, math.nan])
    row = setting_row(evaluation.record, evaluation.record.settings[0], "x", folds, (0, 1), 0)
    assert all(math.isnan(float(str(value))) for value in row[6:10])
    assert "2 of 5 folds" in str(row[10])


def test_runs_that_had_not_converged_are_counted(evaluation: Evaluation) -> None:
    sides = setting_sides(evaluation.record, run_values(evaluation.record, evaluation.folds))
    counts = [num_stuck(run_values(evaluation.record, evaluation.folds), side) for side in sides.values()]
    assert counts == evaluation.estimates["not_converged"][: len(sides)].tolist()
    assert sum(counts) > 0
