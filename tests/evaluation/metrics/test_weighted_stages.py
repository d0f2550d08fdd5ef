"""Weighted metrics of stages are those of the repeated cases."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.metrics.metric_table import OF_STAGES, Metric

RANDOM = np.random.default_rng(6)
STAGES = RANDOM.integers(0, 4, 40)
TRUTH = (STAGES[:, None] > np.arange(3)).astype(int)
SCORE = np.clip(TRUTH + RANDOM.normal(0, 0.4, TRUTH.shape), 0, 1)
COUNTS = RANDOM.integers(0, 3, (40, 5))


@pytest.mark.parametrize("metric", OF_STAGES, ids=lambda metric: metric.key)
def test_a_weight_counts_how_often_a_case_is_there(metric: Metric) -> None:
    assert metric.formula is not None
    found = metric.prepared(TRUTH, SCORE)(COUNTS.astype(float))
    expected = [metric.formula(TRUTH.repeat(of, axis=0), SCORE.repeat(of, axis=0)) for of in COUNTS.T]
    assert found == pytest.approx(expected, rel=1e-9)


def test_one_stage_has_no_kappa() -> None:
    kappa = next(metric for metric in OF_STAGES if metric.key == "weighted_kappa")
    assert np.isnan(kappa.prepared(np.ones((3, 2)), np.ones((3, 2)))(np.ones((3, 1))))[0]
