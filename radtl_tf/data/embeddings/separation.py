"""Find dimensions of embeddings that alone separate the classes: the labels may be inside."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_CHANCE = 0.001  # expected number of dimensions that separate by chance; above it nothing is said


def separating(values: NDArray[np.float32], truth: NDArray[np.int64]) -> list[int]:
    """Return the dimensions of (N, C) whose values do not overlap between any two classes of ``truth`` (N,).

    A real feature of an image hardly does that; a label, a patient number or a score does. With few images a dimension
    does it by chance: of N images in any order, 1 of N! / (n1! n2! ...) / K! orders keeps each class together. Where
    more than 0.001 dimensions are expected to, nothing is returned.
    """
    classes, counts = np.unique(truth, return_counts=True)
    if len(classes) < 2:
        return []
    orders = math.lgamma(len(truth) + 1) - sum(math.lgamma(count + 1) for count in counts)
    if math.log(values.shape[1]) + math.lgamma(len(classes) + 1) - orders > math.log(_CHANCE):
        return []
    low = np.stack([values[truth == one].min(axis=0) for one in classes])  # (K, C)
    high = np.stack([values[truth == one].max(axis=0) for one in classes])
    order = np.argsort(low, axis=0)
    low, high = np.take_along_axis(low, order, axis=0), np.take_along_axis(high, order, axis=0)
    apart = np.all([high[first] < low[second] for first, second in pairwise(range(len(classes)))], axis=0)
    return np.flatnonzero(apart).tolist()
