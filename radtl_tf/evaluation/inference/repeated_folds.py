"""The mean AUROC or MAE over repeated folds; its standard error comes from what every patient contributes to it.

With one repeat, each patient is tested by one model only, and the fold values are all there is (``corrected_t``). With
several repeats, each patient is tested by several models, trained on other patients. This shows both sources of error:
which patients were tested, and which patients the models were trained on (docs/decisions/0020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radtl_tf.evaluation.inference.corrected_t import NO_SPREAD, FoldMean, fold_mean
from radtl_tf.evaluation.inference.placements import placements

METHOD = "patients' contributions over the repeats"


def contributions(
    positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
    folds: NDArray[np.int64],
    patients: NDArray[np.int64],
    num_patients: int,
) -> NDArray[np.float64]:
    """Return what each patient adds to the error of one repeat's mean AUROC (P,), in sum about 0.

    The arrays are (n,), one value per tested case. ``patients`` counts from 0; a patient without a case adds 0. The
    influence curve of LeDell, Petersen & van der Laan (Electronic Journal of Statistics 2015), centered at the mean
    over the folds, with the n - 1 of DeLong per class. A patient's cases are summed, so they may depend on each other.
    ``scores`` (n, M) of M models give (P, M), much faster than one model after the other.
    """
    names, weights, shares = np.unique(folds), np.empty(len(scores)), np.empty((len(scores), scores[0].size))
    for name in names:
        rows = np.flatnonzero(folds == name)
        shares[rows] = placements(positive[rows], scores[rows].reshape(len(rows), -1))
        for side in (rows[positive[rows]], rows[~positive[rows]]):
            weights[side] = 1 / (len(side) * len(names))
    centered = weights[:, None] * (shares - (weights[:, None] * shares)[positive].sum(axis=0))
    for of_class in (positive, ~positive):
        number = len(np.unique(patients[of_class]))
        centered[of_class] *= math.sqrt(number / max(number - 1, 1))
    added = np.stack([np.bincount(patients, weights=of, minlength=num_patients) for of in centered.T], axis=1)
    return added.astype(np.float64).reshape(num_patients, *scores.shape[1:])


def error_contributions(
    errors: NDArray[np.float64], folds: NDArray[np.int64], patients: NDArray[np.int64], num_patients: int
) -> NDArray[np.float64]:
    """Return what each patient adds to the error of one repeat's mean over folds of the mean ``errors`` (P,).

    The arrays are (n,), one value per tested case; the sum is about 0. It is the counterpart of ``contributions`` for a
    mean, such as the MAE: the case's error, weighted by its fold and centered at the mean over the folds, with the n -
    1 of a variance. A patient's cases are summed, so they may depend on each other.
    """
    names, place, sizes = np.unique(folds, return_inverse=True, return_counts=True)
    weights = 1 / (sizes[place] * len(names))
    number = len(np.unique(patients))
    centered = weights * (errors - (weights * errors).sum()) * math.sqrt(number / max(number - 1, 1))
    return np.bincount(patients, weights=centered, minlength=num_patients).astype(np.float64)


@dataclass(frozen=True)
class ByPatient:
    """What every patient adds to the error of a mean over folds: ``added`` (R, P), for R repeats and P patients.

    ``groups`` (P,) numbers the patients' combinations of labels, from 0. ``trained`` (0..1) is the share of the
    patients in a training part.
    """

    added: NDArray[np.float64]
    groups: NDArray[np.int64]
    trained: float

    def __sub__(self, other: ByPatient) -> ByPatient:
        """Return what the patients add to the error of a difference, on the same folds."""
        return ByPatient(self.added - other.added, self.groups, max(self.trained, other.trained))

    @property
    def of_fitted_models(self) -> float:
        """The standard error of the mean for the fitted models only: with other test patients."""
        return math.sqrt(float((self.added.mean(axis=0) ** 2).sum()))


def measured_mean(values: ArrayLike, folds: int, patients: ByPatient | None) -> FoldMean:
    """Return the mean of the fold ``values`` (k x R,) by ``repeated_mean``, or by ``fold_mean`` with one repeat."""
    if patients is None or len(patients.added) < 2:
        return fold_mean(values, folds)
    return repeated_mean(np.asarray(values, dtype=float), patients)


def repeated_mean(values: NDArray[np.float64], patients: ByPatient) -> FoldMean:
    """Return the mean of the fold ``values`` (k x R,), R >= 2, with the standard error of the procedure.

    The variance is the sum over the patients of

        (mean over the repeats)^2 + (variance over the repeats) / (1 - trained)

    of what they add. The first term is the spread from the tested patients, the second from training on other patients:
    all repeats draw their training parts from the same patients, without replacement, which hides the share ``trained``
    of this spread (finite population correction; Cochran, Sampling Techniques 1977). The degrees of freedom are those
    of Satterthwaite (Biometrics 1946) over the groups.
    """
    parts = patients.added.mean(axis=0) ** 2 + patients.added.var(axis=0, ddof=1) / (1 - patients.trained)
    error = math.sqrt(float(parts.sum()))
    of_group, sizes = np.bincount(patients.groups, weights=parts), np.bincount(patients.groups)
    noise = float((of_group**2 / np.maximum(sizes - 1, 1)).sum())
    return FoldMean(
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
        standard_error=error if error > NO_SPREAD else 0.0,
        df=error**4 / noise if noise else math.nan,
        method=METHOD,
    )
