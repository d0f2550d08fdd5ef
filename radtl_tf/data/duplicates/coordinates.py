"""Cosine coefficients of small pictures, in which a flip of the picture only changes signs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

_VALUES = 256  # of a uint8


def grey_cosines(signatures: NDArray[Any]) -> NDArray[np.float64]:
    """Return (N, S * S): the cosine coefficients of each picture (N, S, S), without its mean."""
    centered = signatures - signatures.mean(axis=(1, 2), keepdims=True)
    return dctn(centered, axes=(1, 2), norm="ortho").reshape(len(signatures), -1)


def rank_cosines(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return (N, S * S): the cosine coefficients of the ranks of each signature's pixels, without their mean.

    A blank signature has zeros. A mirrored picture has the negative of the coefficients that ``parities`` calls odd.
    """
    return grey_cosines(_ranks(signatures))


def parities(side: int) -> NDArray[np.int64]:
    """Return (S * S,) of 0 to 3: whether each coefficient is even or odd in rows and in columns."""
    rows, columns = np.indices((side, side)).reshape(2, -1)
    return rows % 2 * 2 + columns % 2


def greatest(products: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the highest sum over the four orientations; ``products`` has one array for each parity."""
    a, b, c, d = products
    # Original: a+b+c+d; mirrored: a-b+c-d; upside down: a+b-c-d; turned by 180 degrees: a-b-c+d.
    return np.maximum(a + d + np.abs(b + c), a - d + np.abs(b - c))


def of_length_one(coefficients: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the rows (N, K) with length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(coefficients, axis=1, keepdims=True)
    lengths[lengths == 0] = np.inf
    return (coefficients / lengths).astype(np.float32)


def _ranks(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the rank of each pixel in its picture, divided by their number; equal pixels share the mean of theirs."""
    pixels = signatures.reshape(len(signatures), -1).astype(np.int64)
    places = pixels + _VALUES * np.arange(len(pixels))[:, np.newaxis]
    counts = np.bincount(places.ravel(), minlength=_VALUES * len(pixels)).reshape(-1, _VALUES)
    ranks = np.cumsum(counts, axis=1) - (counts - 1) / 2
    return np.take_along_axis(ranks, pixels, axis=1).reshape(signatures.shape) / pixels.shape[1]
