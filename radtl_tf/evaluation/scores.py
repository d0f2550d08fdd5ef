"""Secondary metrics of one class: how good its scores are besides the order that they give, which is the AUROC."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.metrics import log_loss
from radtl_tf.evaluation.recalibration import calibration_intercept, calibration_slope
from radtl_tf.evaluation.run_parts import Score, Truth

CUT = 0.5  # a score from here on calls a case positive, where no threshold is chosen
NUM_BINS = 10


@dataclass(frozen=True)
class Metric:
    """A function of ``truth`` (n,), 0 or 1, and ``score`` (n,), P(positive) 0..1; its values lie in ``low``..``high``.

    ``ideal`` is the value of the best scores.
    """

    function: Callable[[Truth, Score], float]
    low: float
    high: float
    ideal: float

    @property
    def better(self) -> str:
        """Say which values are better."""
        at_an_end = {self.low: "lower", self.high: "higher"}
        return at_an_end.get(self.ideal, f"near {self.ideal:g}")


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
    """Return the mean of sensitivity and specificity, 0..1, where scores from 0.5 on are called positive.

    ``nan`` with one class.
    """
    called, positive = score >= CUT, truth == 1
    if positive.all() or not positive.any():
        return math.nan
    return float((called[positive].mean() + (~called[~positive]).mean()) / 2)


def matthews(truth: Truth, score: Score) -> float:
    """Return Matthews' correlation (-1..1) of truth and call, where scores from 0.5 on are called positive.

    0 where all cases are called the same, as is usual (Chicco & Jurman, BMC Genomics 2020).
    """
    called = (score >= CUT).astype(float)
    if not called.std() or not truth.std():
        return 0.0
    return float(np.corrcoef(truth, called)[0, 1])


def brier(truth: Truth, score: Score) -> float:
    """Return the mean squared distance of score and truth, 0..1 (Brier, Monthly Weather Review 1950)."""
    return float(((score - truth) ** 2).mean())


def calibration_error(truth: Truth, score: Score) -> float:
    """Return the expected calibration error (0..1) over ten bins of equally many cases.

    The mean distance, weighted by cases, of mean score and share of positives (Nixon et al., CVPR Workshops 2019). It
    is above 0 for perfect probabilities, too, and the more so the fewer cases a bin has.
    """
    scores, shares, counts = adaptive_bins(truth, score)
    return float((np.abs(scores - shares) * counts).sum() / counts.sum())


def adaptive_bins(
    truth: Truth, score: Score, num_bins: int = NUM_BINS
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return per bin of equally many cases, ascending: mean score, share of positives and number of cases.

    At most ``num_bins``, at least one case each. Cases of equal score share their positives, so that their order does
    not matter where a bin ends among them.
    """
    _, place, number = np.unique(score, return_inverse=True, return_counts=True)
    share = (np.bincount(place, weights=truth) / number)[place]
    bins = np.array_split(np.argsort(score, kind="stable"), min(num_bins, len(score)))
    means = [(score[of_bin].mean(), share[of_bin].mean(), len(of_bin)) for of_bin in bins]
    scores, shares, counts = zip(*means, strict=True)
    return np.array(scores), np.array(shares), np.array(counts, dtype=np.int64)


METRICS = {
    "average precision": Metric(average_precision, 0, 1, 1),
    "balanced accuracy": Metric(balanced_accuracy, 0, 1, 1),
    "MCC": Metric(matthews, -1, 1, 1),
    "Brier": Metric(brier, 0, 1, 0),
    "log loss": Metric(log_loss, 0, math.inf, 0),
    "calibration slope": Metric(calibration_slope, -math.inf, math.inf, 1),
    "calibration intercept": Metric(calibration_intercept, -math.inf, math.inf, 0),
    "ECE": Metric(calibration_error, 0, 1, 0),
}
