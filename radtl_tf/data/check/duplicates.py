"""Find images that occur twice in a data set: the same file, the same pixels, or nearly the same picture.

Radiographs of one kind look alike, so a plain correlation is always high. We replace the pixels of a signature (32 x
32) by their ranks, because brightness, contrast and gamma hardly change ranks, and compute cosine coefficients, because
a mirrored picture only changes their signs. Then we whiten the coefficients: patterns that are common in the data set
get a low weight, and rare patterns get a high weight. The resemblance of two images is the correlation of their
whitened signatures, or of one and the negative of the other: the highest over the original, mirrored, upside-down and
180-degree orientation. On 400 chest radiographs, images of different patients reach at most 0.50, and copies reach at
least 0.62.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.fft import dctn
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import rankdata

Pairs = NDArray[np.int64]  # (M, 2), each pair once, the smaller number first

NEAR = 0.6  # resemblance of two signatures, see the module's docstring
NEAR_PLAIN = 0.92  # without whitening: simple pictures, such as drawings, have few rare patterns
MAX_IMAGES = 50_000  # the time to compare them grows with the square
_PRIOR = 100  # weight of the prior spectrum, in images; it describes pictures in general
_FLOOR = 0.5  # of the mean variance of a coefficient, added to each: whitening must not amplify noise
_FLAT = 1e-9
_BLOCK = 1024


def same(values: Sequence[str]) -> Pairs:
    """Return the pairs of equal values; each later value is paired with its first occurrence."""
    numbers, _ = pd.factorize(np.asarray(values, dtype=object))
    first = np.full(numbers.max(initial=-1) + 1, -1)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    later = np.flatnonzero(first[numbers] != np.arange(len(numbers)))
    return np.column_stack([first[numbers[later]], later]).astype(np.int64)


def near(signatures: NDArray[np.uint8]) -> Pairs:
    """Return the pairs of signatures that show nearly the same picture, perhaps mirrored, upside down or inverted.

    Blank pictures form no pairs. Above ``MAX_IMAGES`` no pairs are searched, and the caller must report this.
    """
    if not 2 <= len(signatures) <= MAX_IMAGES:
        return np.empty((0, 2), np.int64)
    parts, negatives = _whitened(signatures)
    found = [_near(signatures, parts, others, sign) for others, sign in ((parts, 1), (negatives, -1))]
    return np.unique(np.concatenate(found), axis=0)


def _near(signatures: NDArray[np.uint8], parts: list[NDArray], others: list[NDArray], sign: int) -> Pairs:
    """Return the pairs that are near; with ``sign`` -1 one is the negative of the other, as are ``others``."""
    found = []
    for start in range(0, len(signatures), _BLOCK):
        for other in range(start, len(signatures), _BLOCK):
            rows, columns = slice(start, start + _BLOCK), slice(other, other + _BLOCK)
            alike = _resemblance([part[rows] for part in parts], [part[columns] for part in others])
            found.append(np.argwhere(alike >= NEAR) + (start, other))
    pairs = np.concatenate(found)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    if not len(pairs):
        return pairs
    return pairs[_plain_resemblance(signatures, pairs, sign) >= NEAR_PLAIN]


def groups(patients: NDArray[np.int64], pairs: Iterable[Pairs]) -> NDArray[np.int64]:
    """Return (N,) group numbers by first appearance: one group holds a patient and all patients linked by pairs."""
    number = int(patients.max(initial=-1)) + 1
    links = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    ends = patients[links]
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(number, number))
    _, component = connected_components(graph, directed=False)
    found, _ = pd.factorize(component[patients])
    return found.astype(np.int64)


def _resemblance(ours: list[NDArray[np.float32]], others: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return (N, M) in -1..1: the highest correlation over the four orientations."""
    return _greatest([left @ right.T for left, right in zip(ours, others, strict=True)])


def _plain_resemblance(signatures: NDArray[np.uint8], pairs: Pairs, sign: int) -> NDArray[np.float64]:
    """Return (M,): the resemblance of the pairs without whitening, by grey values or ranks, whichever is higher.

    Clipping to black or white changes grey values less than ranks; a new contrast changes ranks less.
    """
    used, places = np.unique(pairs, return_inverse=True)
    first, second = places.reshape(len(pairs), 2).T
    parity = parities(signatures.shape[1])
    found = []
    for coefficients in (_cosines(signatures[used]), rank_cosines(signatures[used])):
        coefficients /= np.linalg.norm(coefficients, axis=1, keepdims=True)
        products = sign * coefficients[first] * coefficients[second]
        found.append(_greatest([products[:, parity == part].sum(axis=1) for part in range(4)]))
    return np.maximum(*found)


def parities(side: int) -> NDArray[np.int64]:
    """Return (S * S,) of 0 to 3: whether each coefficient is even or odd in rows and in columns."""
    rows, columns = np.indices((side, side)).reshape(2, -1)
    return rows % 2 * 2 + columns % 2


def _greatest(products: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the highest sum over the four orientations; ``products`` has one array for each parity."""
    a, b, c, d = products
    # Original: a+b+c+d; mirrored: a-b+c-d; upside down: a+b-c-d; turned by 180 degrees: a-b-c+d.
    return np.maximum(a + d + np.abs(b + c), a - d + np.abs(b - c))


def _whitened(signatures: NDArray[np.uint8]) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """Return four parts, one for each parity, (N, S * S / 4) each; their joined rows have length 1, or 0 if blank.

    Then the same for the negatives of the pictures.
    """
    coefficients, side = rank_cosines(signatures), signatures.shape[1]
    rows, columns = np.indices((side, side)).reshape(2, -1)
    prior = np.where(rows + columns > 0, 1 / (rows**2 + columns**2 + 1), 0)
    share = len(signatures) / (len(signatures) + _PRIOR)
    flat = np.abs(coefficients).max(axis=1) < _FLAT
    parity = parities(side)
    mean = np.where(parity == 0, share * coefficients.mean(axis=0), 0)  # the mean over all flips, too
    centered, negative = coefficients - mean, -coefficients - mean
    total = float(np.square(centered).sum() / len(signatures)) or 1.0
    parts, negatives = [], []
    for at in (parity == part for part in range(4)):
        own = centered[:, at]
        spread = share * (own.T @ own) / len(own) + np.diag((1 - share) * total * prior[at] / prior.sum())
        values, vectors = np.linalg.eigh(spread)
        whitening = vectors / np.sqrt(np.maximum(values, 0) + _FLOOR * total / len(rows))
        parts.append(own @ whitening)
        negatives.append(negative[:, at] @ whitening)
    return _of_length_one(parts, flat), _of_length_one(negatives, flat)


def _of_length_one(parts: list[NDArray[np.float64]], flat: NDArray[np.bool_]) -> list[NDArray[np.float32]]:
    lengths = np.sqrt(sum(np.square(part).sum(axis=1, keepdims=True) for part in parts))
    lengths[flat | (lengths[:, 0] == 0)] = np.inf
    return [(part / lengths).astype(np.float32) for part in parts]


def rank_cosines(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return (N, S * S): the cosine coefficients of the ranks of each signature's pixels, without their mean.

    A blank signature has zeros. A mirrored picture has the negative of the coefficients that ``parities`` calls odd.
    """
    return _cosines(_ranks(signatures))


def _ranks(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    ranks = rankdata(signatures.reshape(len(signatures), -1), axis=1)
    return ranks.reshape(signatures.shape) / signatures[0].size


def _cosines(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return (N, S * S): the cosine coefficients of each picture, without its mean."""
    centered = values - values.mean(axis=(1, 2), keepdims=True)
    return dctn(centered, axes=(1, 2), norm="ortho").reshape(len(values), -1)
