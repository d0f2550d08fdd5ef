"""The mean AUROC of the models that a cross-validation fitted, with the spread of these models only.

The interval treats the fitted models as fixed: it shows how much their mean AUROC would vary with other test patients,
but not with other training patients. It is secondary to ``corrected_t.fold_mean`` and too narrow for the procedure
(docs/decisions/0005); label it "these fitted models only".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from radtl_tf.evaluation.inference.placements import placements


@dataclass(frozen=True)
class FittedMean:
    """A mean AUROC over folds with its standard error, both for the fitted models only."""

    value: float
    standard_error: float

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the two-sided normal interval; ``nan`` if the classes overlap in no fold."""
        reach = float(stats.norm.ppf((1 + confidence) / 2)) * (self.standard_error or math.nan)
        return self.value - reach, self.value + reach


def fitted_mean(truth: ArrayLike, score: ArrayLike, folds: ArrayLike, patients: ArrayLike) -> FittedMean:
    """Return the mean of the folds' AUROCs over one repeat: all arrays are (n,), each patient is tested in one fold.

    The influence curve of LeDell, Petersen & van der Laan (Electronic Journal of Statistics 2015), with its
    contributions summed over the cases of a patient before squaring. Scores of different folds are never ranked
    together.

    Raises:
        ValueError: a fold has only one class, or a patient is tested in two folds.
    """
    positive, scores, parts = np.asarray(truth) == 1, np.asarray(score, dtype=float), np.asarray(folds)
    owners = np.unique(np.asarray(patients), return_inverse=True)[1]
    names = np.unique(parts)
    if len(np.unique(np.column_stack([owners, np.unique(parts, return_inverse=True)[1]]), axis=0)) > owners.max() + 1:
        raise ValueError("a patient is tested in two folds: give one repeat at a time")
    influence, values = np.zeros(len(scores)), []
    for name in names:
        rows = np.flatnonzero(parts == name)
        value, influence[rows] = _fold(positive[rows], scores[rows])
        values.append(value)
    by_patient = np.bincount(owners, weights=influence) / len(names)
    return FittedMean(float(np.mean(values)), math.sqrt(float((by_patient**2).sum())))


def _fold(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the AUROC of a fold and each case's contribution to its error (n,)."""
    share = placements(positive, scores)
    value = float(share[positive].mean())
    return value, (share - value) / np.where(positive, positive.sum(), (~positive).sum())
