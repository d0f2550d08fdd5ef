"""Metrics of predicted stages for the bootstrap: those of ``metrics.stages``, of weighted cases.

As in ``metrics.weighted``, every function prepares its cases and returns a function of weights (n, B). Truth and score
are (n, K - 1), of the thresholds between K stages.
"""

from __future__ import annotations

import numpy as np

from radtl_tf.evaluation.metrics.auroc import Score, Truth
from radtl_tf.evaluation.metrics.stages import called_stage, true_stage
from radtl_tf.evaluation.metrics.weighted import Floats, WeightedMetric, mean_of, ratio


def weighted_kappa(truth: Truth, score: Score) -> WeightedMetric:
    """Cohen's kappa with quadratic weights (Psychol Bull 1968); ``nan`` if all cases are one and the same stage."""
    given, called = true_stage(truth).astype(float), called_stage(score).astype(float)
    observed = mean_of((given - called) ** 2)
    means = [mean_of(values) for values in (given, called, given**2, called**2)]

    def value(weights: Floats) -> Floats:
        of_given, of_called, of_given_squared, of_called_squared = (mean(weights) for mean in means)
        by_chance = of_given_squared - 2 * of_given * of_called + of_called_squared
        return 1 - ratio(observed(weights), by_chance)

    return value


def stage_accuracy(truth: Truth, score: Score) -> WeightedMetric:
    """Share of cases whose predicted stage is the true one."""
    return mean_of(_distance(truth, score) == 0)


def within_one(truth: Truth, score: Score) -> WeightedMetric:
    """Share of cases whose predicted stage is the true one or its neighbor."""
    return mean_of(_distance(truth, score) <= 1)


def stage_error(truth: Truth, score: Score) -> WeightedMetric:
    """Mean absolute error in stages."""
    return mean_of(_distance(truth, score))


def _distance(truth: Truth, score: Score) -> Floats:
    return np.abs(true_stage(truth) - called_stage(score)).astype(float)
