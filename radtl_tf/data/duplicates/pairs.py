"""Pairs of images: those with equal hashes, and the groups of patients that pairs join."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Pairs = NDArray[np.int64]  # (M, 2), each pair once, the smaller number first


def same(values: Sequence[str]) -> Pairs:
    """Return the pairs of equal values; each later value is paired with its first occurrence."""
    numbers, _ = pd.factorize(np.asarray(values, dtype=object))
    first = np.full(numbers.max(initial=-1) + 1, -1)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    later = np.flatnonzero(first[numbers] != np.arange(len(numbers)))
    return np.column_stack([first[numbers[later]], later]).astype(np.int64)


def groups(patients: NDArray[np.int64], pairs: Iterable[Pairs]) -> NDArray[np.int64]:
    """Return (N,) group numbers by first appearance: one group holds a patient and all patients linked by pairs."""
    number = int(patients.max(initial=-1)) + 1
    links = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    ends = patients[links]
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(number, number))
    _, component = connected_components(graph, directed=False)
    found, _ = pd.factorize(component[patients])
    return found.astype(np.int64)
