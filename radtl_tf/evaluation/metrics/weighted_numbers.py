"""Metrics of predicted numbers for the bootstrap: those of ``metrics.numbers``, of weighted cases.

As in ``metrics.weighted``, every function prepares truth (n,) and score (n,), in the unit of the label, and returns a
function of weights (n, B). A weight is the number of times that a case was drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from radtl_tf.evaluation.metrics.numbers import REACH
from radtl_tf.evaluation.metrics.weighted import Floats, WeightedMetric, mean_of, ratio


def mae(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Mean absolute error."""
    return mean_of(np.abs(_errors(truth, score)))


def rmse(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Root of the mean squared error."""
    squared = mean_of(_errors(truth, score) ** 2)
    return lambda weights: np.sqrt(squared(weights))


def r2(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Coefficient of determination; ``nan`` if the truth does not vary."""
    squared, spread = mean_of(_errors(truth, score) ** 2), _variance(truth)
    return lambda weights: 1 - ratio(squared(weights), spread(weights))


def bias(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Mean of prediction minus truth."""
    return mean_of(_errors(truth, score))


def lower_limit(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Lower 95 % limit of agreement (Bland & Altman, Lancet 1986)."""
    return _limit(truth, score, -REACH)


def upper_limit(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Upper 95 % limit of agreement (Bland & Altman, Lancet 1986)."""
    return _limit(truth, score, REACH)


def concordance(truth: ArrayLike, score: ArrayLike) -> WeightedMetric:
    """Lin's concordance correlation coefficient (Biometrics 1989); ``nan`` if neither truth nor score varies.

    Twice the covariance is the sum of the variances less the variance of the differences.
    """
    errors = _errors(truth, score)
    of_truth, of_score, of_errors, shift = _variance(truth), _variance(score), _variance(errors), mean_of(errors)

    def value(weights: Floats) -> Floats:
        both = of_truth(weights) + of_score(weights)
        return ratio(both - of_errors(weights), both + shift(weights) ** 2)

    return value


def _errors(truth: ArrayLike, score: ArrayLike) -> Floats:
    return np.asarray(score, dtype=float) - np.asarray(truth, dtype=float)


def _variance(values: ArrayLike) -> WeightedMetric:
    """Variance of weighted cases, divided by their number."""
    fixed = np.asarray(values, dtype=float)
    fixed = fixed - fixed.mean()  # so that the difference of squares is precise
    squared, mean = mean_of(fixed**2), mean_of(fixed)
    return lambda weights: np.maximum(squared(weights) - mean(weights) ** 2, 0)


def _limit(truth: ArrayLike, score: ArrayLike, reach: float) -> WeightedMetric:
    errors = _errors(truth, score)
    mean, variance = mean_of(errors), _variance(errors)

    def value(weights: Floats) -> Floats:
        number = weights.sum(axis=0)
        return mean(weights) + reach * np.sqrt(ratio(number * variance(weights), number - 1))

    return value
