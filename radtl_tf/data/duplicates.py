"""Images that stand in a data set twice: the same file, the same pixels, or nearly the same picture.

Near-duplicates are looked for among all pairs, in matrix products over the signatures (32 x 32): the correlation of two
pictures, as they are and mirrored. On 400 chest radiographs no two pictures of different patients correlate above 0.95;
resized, recompressed, brightened, darkened or flipped copies correlate above 0.98 with their original.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Pairs = NDArray[np.int64]  # (M, 2), each pair once, the smaller number first

NEAR = 0.965  # correlation of two signatures
NEAR_CENTERED = 0.9  # after the data set's mean picture is taken away: radiographs of one kind look alike
MAX_IMAGES = 50_000  # the products grow with the square: half a minute here
_MIN_CENTERED = 50  # images, below which their mean says too little
_BLOCK = 1024
_FLAT = 1e-6


def same(values: Sequence[str]) -> Pairs:
    """Return the pairs of equal values, each with the first of its kind."""
    numbers, _ = pd.factorize(np.asarray(values, dtype=object))
    first = np.full(numbers.max(initial=-1) + 1, -1)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    later = np.flatnonzero(first[numbers] != np.arange(len(numbers)))
    return np.column_stack([first[numbers[later]], later]).astype(np.int64)


def near(signatures: NDArray[np.uint8]) -> Pairs:
    """Return the pairs of signatures (N, 32, 32) that show nearly the same picture, perhaps mirrored or turned over.

    Pictures of one grey value are never near. Above ``MAX_IMAGES`` nothing is looked for: the caller has to say so.
    """
    if not 2 <= len(signatures) <= MAX_IMAGES:
        return np.empty((0, 2), np.int64)
    views = (signatures, signatures[:, :, ::-1], signatures[:, ::-1], signatures[:, ::-1, ::-1])
    plain = [_normalized(view) for view in views]
    mean = plain[0].mean(axis=0) if len(signatures) >= _MIN_CENTERED else np.zeros_like(plain[0][0])
    centered = [_unit(view - mean) for view in plain]
    least = NEAR_CENTERED if len(signatures) >= _MIN_CENTERED else NEAR
    found: list[Pairs] = []
    for view, without_mean in zip(plain, centered, strict=True):
        for start in range(0, len(signatures), _BLOCK):
            rows = slice(start, start + _BLOCK)
            close = np.argwhere(view[rows] @ plain[0].T >= NEAR) + (start, 0)
            close = close[close[:, 0] < close[:, 1]]
            alike = np.einsum("nc,nc->n", without_mean[close[:, 0]], centered[0][close[:, 1]])
            found.append(close[alike >= least])
    return np.unique(np.concatenate(found), axis=0)


def groups(patients: NDArray[np.int64], pairs: Iterable[Pairs]) -> NDArray[np.int64]:
    """Return (N,) group numbers by first appearance: images of one patient, and of patients whom a pair links."""
    number = int(patients.max(initial=-1)) + 1
    links = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    ends = patients[links]
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(number, number))
    _, component = connected_components(graph, directed=False)
    found, _ = pd.factorize(component[patients])
    return found.astype(np.int64)


def _normalized(signatures: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = signatures.reshape(len(signatures), -1).astype(np.float32)
    return _unit(flat - flat.mean(axis=1, keepdims=True))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > _FLAT, rows / np.maximum(lengths, _FLAT), 0).astype(np.float32)
