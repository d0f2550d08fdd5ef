"""Predicted stages and their metrics, against scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from radtl_tf.evaluation.metrics import stages

RANDOM = np.random.default_rng(5)
STAGES = RANDOM.integers(0, 5, 200)
TRUTH = (STAGES[:, None] > np.arange(4)).astype(int)
SCORE = np.clip(TRUTH * 0.4 + RANDOM.uniform(0, 0.7, TRUTH.shape), 0, 1)


def test_stages_are_counted_thresholds() -> None:
    assert (stages.true_stage(TRUTH) == STAGES).all()
    assert stages.called_stage(np.array([[0.5, 0.5], [0.51, 0.2], [0.9, 0.8]])).tolist() == [0, 1, 2]


def test_probabilities_of_stages_are_never_negative_and_add_up() -> None:
    found = stages.stage_probabilities(SCORE)
    assert found.shape == (200, 5)
    assert found.min() >= 0
    assert found.sum(axis=1) == pytest.approx(1)
    assert stages.stage_probabilities(np.array([[0.7, 0.2]]))[0] == pytest.approx([0.3, 0.5, 0.2])


def test_metrics_are_those_of_scikit_learn() -> None:
    called = stages.called_stage(SCORE)
    expected = cohen_kappa_score(STAGES, called, weights="quadratic")
    assert stages.weighted_kappa(TRUTH, SCORE) == pytest.approx(expected)
    assert (stages.cross_tabulation(TRUTH, SCORE) == confusion_matrix(STAGES, called)).all()
    assert stages.stage_accuracy(TRUTH, SCORE) == pytest.approx((STAGES == called).mean())
    assert stages.within_one(TRUTH, SCORE) == pytest.approx((abs(STAGES - called) < 2).mean())
    assert stages.stage_error(TRUTH, SCORE) == pytest.approx(abs(STAGES - called).mean())


def test_one_stage_only_has_no_kappa() -> None:
    nothing = np.zeros((5, 3))
    assert math.isnan(stages.weighted_kappa(nothing.astype(int), nothing))
