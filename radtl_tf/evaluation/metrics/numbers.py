"""How far predicted numbers are from the truth: errors, agreement and bias, all in the unit of the label."""

from __future__ import annotations

import math

import numpy as np

from radtl_tf.evaluation.metrics.auroc import Score, Truth

REACH = 1.96  # SDs that hold 95 % of normal differences


def mae(truth: Truth, score: Score) -> float:
    """Return the mean absolute error (0 and up, in the unit of the label) of ``score`` (n,) for ``truth`` (n,).

    >>> mae(np.array([10.0, 12.0]), np.array([11.0, 9.0]))
    2.0
    """
    return float(np.abs(score - truth).mean())


def rmse(truth: Truth, score: Score) -> float:
    """Return the root of the mean squared error, in the unit of the label: large errors count more than in the MAE."""
    return float(np.sqrt(((score - truth) ** 2).mean()))


def r2(truth: Truth, score: Score) -> float:
    """Return the coefficient of determination (up to 1): 0 for the mean of these cases, below 0 for worse.

    One minus the squared error divided by the squared error of the mean, not a squared correlation; ``nan`` if the
    truth does not vary.
    """
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((score - truth) ** 2).sum()) / spread if spread else math.nan


def concordance(truth: Truth, score: Score) -> float:
    """Return Lin's concordance correlation coefficient (-1..1; Biometrics 1989): 1 if all cases are on the identity.

    Unlike Pearson's correlation it falls with a bias and with a wrong scale. Variances divide by n, as in Lin's paper;
    ``nan`` if neither truth nor score varies.
    """
    covariance = float(((truth - truth.mean()) * (score - score.mean())).mean())
    apart = float(truth.var() + score.var() + (truth.mean() - score.mean()) ** 2)
    return 2 * covariance / apart if apart else math.nan


def bias(truth: Truth, score: Score) -> float:
    """Return the mean of prediction minus truth, in the unit of the label: above 0 if predictions are too high."""
    return float((score - truth).mean())


def lower_limit(truth: Truth, score: Score) -> float:
    """Return the lower 95 % limit of agreement (Bland & Altman, Lancet 1986): bias - 1.96 SD of the differences."""
    return bias(truth, score) - REACH * _spread(truth, score)


def upper_limit(truth: Truth, score: Score) -> float:
    """Return the upper 95 % limit of agreement (Bland & Altman, Lancet 1986): bias + 1.96 SD of the differences."""
    return bias(truth, score) + REACH * _spread(truth, score)


def _spread(truth: Truth, score: Score) -> float:
    return float((score - truth).std(ddof=1)) if len(truth) > 1 else math.nan
