"""Secondary metrics: properties of scores other than their order, which the AUROC measures."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.metrics import stages
from radtl_tf.evaluation.metrics.auroc import Score, Truth
from radtl_tf.records.experiment import Kind

CUT = 0.5  # scores of 0.5 or more call a case positive if no threshold is chosen
NUM_BINS = 10


def average_precision(truth: Truth, score: Score) -> float:
    """Return the mean of the precisions at which each positive is found, 0..1; without skill, the share of positives.

    The area under the precision-recall curve in steps, without interpolation; equal scores are found together. ``nan``
    without a positive.
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)  # of equal scores
    called, found = np.flatnonzero(last) + 1, np.cumsum(truth[order])[last]
    return float((np.diff(found, prepend=0) * found / called).sum() / found[-1]) if found[-1] else math.nan


def balanced_accuracy(truth: Truth, score: Score) -> float:
    """Return the mean of sensitivity and specificity, 0..1; scores of 0.5 or more are called positive.

    ``nan`` with one class.
    """
    called, positive = score >= CUT, truth == 1
    if positive.all() or not positive.any():
        return math.nan
    return float((called[positive].mean() + (~called[~positive]).mean()) / 2)


def matthews(truth: Truth, score: Score) -> float:
    """Return Matthews' correlation (-1..1) of truth and call; scores of 0.5 or more are called positive.

    0 if all calls are the same, as is usual (Chicco & Jurman, BMC Genomics 2020).
    """
    called = (score >= CUT).astype(float)
    if not called.std() or not truth.std():
        return 0.0
    return float(np.corrcoef(truth, called)[0, 1])


def brier(truth: Truth, score: Score) -> float:
    """Return the mean squared distance of score and truth, 0..1 (Brier, Monthly Weather Review 1950)."""
    return float(((score - truth) ** 2).mean())


def calibration_error(truth: Truth, score: Score) -> float:
    """Return the expected calibration error (0..1) over ten bins with equal numbers of cases.

    The mean distance, weighted by cases, of mean score and share of positives (Nixon et al., CVPR Workshops 2019). Even
    perfect probabilities give a value above 0, and more so with fewer cases per bin.
    """
    scores, shares, counts = adaptive_bins(truth, score)
    return float((np.abs(scores - shares) * counts).sum() / counts.sum())


def adaptive_bins(
    truth: Truth, score: Score, num_bins: int = NUM_BINS
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return per bin, with equal numbers of cases, ascending: mean score, share of positives and number of cases.

    At most ``num_bins``, at least one case each. Cases of equal score share their positives, so their order does not
    matter if a bin ends among them.
    """
    _, place, number = np.unique(score, return_inverse=True, return_counts=True)
    share = (np.bincount(place, weights=truth) / number)[place]
    order = np.argsort(score, kind="stable")
    bins = np.array_split(order, min(num_bins, len(score)))
    counts = np.array([len(of_bin) for of_bin in bins], dtype=np.int64)
    starts = np.cumsum(counts) - counts
    scores, shares = (np.add.reduceat(of[order], starts) / counts for of in (score, share))
    return scores, shares, counts


def mean_recall(truth: Truth, score: Score) -> float:
    """Return balanced accuracy of several classes (n, K): the mean over the classes of the share (0..1) called right.

    Each case is assigned the class with the highest score. ``nan`` if a class has no case.
    """
    of_class, called = truth.argmax(axis=1), score.argmax(axis=1)
    counts = truth.sum(axis=0)
    right = np.bincount(of_class[called == of_class], minlength=len(counts))
    return float((right / counts).mean()) if counts.all() else math.nan


def matthews_of_classes(truth: Truth, score: Score) -> float:
    """Return Gorodkin's R_K (-1..1), Matthews' correlation for K classes (n, K) (Comput Biol Chem 2004).

    Each case is assigned the class with the highest score; 0 if all cases are assigned the same class.
    """
    called = np.eye(truth.shape[1])[score.argmax(axis=1)]
    covariance = ((truth - truth.mean(axis=0)) * (called - called.mean(axis=0))).sum(axis=1).mean()
    spread = math.sqrt(float(truth.var(axis=0).sum()) * float(called.var(axis=0).sum()))
    return float(covariance) / spread if spread else 0.0


def brier_of_classes(truth: Truth, score: Score) -> float:
    """Return the mean squared distance of scores and truth, summed over the classes (n, K): 0..2, as in Brier 1950."""
    return float(((score - truth) ** 2).sum(axis=1).mean())


def confidence_error(truth: Truth, score: Score) -> float:
    """Return the expected calibration error (0..1) of the highest score of each case (n, K).

    That score should be the probability that the case is of that class (Guo et al., ICML 2017).
    """
    right = truth[np.arange(len(truth)), score.argmax(axis=1)]
    return calibration_error(right, score.max(axis=1))


def decisions(kind: Kind, truth: Truth, score: Score) -> tuple[NDArray[np.bool_], Score]:
    """Return whether each decision is wrong, and its confidence.

    Binary: scores of 0.5 or more are called positive; confidence is the distance from 0.5 (0..0.5). Multiclass: the
    class with the highest score, which is also the confidence. Multilabel: n x K decisions, each as in a binary task,
    without the labels that are not known. Ordinal: the predicted stage, with the probability of that stage.

    Raises:
        ValueError: the task is a regression, which decides nothing.
    """
    if kind == "regression":
        raise ValueError("a regression decides nothing: it has errors, but no right and wrong")
    if kind == "ordinal":
        called, chances = stages.called_stage(score), stages.stage_probabilities(score)
        return called != stages.true_stage(truth), chances[np.arange(len(called)), called]
    if kind == "multiclass":
        return score.argmax(axis=1) != truth.argmax(axis=1), score.max(axis=1)
    known = ~np.isnan(truth)
    return ((score >= CUT) != (truth == 1))[known], np.abs(score - CUT)[known]
