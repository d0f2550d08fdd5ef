"""Whiten the signatures of a data set: patterns that are common in it get a low weight, rare patterns a high one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.duplicates.coordinates import parities, rank_cosines

Parts = list[NDArray[np.float32]]  # one (N, S * S / 4) for each parity
CHUNK = 2048  # signatures at a time, so that memory does not grow with the data set
_PRIOR = 100  # weight of the prior spectrum, in images; it describes pictures in general
_FLOOR = 0.5  # of the mean variance of a coefficient, added to each: whitening must not amplify noise
_FLAT = 1e-9


def chunks(signatures: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield the signatures in chunks."""
    for start in range(0, len(signatures), CHUNK):
        yield signatures[start : start + CHUNK]


@dataclass(frozen=True)
class Whitening:
    """A mean (S * S,) and a matrix for each parity; a chunk of signatures goes in, whitened signatures come out."""

    mean: NDArray[np.float64]
    matrices: tuple[NDArray[np.float64], ...]

    @classmethod
    def of(cls, signatures: NDArray[np.uint8]) -> Whitening:
        """Return the whitening for the signatures (N, S, S) of a data set."""
        side, share = signatures.shape[1], len(signatures) / (len(signatures) + _PRIOR)
        parity = parities(side)
        mean, moments = _moments(signatures, parity)
        mean = np.where(parity == 0, share * mean, 0)  # the mean over all flips, too
        moments[0] = moments[0] + np.outer(mean[parity == 0], mean[parity == 0]) * (1 - 2 / share)
        total = float(sum(np.trace(moment) for moment in moments)) or 1.0
        rows, columns = np.indices((side, side)).reshape(2, -1)
        prior = np.where(rows + columns > 0, 1 / (rows**2 + columns**2 + 1), 0)
        prior = prior / prior.sum()
        matrices = []
        for part, moment in enumerate(moments):
            spread = share * moment + np.diag((1 - share) * total * prior[parity == part])
            values, vectors = np.linalg.eigh(spread)
            matrices.append(vectors / np.sqrt(np.maximum(values, 0) + _FLOOR * total / len(parity)))
        return cls(mean, tuple(matrices))

    def both(self, signatures: NDArray[np.uint8]) -> tuple[Parts, Parts]:
        """Return the parts of the signatures and of their negatives; joined rows have length 1, or 0 if blank."""
        coefficients = rank_cosines(signatures)
        flat = np.abs(coefficients).max(axis=1) < _FLAT
        return self._of_length_one(coefficients, flat), self._of_length_one(-coefficients, flat)

    def _of_length_one(self, coefficients: NDArray[np.float64], flat: NDArray[np.bool_]) -> Parts:
        parity, centered = parities(round(coefficients.shape[1] ** 0.5)), coefficients - self.mean
        parts = [centered[:, parity == part] @ matrix for part, matrix in enumerate(self.matrices)]
        lengths = np.sqrt(sum(np.square(part).sum(axis=1, keepdims=True) for part in parts))
        lengths[flat | (lengths[:, 0] == 0)] = np.inf
        return [(part / lengths).astype(np.float32) for part in parts]


def _moments(
    signatures: NDArray[np.uint8], parity: NDArray[np.int64]
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return the mean coefficients (S * S,) and, for each parity, the mean products of two coefficients."""
    total = np.zeros(len(parity))
    moments = [np.zeros((n, n)) for n in np.bincount(parity)]
    for chunk in chunks(signatures):
        coefficients = rank_cosines(chunk)
        total += coefficients.sum(axis=0)
        for part, moment in enumerate(moments):
            own = coefficients[:, parity == part]
            moment += own.T @ own
    return total / len(signatures), [moment / len(signatures) for moment in moments]
