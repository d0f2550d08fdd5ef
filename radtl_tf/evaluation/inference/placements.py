"""Placement values: how often each case is on the right side of the cases of the other class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def placements(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each case the share (0..1) of the other class that its score is on the right side of, ties half.

    ``positive`` (n,); ``scores`` (n,) or (n, M), and so is the result. The mean over the positive cases is the AUROC,
    and so is the mean over the negative ones: DeLong's structural components (Biometrics 1988), by the midranks of Sun
    & Xu (IEEE Signal Processing Letters 2014).

    Raises:
        ValueError: there is only one class.
    """
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        raise ValueError(f"{num_positive} positive and {num_negative} negative cases: an AUROC needs both classes")
    among_all, shares = stats.rankdata(scores, axis=0), np.empty(scores.shape)
    shares[positive] = (among_all[positive] - stats.rankdata(scores[positive], axis=0)) / num_negative
    shares[~positive] = 1 - (among_all[~positive] - stats.rankdata(scores[~positive], axis=0)) / num_positive
    return shares
