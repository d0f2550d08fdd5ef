"""Errors and agreement of predicted numbers, against scikit-learn, formulas of the papers and hand computations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from radtl_tf.evaluation.metrics import numbers

RANDOM = np.random.default_rng(3)
TRUTH = RANDOM.uniform(6, 18, 80)
SCORE = 0.8 * TRUTH + 3 + RANDOM.normal(0, 1.5, 80)


def test_errors_are_those_of_scikit_learn() -> None:
    assert numbers.mae(TRUTH, SCORE) == pytest.approx(reference.mean_absolute_error(TRUTH, SCORE))
    assert numbers.rmse(TRUTH, SCORE) == pytest.approx(reference.root_mean_squared_error(TRUTH, SCORE))
    assert numbers.r2(TRUTH, SCORE) == pytest.approx(reference.r2_score(TRUTH, SCORE))


def test_concordance_is_the_correlation_times_the_bias_correction() -> None:
    """Lin 1989: rho times C_b, C_b = 2 / (v + 1 / v + u^2), v the ratio of the SDs and u the shift of location."""
    sds = TRUTH.std(), SCORE.std()
    v, u = sds[0] / sds[1], (TRUTH.mean() - SCORE.mean()) / math.sqrt(sds[0] * sds[1])
    rho = np.corrcoef(TRUTH, SCORE)[0, 1]
    assert numbers.concordance(TRUTH, SCORE) == pytest.approx(rho * 2 / (v + 1 / v + u**2))
    assert numbers.concordance(TRUTH, TRUTH) == pytest.approx(1)
    assert numbers.concordance(TRUTH, TRUTH + 5) < 0.8  # Pearson's correlation would be 1


def test_limits_of_agreement_by_hand() -> None:
    truth, score = np.array([10.0, 12, 14, 16]), np.array([11.0, 11, 16, 18])  # differences 1, -1, 2, 2
    assert numbers.bias(truth, score) == 1
    spread = math.sqrt((0 + 4 + 1 + 1) / 3)
    assert numbers.lower_limit(truth, score) == pytest.approx(1 - 1.96 * spread)
    assert numbers.upper_limit(truth, score) == pytest.approx(1 + 1.96 * spread)


def test_what_is_not_defined_is_nan() -> None:
    same = np.full(4, 3.0)
    assert math.isnan(numbers.r2(same, same + 1))
    assert math.isnan(numbers.concordance(same, same))
    assert math.isnan(numbers.lower_limit(same[:1], same[:1]))
