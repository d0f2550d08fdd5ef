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


def merged(strata: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """Return the strata (N,) from 0; one with fewer than ``least`` examples joins the one below it, or above it.

    >>> merged(np.array([0, 0, 1, 2, 2, 3]), 2).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    values, sizes = np.unique(strata, return_counts=True)
    places: list[int] = []
    place, size = -1, least
    for number in sizes.tolist():
        if size >= least and number >= least or place < 0:
            place, size = place + 1, 0
        places.append(place)
        size += number
    return np.asarray(places)[np.searchsorted(values, strata)]


def fifths(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (N,): 0 for the lowest fifth of the numbers to 4 for the highest; equal numbers stay together.

    >>> fifths(np.array([10.0, 20.0, 30.0, 40.0, 50.0, 10.0])).tolist()
    [0, 1, 2, 3, 4, 0]
    """
    return np.searchsorted(np.quantile(numbers, _FIFTHS), numbers, side="left")


def named_fifths(numbers: NDArray[np.float64]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the range of each fifth that has numbers, such as ``8 to 12.5``, and the place of each number (N,)."""
    places = np.unique(fifths(numbers), return_inverse=True)[1]
    return [range_of(numbers[places == place]) for place in range(int(places.max()) + 1)], places


def range_of(numbers: NDArray[np.float64]) -> str:
    """Return the range of numbers as text.

    >>> range_of(np.array([8.0, 12.5, 9.25]))
    '8 to 12.5'
    """
    low, high = f"{numbers.min():.4g}", f"{numbers.max():.4g}"
    return low if low == high else f"{low} to {high}"
