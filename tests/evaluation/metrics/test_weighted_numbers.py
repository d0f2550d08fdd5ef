"""Weighted metrics of numbers are those of the repeated cases."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.metrics.metric_table import MAE, OF_NUMBERS, Metric

RANDOM = np.random.default_rng(5)
TRUTH = RANDOM.normal(12, 3, 30)
SCORE = TRUTH + RANDOM.normal(0.5, 1, 30)
COUNTS = RANDOM.integers(0, 4, (30, 6))


@pytest.mark.parametrize("metric", (MAE, *OF_NUMBERS), ids=lambda metric: metric.key)
def test_a_weight_counts_how_often_a_case_is_there(metric: Metric) -> None:
    assert metric.formula is not None
    found = metric.prepared(TRUTH, SCORE)(COUNTS.astype(float))
    expected = [metric.formula(TRUTH.repeat(counts), SCORE.repeat(counts)) for counts in COUNTS.T]
    assert found == pytest.approx(expected, rel=1e-9)


def test_without_cases_or_spread_there_is_no_value() -> None:
    by_key = {metric.key: metric for metric in (MAE, *OF_NUMBERS)}
    assert all(np.isnan(metric.prepared(TRUTH, SCORE)(np.zeros((30, 1))))[0] for metric in by_key.values())
    assert np.isnan(by_key["r2"].prepared([1, 1], [1, 2])(np.ones((2, 1))))[0]
    assert np.isnan(by_key["lower_limit"].prepared([1.0], [2.0])(np.ones((1, 1))))[0]
