"""The strata by which folds and shares are spread evenly: the class, or the fifth of a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import Cases

_FIFTHS = (0.2, 0.4, 0.6, 0.8)


def strata_of(cases: Cases) -> NDArray[np.int64]:
    """Return (N,): the class of each example; in a regression, the fifth that the mean number of its group is in.

    A group is a patient, or several who share an image. All images of a group then have the same stratum.
    """
    if not cases.is_number:
        return cases.truth
    numbers = np.unique(cases.groups, return_inverse=True)[1]
    means = np.bincount(numbers, weights=cases.truth) / np.bincount(numbers)
    return fifths(means)[numbers]


def fifths(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (N,): 0 for the lowest fifth of the numbers to 4 for the highest; equal numbers stay together.

    >>> fifths(np.array([10.0, 20.0, 30.0, 40.0, 50.0, 10.0])).tolist()
    [0, 1, 2, 3, 4, 0]
    """
    return np.searchsorted(np.quantile(numbers, _FIFTHS), numbers, side="left")
