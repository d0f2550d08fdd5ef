"""Metrics of weighted cases: each is prepared once for its cases and then evaluated for many weights.

A bootstrap replicate is a weight per case, so no resampled copy is ever made. Every function here takes truth (n,) of 0
and 1 and score (n,), P(positive), and returns a ``WeightedMetric``. That takes weights (n, B) of 0 and above, a column
per replicate, and returns values (B,): ``nan`` if the weights leave no value, for example only one class.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from radtl_tf.evaluation.metrics.auroc import SMALLEST

Floats = NDArray[np.float64]
WeightedMetric = Callable[[Floats], Floats]

_STEPS, _TOLERANCE = 50, 1e-8  # of Newton's method, in log-odds
_SINGULAR = 1e-12  # share of its maximum; a determinant below it is rounding


def auroc(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Area under the ROC curve (0..1), ties counted half: the Mann-Whitney statistic by weighted midranks, exact.

    >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])(np.ones((4, 1))).tolist()
    [0.875]
    """
    positive, scores = np.asarray(truth) == 1, np.asarray(score, dtype=float)
    negatives = np.flatnonzero(~positive)[np.argsort(scores[~positive])]
    positives = np.flatnonzero(positive)
    ranked = scores[negatives]
    below, reached = (np.searchsorted(ranked, scores[positives], side) for side in ("left", "right"))

    def value(weights: Floats) -> Floats:
        beaten = np.zeros((len(negatives) + 1, weights.shape[1]))
        np.cumsum(weights[negatives], axis=0, out=beaten[1:])
        chosen = weights[positives]
        wins = np.einsum("ib,ib->b", chosen, beaten[below]) + np.einsum("ib,ib->b", chosen, beaten[reached])
        return ratio(wins / 2, chosen.sum(axis=0) * beaten[-1])

    return value


def average_precision(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Average precision (0..1): precision at each distinct score, weighted by the recall gained there."""
    positive, scores = np.asarray(truth) == 1, np.asarray(score, dtype=float)
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # the last case of each distinct score
    hits = positive[order, None]

    def value(weights: Floats) -> Floats:
        ranked = weights[order]
        found, called = np.cumsum(ranked * hits, axis=0)[ends], np.cumsum(ranked, axis=0)[ends]
        gained = np.diff(found, axis=0, prepend=0)
        precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
        return ratio((gained * precision).sum(axis=0), found[-1])

    return value


def brier(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Mean squared error of the probabilities (0..1; Brier, Monthly Weather Review 1950)."""
    return mean_of((np.asarray(score, dtype=float) - np.asarray(truth)) ** 2)


def log_loss(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Mean negative log-likelihood (nats) of the truth under the probabilities."""
    scores = np.asarray(score, dtype=float)
    given = np.where(np.asarray(truth) == 1, scores, 1 - scores)
    return mean_of(-np.log(np.clip(given, SMALLEST, 1)))


def accuracy(truth: ArrayLike, score: ArrayLike, threshold: float = 0.5) -> WeightedMetric:
    """Share of cases on the right side of ``threshold``; a score that reaches it is called positive."""
    return mean_of(_called(score, threshold) == (np.asarray(truth) == 1))


def sensitivity(truth: ArrayLike, score: ArrayLike, threshold: float = 0.5) -> WeightedMetric:
    """Share of the positive cases whose score reaches ``threshold``."""
    positive = np.asarray(truth) == 1
    return lambda weights: ratio((positive & _called(score, threshold)) @ weights, positive @ weights)


def specificity(truth: ArrayLike, score: ArrayLike, threshold: float = 0.5) -> WeightedMetric:
    """Share of the negative cases whose score stays below ``threshold``."""
    negative = np.asarray(truth) != 1
    return lambda weights: ratio((negative & ~_called(score, threshold)) @ weights, negative @ weights)


def balanced_accuracy(truth: ArrayLike, score: ArrayLike, threshold: float = 0.5) -> WeightedMetric:
    """Mean of sensitivity and specificity."""
    found, spared = sensitivity(truth, score, threshold), specificity(truth, score, threshold)
    return lambda weights: (found(weights) + spared(weights)) / 2


def mcc(truth: ArrayLike, score: ArrayLike, threshold: float = 0.5) -> WeightedMetric:
    """Matthews' correlation of call and truth (-1..1; Biochimica et Biophysica Acta 1975)."""
    positive, called = np.asarray(truth) == 1, _called(score, threshold)

    def value(weights: Floats) -> Floats:
        total, with_it, said = weights.sum(axis=0), positive @ weights, called @ weights
        covariance = total * ((positive & called) @ weights) - with_it * said
        return ratio(covariance, np.sqrt(with_it * (total - with_it) * said * (total - said)))

    return value


def calibration_slope(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Slope of the truth's log-odds on the score's log-odds: 1 is ideal; below 1 the scores are too extreme.

    Logistic recalibration (Cox, Biometrika 1958), maximum likelihood. ``nan`` if the scores separate the classes or are
    all equal.
    """
    positive, odds = (np.asarray(truth) == 1)[:, None], _log_odds(score)[:, None]
    spread = float(odds.std()) or 1.0
    odds = (odds - odds.mean()) / spread

    def value(weights: Floats) -> Floats:
        intercept, slope = np.zeros((2, weights.shape[1]))
        for _ in range(_STEPS):
            expected = expit(intercept + slope * odds)
            rest, certain = weights * (positive - expected), weights * expected * (1 - expected)
            gradient = rest.sum(axis=0), (rest * odds).sum(axis=0)
            a, b, c = certain.sum(axis=0), (certain * odds).sum(axis=0), (certain * odds**2).sum(axis=0)
            determinant = np.where(a * c - b * b > _SINGULAR * a * c, a * c - b * b, 0.0)
            steps = np.stack([c * gradient[0] - b * gradient[1], a * gradient[1] - b * gradient[0]])
            steps = ratio(steps, np.broadcast_to(determinant, steps.shape))
            intercept, slope = (intercept, slope) + np.clip(np.nan_to_num(steps), -1, 1)
            settled = (np.abs(steps) < _TOLERANCE).all(axis=0)
            if settled.all():
                break
        return np.where(settled, slope / spread, np.nan)

    return value


def calibration_intercept(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Calibration in the large: the shift of the scores' log-odds; 0 is ideal, below 0 the scores are too high.

    Maximum likelihood with the slope fixed at 1 (Cox, Biometrika 1958).
    """
    positive, odds = np.asarray(truth) == 1, _log_odds(score)[:, None]

    def value(weights: Floats) -> Floats:
        shift, observed = np.zeros(weights.shape[1]), positive @ weights
        for _ in range(_STEPS):
            expected = expit(odds + shift)
            gap = observed - (weights * expected).sum(axis=0)
            step = ratio(gap, (weights * expected * (1 - expected)).sum(axis=0))
            shift += np.clip(np.nan_to_num(step), -1, 1)
            settled = np.abs(step) < _TOLERANCE
            if settled.all():
                break
        return np.where(settled, shift, np.nan)

    return value


def _called(score: ArrayLike, threshold: float) -> NDArray[np.bool_]:
    return np.asarray(score, dtype=float) >= threshold


def _log_odds(score: ArrayLike) -> Floats:
    return logit(np.clip(np.asarray(score, dtype=float), SMALLEST, 1 - SMALLEST))


def mean_of(values: ArrayLike) -> WeightedMetric:
    """Return the mean of fixed ``values`` (n,); ``nan`` if no case has a weight."""
    fixed = np.asarray(values, dtype=float)
    return lambda weights: ratio(fixed @ weights, weights.sum(axis=0))


def ratio(above: Floats, below: Floats) -> Floats:
    """Return the quotient, ``nan`` if the divisor is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=np.asarray(below) > 0)
