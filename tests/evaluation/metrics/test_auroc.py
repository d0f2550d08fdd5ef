from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import log_loss as reference_log_loss
from sklearn.metrics import roc_auc_score

from radtl_tf.evaluation.metrics.auroc import auroc, log_loss, midranks
from radtl_tf.evaluation.metrics.secondary import decisions

TRUTH = np.array([0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1])
SCORE = np.array([0.1, 0.35, 0.24, 0.8, 0.2, 0.85, 0.13, 0.85, 0.74, 0.58, 0.71, 0.25])


def test_the_reference_value() -> None:
    assert auroc(TRUTH, SCORE) == pytest.approx(0.7083333, abs=1e-7)


def test_it_agrees_with_scikit_learn_also_with_ties() -> None:
    random = np.random.default_rng(3)
    for size in (5, 50, 500):
        truth = np.r_[0, 1, random.integers(0, 2, size)]
        score = random.integers(0, 12, size + 2) / 12
        assert auroc(truth, score) == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
        clipped = np.clip(score, 0.01, 0.99)
        assert log_loss(truth, clipped) == pytest.approx(reference_log_loss(truth, clipped), abs=1e-12)


def test_invariants_of_the_auroc() -> None:
    assert auroc(TRUTH, 1 - SCORE) == pytest.approx(1 - auroc(TRUTH, SCORE))
    assert auroc(TRUTH, SCORE**3) == auroc(TRUTH, SCORE)
    assert auroc(np.repeat(TRUTH, 3), np.repeat(SCORE, 3)) == pytest.approx(auroc(TRUTH, SCORE))
    assert auroc(TRUTH, np.full(12, 0.5)) == 0.5
    assert math.isnan(auroc(np.ones(4), SCORE[:4]))


def test_certain_and_wrong_is_costly_but_finite() -> None:
    assert log_loss(np.array([0]), np.array([1.0])) == pytest.approx(-math.log(1e-7))


def test_each_class_is_measured_where_it_is_known() -> None:
    rng = np.random.default_rng(2)
    truth, score = rng.integers(0, 2, (60, 3)).astype(float), rng.random((60, 3))
    truth[rng.random((60, 3)) < 0.3] = np.nan
    known = ~np.isnan(truth)
    areas = [roc_auc_score(truth[at, number], score[at, number]) for number, at in enumerate(known.T)]
    assert auroc(truth, score) == pytest.approx(np.mean(areas))
    assert log_loss(truth, score) == pytest.approx(reference_log_loss(truth[known], score[known]))
    wrong, confidence = decisions("multilabel", truth, score)
    assert len(wrong) == len(confidence) == known.sum()


def test_ranks_are_those_of_scipy() -> None:
    random = np.random.default_rng(1)
    for size in (1, 2, 7, 300):
        score = random.integers(0, 20, size) / 20
        np.testing.assert_array_equal(midranks(score), rankdata(score))
    assert np.isnan(midranks(np.array([0.1, math.nan, 0.3]))).all()
