from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit, logit
from sklearn import metrics as reference

from radtl_tf.evaluation.metrics import auroc as metrics
from radtl_tf.evaluation.metrics import weighted
from radtl_tf.evaluation.metrics.weighted import WeightedMetric

TRUTH = np.array([0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1])
SCORE = np.array([0.1, 0.35, 0.24, 0.8, 0.2, 0.85, 0.13, 0.85, 0.74, 0.58, 0.71, 0.25])


def called(score: np.ndarray) -> np.ndarray:
    return score >= 0.5


ORACLES: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], float]] = {
    "auroc": lambda t, s, w: reference.roc_auc_score(t, s, sample_weight=w),
    "average_precision": lambda t, s, w: reference.average_precision_score(t, s, sample_weight=w),
    "brier": lambda t, s, w: reference.brier_score_loss(t, s, sample_weight=w),
    "log_loss": lambda t, s, w: reference.log_loss(t, s, sample_weight=w),
    "accuracy": lambda t, s, w: reference.accuracy_score(t, called(s), sample_weight=w),
    "sensitivity": lambda t, s, w: reference.recall_score(t, called(s), sample_weight=w),
    "specificity": lambda t, s, w: reference.recall_score(1 - t, ~called(s), sample_weight=w),
    "balanced_accuracy": lambda t, s, w: reference.balanced_accuracy_score(t, called(s), sample_weight=w),
    "mcc": lambda t, s, w: reference.matthews_corrcoef(t, called(s), sample_weight=w),
    "calibration_slope": lambda t, s, w: recalibrated(t, s, w)[1],
    "calibration_intercept": lambda t, s, w: recalibrated(t, s, w, slope=1)[0],
}


def recalibrated(
    truth: np.ndarray, score: np.ndarray, weights: np.ndarray, slope: float | None = None
) -> tuple[float, float]:
    """Return intercept and slope of the logistic regression on the log-odds, by a general optimizer."""

    def loss(parameters: np.ndarray) -> float:
        chosen = parameters[1] if slope is None else slope
        odds = parameters[0] + chosen * logit(score)
        return float(weights @ (np.logaddexp(0, odds) - truth * odds))

    found = optimize.minimize(loss, np.array([0.0, 1.0]), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10})
    return float(found.x[0]), float(found.x[1])


def sample(seed: int, size: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, scores with ties, and weights of a bootstrap (size, 3)."""
    random = np.random.default_rng(seed)
    truth = np.r_[0, 1, random.integers(0, 2, size - 2)]
    score = np.clip(np.round(expit(random.normal(size=size) + truth), 1), 0.05, 0.95)
    weights = random.multinomial(size, np.full(size, 1 / size), size=3).T.astype(float)
    return truth, score, weights


@pytest.mark.parametrize("name", ORACLES)
def test_each_column_of_weights_gives_what_others_give_for_it(name: str) -> None:
    for seed in range(4):
        truth, score, weights = sample(seed)
        found = getattr(weighted, name)(truth, score)(weights)
        expected = [ORACLES[name](truth, score, column) for column in weights.T]
        assert found == pytest.approx(expected, abs=1e-5 if name.startswith("calibration") else 1e-12)


@pytest.mark.parametrize("name", ORACLES)
def test_a_weight_is_a_number_of_copies(name: str) -> None:
    truth, score, weights = sample(9)
    copies = np.repeat(np.arange(len(truth)), weights[:, 0].astype(int))
    metric = getattr(weighted, name)
    once = metric(truth[copies], score[copies])(np.ones((len(copies), 1)))
    assert metric(truth, score)(weights)[0] == pytest.approx(once[0], abs=1e-9)
    assert metric(truth, score)(7 * weights) == pytest.approx(metric(truth, score)(weights), abs=1e-9)


def of_whole(metric: WeightedMetric) -> float:
    return float(metric(np.ones((12, 1)))[0])


def test_equal_weights_give_the_metrics_of_the_experiment() -> None:
    assert of_whole(weighted.auroc(TRUTH, SCORE)) == metrics.auroc(TRUTH, SCORE) == pytest.approx(0.7083333, abs=1e-7)
    assert of_whole(weighted.log_loss(TRUTH, SCORE)) == pytest.approx(metrics.log_loss(TRUTH, SCORE))


def test_the_auroc_of_turned_scores() -> None:
    truth, score, weights = sample(2)
    turned = weighted.auroc(truth, 1 - score)(weights)
    assert turned == pytest.approx(1 - weighted.auroc(truth, score)(weights), abs=1e-12)


@pytest.mark.parametrize("name", ["auroc", "sensitivity", "balanced_accuracy", "calibration_intercept", "mcc"])
def test_without_positive_cases_there_is_no_value(name: str) -> None:
    weights = np.stack([1 - TRUTH, np.ones(12)], axis=1).astype(float)
    found = getattr(weighted, name)(TRUTH, SCORE)(weights)
    assert math.isnan(found[0])
    assert math.isfinite(found[1])


def test_the_threshold_is_reached_by_a_score_that_equals_it() -> None:
    assert of_whole(weighted.sensitivity(TRUTH, SCORE, threshold=0.85)) == pytest.approx(1 / 6)
    assert of_whole(weighted.specificity(TRUTH, SCORE, threshold=0.85)) == pytest.approx(5 / 6)


def test_scores_that_separate_the_classes_have_no_slope() -> None:
    assert math.isnan(of_whole(weighted.calibration_slope(TRUTH, 0.2 + 0.6 * TRUTH + 0.1 * SCORE)))
    assert math.isnan(of_whole(weighted.calibration_slope(TRUTH, np.full(12, 0.3))))


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, 0.0), (3.0, 0.0), (1.0, 1.5)])
def test_calibration_finds_what_was_planted(slope: float, shift: float) -> None:
    random = np.random.default_rng(8)
    odds = random.normal(-1, 1.5, 40_000)
    truth = (random.random(40_000) < expit(odds)).astype(int)
    score, whole = expit(odds / slope - shift), np.ones((40_000, 1))
    assert weighted.calibration_slope(truth, score)(whole)[0] == pytest.approx(slope, rel=0.05)
    if slope == 1:
        assert weighted.calibration_intercept(truth, score)(whole)[0] == pytest.approx(shift, abs=0.05)


def test_certain_scores_cost_much_but_are_finite() -> None:
    for name in ("log_loss", "calibration_slope", "calibration_intercept"):
        assert math.isfinite(of_whole(getattr(weighted, name)(TRUTH, np.where(SCORE > 0.5, 1.0, 0.0))))
