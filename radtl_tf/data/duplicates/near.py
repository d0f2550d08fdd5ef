"""Find images that show nearly the same picture.

Radiographs of one kind look alike, so a plain correlation is always high. We replace the pixels of a signature (32 x
32) by their ranks, because brightness, contrast and gamma hardly change ranks, and compute cosine coefficients, because
a mirrored picture only changes their signs. Then we whiten the coefficients: patterns that are common in the data set
get a low weight, and rare patterns get a high weight. The resemblance of two images is the correlation of their
whitened signatures, or of one and the negative of the other: the highest over the original, mirrored, upside-down and
180-degree orientation. On 400 chest radiographs, images of different patients reach at most 0.50, and copies reach at
least 0.62. Near images also resemble each other without whitening.

The search takes three steps, so that 100,000 images take about a minute and one GB. ``bounds`` rules out nearly all
pairs by a few coefficients; whitened signatures in 16 bits rule out nearly all others; the rest is computed in full.
The first two steps only rule out pairs that cannot be near, so the pairs are the same as if all were compared
(docs/decisions/0025).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from radtl_tf.data.decoding.worker_pool import num_cpus
from radtl_tf.data.duplicates.bounds import Bounds
from radtl_tf.data.duplicates.coordinates import greatest, grey_cosines, parities, rank_cosines
from radtl_tf.data.duplicates.pairs import Pairs
from radtl_tf.data.duplicates.whitening import CHUNK, Parts, Whitening, chunks

NEAR = 0.6  # resemblance of two signatures, see the module's docstring
NEAR_PLAIN = 0.92  # without whitening: simple pictures, such as drawings, have few rare patterns
_BLOCK = 512  # images; a block of pairs stays in the cache of the CPU
_PAIRS = 1024  # compared at a time
_DENSE = 0.05  # of the pairs of a block: with more, a product of matrices is faster
_ONE = 32767  # a whitened signature of length 1 in whole numbers of 16 bits
_ROUNDING = 2e-3  # more than rounding changes the product of two of them: 2 x 0.5 x 32 / 32767


def near(signatures: NDArray[np.uint8]) -> Pairs:
    """Return the pairs of signatures (N, 32, 32) that show nearly the same picture, perhaps flipped or inverted.

    Blank pictures form no pairs. The time grows with the square of N, the memory with N: 3 kB each.
    """
    if len(signatures) < 2:
        return np.empty((0, 2), np.int64)
    whitening = Whitening.of(signatures)
    search = _Search(Bounds.of(signatures, NEAR_PLAIN), _Whitened.of(signatures, whitening))
    with threadpool_limits(1), ThreadPoolExecutor(num_cpus()) as threads:
        likely = np.concatenate(list(threads.map(search.of_rows, range(0, len(signatures), _BLOCK))))
        likely = likely[np.lexsort(likely.T[::-1])]
        starts = range(0, len(likely), _PAIRS)
        found = threads.map(lambda at: _confirmed(signatures, whitening, likely[at : at + _PAIRS]), starts)
        return np.concatenate([np.empty((0, 2), np.int64), *found])


@dataclass(frozen=True)
class _Whitened:
    """Whitened signatures (N, S * S), parity by parity, and what gives those of the negatives, as whole numbers.

    A negative differs in parity 0, ``negative`` (N, S * S / 4); its other parts are multiples, ``scale`` (N,).
    """

    parts: NDArray[np.int16]
    negative: NDArray[np.int16]
    scale: NDArray[np.float32]

    @classmethod
    def of(cls, signatures: NDArray[np.uint8], whitening: Whitening) -> _Whitened:
        size = len(whitening.mean)
        parts, negative = (np.empty((len(signatures), width), np.int16) for width in (size, size // 4))
        scale = np.empty(len(signatures), np.float32)
        for number, chunk in enumerate(chunks(signatures)):
            at = slice(number * CHUNK, number * CHUNK + len(chunk))
            ours, others = whitening.both(chunk)
            parts[at], negative[at] = np.rint(np.concatenate(ours, axis=1) * _ONE), np.rint(others[0] * _ONE)
            lengths = [np.sqrt(sum(np.square(part).sum(axis=1) for part in side[1:])) for side in (others, ours)]
            scale[at] = lengths[0] / np.where(lengths[1] > 0, lengths[1], 1)
        return cls(parts, negative, scale)

    def rows(self, at: slice) -> NDArray[np.float32]:
        """Return the whitened signatures of some images, (R, 4, S * S / 4)."""
        return self.parts[at].reshape(-1, 4, self.negative.shape[1]).astype(np.float32)

    def likely(self, ours: NDArray[np.float32], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return (M,): whether the pairs of ``ours`` (M, 4, S * S / 4) and the images ``second`` (M,) may be near."""
        others = self.parts[second].reshape(ours.shape).astype(np.float32)
        products = list(np.vecdot(ours, others).T)
        inverted = np.vecdot(ours[:, 0], self.negative[second].astype(np.float32))
        return self._near(products, inverted, self.scale[second])

    def all_likely(self, ours: NDArray[np.float32], columns: slice) -> NDArray[np.bool_]:
        """Return (R, C): whether each pair of ``ours`` (R, 4, S * S / 4) and a block of images may be near."""
        others = self.rows(columns)
        products = [ours[:, part] @ others[:, part].T for part in range(4)]
        return self._near(products, ours[:, 0] @ self.negative[columns].astype(np.float32).T, self.scale[columns])

    @staticmethod
    def _near(products: list[NDArray[Any]], inverted: NDArray[Any], scale: NDArray[np.float32]) -> NDArray[np.bool_]:
        negatives = [inverted, *(-scale * product for product in products[1:])]
        return np.maximum(greatest(products), greatest(negatives)) >= (NEAR - _ROUNDING) * _ONE**2


@dataclass(frozen=True)
class _Search:
    """The first two steps of the search."""

    bounds: Bounds
    whitened: _Whitened

    def of_rows(self, start: int) -> Pairs:
        """Return the pairs that may be near, of the block of images from ``start`` and all later images."""
        ours = self.whitened.rows(slice(start, start + _BLOCK))
        blocks = range(start, len(self.whitened.parts), _BLOCK)
        return np.concatenate([self._of_block(start, other, ours) for other in blocks])

    def _of_block(self, start: int, other: int, ours: NDArray[np.float32]) -> Pairs:
        rows, columns = slice(start, start + _BLOCK), slice(other, other + _BLOCK)
        possible = self.bounds.greatest(rows, columns) >= NEAR_PLAIN
        if start == other:
            possible = np.triu(possible, 1)
        if np.count_nonzero(possible) > _DENSE * possible.size:
            possible &= self.whitened.all_likely(ours, columns)
            first, second = np.divmod(np.flatnonzero(possible), possible.shape[1])
        else:
            first, second = np.divmod(np.flatnonzero(possible), possible.shape[1])
            parts = (slice(at, at + _PAIRS) for at in range(0, len(first), _PAIRS))
            kept = [self.whitened.likely(ours[first[part]], second[part] + other) for part in parts]
            is_kept = np.concatenate([np.empty(0, bool), *kept])
            first, second = first[is_kept], second[is_kept]
        return np.column_stack([first + start, second + other])


def _confirmed(signatures: NDArray[np.uint8], whitening: Whitening, pairs: Pairs) -> Pairs:
    """Return those of the pairs that are near, computed in full."""
    used, places = np.unique(pairs, return_inverse=True)
    first, second = places.reshape(len(pairs), 2).T
    parts, negatives = whitening.both(signatures[used])
    is_near = np.zeros(len(pairs), bool)
    for others, sign in ((parts, 1), (negatives, -1)):
        is_near |= (_resemblance(parts, others, first, second) >= NEAR) & (
            _plain_resemblance(signatures[used], first, second, sign) >= NEAR_PLAIN
        )
    return pairs[is_near]


def _resemblance(
    ours: Parts, others: Parts, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return (M,) in -1..1: the highest correlation over the four orientations."""
    sides = zip(ours, others, strict=True)
    return greatest([np.einsum("ij,ij->i", left[first], right[second]) for left, right in sides])


def _plain_resemblance(
    signatures: NDArray[np.uint8], first: NDArray[np.int64], second: NDArray[np.int64], sign: int
) -> NDArray[np.float64]:
    """Return (M,): the resemblance of the pairs without whitening, by grey values or ranks, whichever is higher.

    With ``sign`` -1 one is compared with the negative of the other. Clipping to black or white changes grey values less
    than ranks; a new contrast changes ranks less.
    """
    parity = parities(signatures.shape[1])
    found = []
    for coefficients in (grey_cosines(signatures), rank_cosines(signatures)):
        lengths = np.linalg.norm(coefficients, axis=1, keepdims=True)
        coefficients /= np.where(lengths > 0, lengths, 1)
        products = sign * coefficients[first] * coefficients[second]
        found.append(greatest([products[:, parity == part].sum(axis=1) for part in range(4)]))
    return np.maximum(*found)
