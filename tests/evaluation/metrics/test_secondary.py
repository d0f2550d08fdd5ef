"""Every secondary metric against scikit-learn or a closed form, and cases without a value."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as oracle

from radtl_tf.evaluation.metrics.auroc import log_loss
from radtl_tf.evaluation.metrics.secondary import (
    adaptive_bins,
    average_precision,
    balanced_accuracy,
    brier,
    calibration_error,
    matthews,
)

TRUTH = np.array([0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1])
SCORE = np.array([0.1, 0.35, 0.24, 0.8, 0.2, 0.85, 0.13, 0.85, 0.74, 0.58, 0.71, 0.25])


def cases(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return drawn truth and scores with many ties."""
    random = np.random.default_rng(seed)
    truth = (random.random(60) < 0.3).astype(int)
    return truth, np.round(np.clip(random.normal(0.4 + 0.2 * truth, 0.25), 0, 1), 1)


@pytest.mark.parametrize("seed", range(5))
def test_metrics_are_those_of_scikit_learn(seed: int) -> None:
    truth, score = cases(seed)
    called = score >= 0.5
    assert average_precision(truth, score) == pytest.approx(oracle.average_precision_score(truth, score))
    assert balanced_accuracy(truth, score) == pytest.approx(oracle.balanced_accuracy_score(truth, called))
    assert matthews(truth, score) == pytest.approx(oracle.matthews_corrcoef(truth, called))
    assert brier(truth, score) == pytest.approx(oracle.brier_score_loss(truth, score))
    clipped = np.clip(score, 1e-7, 1 - 1e-7)
    assert log_loss(truth, score) == pytest.approx(oracle.log_loss(truth, clipped))


def test_by_hand() -> None:
    truth, score = np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.5, 0.2])
    assert average_precision(truth, score) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert balanced_accuracy(truth, score) == 0.75  # a score of exactly 0.5 is called positive
    assert matthews(truth, score) == pytest.approx(1 / math.sqrt(3))
    assert brier(truth, score) == pytest.approx((0.01 + 0.64 + 0.25 + 0.04) / 4)


def test_with_one_class_a_correlation_is_none() -> None:
    assert matthews(np.zeros(4, int), np.array([0.1, 0.2, 0.6, 0.7])) == 0
    assert matthews(TRUTH, np.full(12, 0.2)) == 0


def test_bins_hold_equally_many_cases() -> None:
    scores, shares, counts = adaptive_bins(TRUTH, SCORE, 5)
    assert counts.tolist() == [3, 3, 2, 2, 2]
    assert (scores * counts).sum() == pytest.approx(SCORE.sum())
    assert (shares * counts).sum() == pytest.approx(TRUTH.sum())
    assert adaptive_bins(TRUTH[:3], SCORE[:3])[2].tolist() == [1, 1, 1]


def test_calibration_error_by_hand() -> None:
    truth = np.array([0, 0, 0, 1] + [1, 1, 1, 0])
    score = np.array([0.2] * 4 + [0.9] * 4)
    assert calibration_error(truth, score) == pytest.approx((0.05 + 0.15) / 2)
    assert calibration_error(truth, np.full(8, 0.6)) == pytest.approx(0.1)  # ties make one mean, whatever the bins


def test_perfect_probabilities_of_many_cases_have_a_small_error() -> None:
    random = np.random.default_rng(0)
    score = random.random(50_000)
    assert calibration_error((random.random(50_000) < score).astype(int), score) < 0.01
