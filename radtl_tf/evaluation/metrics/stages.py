"""Predicted stages of an ordinal task: from the scores of its thresholds to stages, and how far they are off.

Truth and score are (n, K - 1) for K stages: whether a case is above each stage but the last, and the probability of
it (docs/decisions/0021).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.metrics.auroc import Score, Truth

CUT = 0.5
Stages = NDArray[np.int64]


def true_stage(truth: Truth) -> Stages:
    """Return the stage (n,), 0..K - 1, of a truth (n, K - 1) of 0 and 1: how many thresholds the case is above."""
    return (truth == 1).sum(axis=1).astype(np.int64)


def called_stage(score: Score) -> Stages:
    """Return the predicted stage (n,), 0..K - 1: how many thresholds have a probability above one half.

    As in ``stage_probabilities`` the chance of being above a stage cannot rise with the stage, so a stage is only
    reached through all below it. A count without this rule could name a stage whose probability is 0.

    >>> called_stage(np.array([[0.9, 0.6, 0.2], [0.3, 0.1, 0.0], [0.4, 0.6, 0.1]])).tolist()
    [2, 0, 0]
    """
    return (np.minimum.accumulate(score, axis=1) > CUT).sum(axis=1).astype(np.int64)


def stage_probabilities(score: Score) -> Score:
    """Return the probability of each stage (n, K), 0..1, which add up to 1.

    The difference of neighboring thresholds, after a running minimum, so that none is negative: the chance of being
    above a stage cannot rise with the stage.

    >>> stage_probabilities(np.array([[0.9, 0.95, 0.2]])).round(2).tolist()
    [[0.1, 0.0, 0.7, 0.2]]
    """
    above = np.minimum.accumulate(score, axis=1)
    ends = np.ones((len(score), 1)), np.zeros((len(score), 1))
    return -np.diff(np.hstack([ends[0], above, ends[1]]), axis=1)


def weighted_kappa(truth: Truth, score: Score) -> float:
    """Return Cohen's kappa with quadratic weights (-1..1; Psychol Bull 1968): 0 by chance, 1 if every stage is right.

    A disagreement of d stages counts d squared. ``nan`` if truth and prediction are one and the same stage.
    """
    given, called = true_stage(truth), called_stage(score)
    expected = float(((given[:, None] - called[None]) ** 2).mean())  # pairs drawn independently
    return 1 - float(((given - called) ** 2).mean()) / expected if expected else math.nan


def stage_accuracy(truth: Truth, score: Score) -> float:
    """Return the share (0..1) of cases whose predicted stage is the true one."""
    return float((true_stage(truth) == called_stage(score)).mean())


def within_one(truth: Truth, score: Score) -> float:
    """Return the share (0..1) of cases whose predicted stage is the true one or its neighbor."""
    return float((np.abs(true_stage(truth) - called_stage(score)) <= 1).mean())


def stage_error(truth: Truth, score: Score) -> float:
    """Return the mean absolute error in stages (0..K - 1)."""
    return float(np.abs(true_stage(truth) - called_stage(score)).mean())


def cross_tabulation(truth: Truth, score: Score) -> Stages:
    """Return (K, K): the number of cases of each true stage (row) that are predicted to be of each stage (column)."""
    number = truth.shape[1] + 1
    places = true_stage(truth) * number + called_stage(score)
    return np.bincount(places, minlength=number * number).reshape(number, number).astype(np.int64)
