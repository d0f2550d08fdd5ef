"""Recalibration against scikit-learn, against a planted line, and without a solution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from radtl_tf.evaluation.metrics.auroc import log_loss
from radtl_tf.evaluation.metrics.recalibration import (
    calibration_intercept,
    calibration_slope,
    logit,
    platt,
    platt_line,
    temperature,
)


def drawn(a: float, b: float, number: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return truth drawn from expit(a + b x), and expit(x) as the score."""
    random = np.random.default_rng(seed)
    x = random.normal(0, 1.5, number)
    return (random.random(number) < expit(a + b * x)).astype(int), expit(x)


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (0.7, 0.4), (-2.0, 2.5), (0.5, -1.0)])
def test_the_slope_is_that_of_a_logistic_regression(a: float, b: float) -> None:
    truth, score = drawn(a, b)
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(logit(score)[:, None], truth)
    assert calibration_slope(truth, score) == pytest.approx(oracle.coef_[0, 0], rel=1e-4)


def test_a_planted_line_is_recovered() -> None:
    assert calibration_slope(*drawn(0.7, 0.4, 100_000)) == pytest.approx(0.4, abs=0.03)
    assert calibration_intercept(*drawn(-0.8, 1.0, 100_000)) == pytest.approx(-0.8, abs=0.03)


def test_the_intercept_makes_the_mean_score_the_prevalence() -> None:
    truth, score = drawn(-1.5, 0.6)
    shift = calibration_intercept(truth, score)
    assert expit(shift + logit(score)).mean() == pytest.approx(truth.mean())
    constant = np.full(len(truth), 0.5)
    assert calibration_intercept(truth, constant) == pytest.approx(math.log(truth.mean() / (1 - truth.mean())))


@pytest.mark.parametrize(
    ("truth", "score"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3]),
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
        ([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9]),
        ([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_without_a_most_likely_slope_there_is_none(truth: list[int], score: list[float]) -> None:
    assert math.isnan(calibration_slope(np.array(truth), np.array(score)))


def test_one_class_has_no_intercept() -> None:
    assert math.isnan(calibration_intercept(np.ones(3, int), np.array([0.2, 0.4, 0.6])))
    assert math.isfinite(calibration_intercept(np.array([0, 1]), np.array([0.0, 1.0])))


def test_the_line_of_platt_is_its_map() -> None:
    truth, x = drawn(0.5, 0.3)
    a, b = platt_line(truth, x)
    assert platt([(truth, x)])[0](x) == pytest.approx(1 / (1 + np.exp(-(a + b * logit(x)))))


@pytest.mark.parametrize("fit", [platt, temperature])
def test_maps_keep_the_order_and_lessen_the_loss(fit: object) -> None:
    truth, x = drawn(0.0, 0.3)
    recalibrated = fit([(truth, x)])[0](x)  # type: ignore[operator]
    assert (np.argsort(recalibrated) == np.argsort(x)).all()
    assert log_loss(truth, recalibrated) < log_loss(truth, x) - 0.05
    assert calibration_slope(truth, recalibrated) == pytest.approx(1, abs=0.05)


def test_temperature_recovers_the_planted_one_and_leaves_one_half_alone() -> None:
    truth, score = drawn(0.0, 0.25, 20_000)
    (apply,) = temperature([(truth, score)])
    assert apply(np.array([0.5]))[0] == 0.5
    assert logit(apply(np.array([expit(4.0)])))[0] == pytest.approx(1.0, abs=0.1)


def test_platt_stays_finite_where_the_classes_are_divided_or_the_scores_are_one() -> None:
    truth = np.array([0] * 8 + [1] * 8)
    divided = platt([(truth, np.where(truth == 1, 1.0, 0.0))])[0](np.array([0.0, 1.0]))
    assert divided == pytest.approx([1 / 10, 9 / 10], abs=1e-6)  # Platt's targets
    assert platt([(truth, np.full(16, 0.9))])[0](np.array([0.1, 0.9])) == pytest.approx([0.5, 0.5])


def test_temperature_of_divided_classes_stays_in_its_range() -> None:
    truth = np.array([0, 0, 1, 1])
    (apply,) = temperature([(truth, np.array([0.4, 0.45, 0.55, 0.6]))])
    assert logit(apply(np.array([expit(0.1)])))[0] == pytest.approx(2.0, rel=1e-2)
