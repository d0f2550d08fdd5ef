"""Upper bounds of how much two pictures resemble each other, from a few of their cosine coefficients.

Two vectors of length 1 with leading parts p, q have a product of at most ``p . q + |rest of p| |rest of q|`` (Cauchy
and Schwarz). Pictures hold most of their energy in few coefficients, so 32 to 64 of 1,024 rule out 99 % of the pairs.
Nothing that resembles is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.duplicates.coordinates import grey_cosines, of_length_one, parities, rank_cosines
from radtl_tf.data.duplicates.whitening import CHUNK, chunks

_NUMBERS = (16, 32, 64, 128, 256, 512, 1024)  # of leading coefficients
_SAMPLE = 512  # pictures by which the number of leading coefficients is chosen
_ROUNDING = 1e-4
# Nanoseconds on one core, measured by benchmarks/large.py: a pair, one of its coefficients, and a pair that remains.
_PAIR, _COEFFICIENT, _REMAINING = 6.0, 0.1, 2000.0


@dataclass(frozen=True)
class Leading:
    """The leading coefficients of N pictures: those of parity 0 and 3 (N, E), of parity 1 and 2 (N, O), and the rest.

    ``flip_even`` (E,) and ``flip_odd`` (O,) are -1 where a mirrored picture changes the sign of the second parity;
    ``rest`` (N,) is the length of what is left out.
    """

    even: NDArray[np.float32]
    odd: NDArray[np.float32]
    flip_even: NDArray[np.float32]
    flip_odd: NDArray[np.float32]
    rest: NDArray[np.float32]

    def bound(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return (R, C): at least the resemblance of each pair in any orientation, also to the negative."""
        even, odd = self.even[columns].T, self.odd[columns].T
        found = np.abs(self.even[rows] @ even)
        other = np.abs(self.odd[rows] @ odd)
        found += other
        np.abs((self.even[rows] * self.flip_even) @ even, out=other)
        turned = np.abs((self.odd[rows] * self.flip_odd) @ odd)
        other += turned
        np.maximum(found, other, out=found)
        np.multiply.outer(self.rest[rows], self.rest[columns], out=other)
        found += other
        return found


@dataclass(frozen=True)
class Bounds:
    """The leading coefficients of the grey values and of the ranks of N pictures."""

    grey: Leading
    rank: Leading

    @classmethod
    def of(cls, signatures: NDArray[np.uint8], least: float) -> Bounds:
        """Return the bounds of signatures (N, S, S) with as many coefficients as find pairs >= ``least`` fastest."""
        chosen = np.sort(np.random.default_rng(0).permutation(len(signatures))[:_SAMPLE])
        sample = signatures[chosen]
        energy = sum(np.square(of_length_one(view(sample))).sum(axis=0) for view in (grey_cosines, rank_cosines))
        order = np.argsort(-energy, kind="stable")
        whole, costs = slice(None), []
        for number in (number for number in _NUMBERS if number <= len(order)):
            trial = cls._leading(sample, order[:number])
            remaining = int((trial.greatest(whole, whole) >= least).sum()) - len(sample)  # without itself
            share = max(remaining, 0) / max(len(sample) ** 2 - len(sample), 1)
            costs.append((_PAIR + _COEFFICIENT * number + _REMAINING * share, number))
        return cls._leading(signatures, order[: min(costs)[1]])

    @classmethod
    def _leading(cls, signatures: NDArray[np.uint8], used: NDArray[np.int64]) -> Bounds:
        parity = parities(signatures.shape[1])[used]
        grey, rank = (_Builder(len(signatures), parity) for _ in range(2))
        for number, chunk in enumerate(chunks(signatures)):
            at = slice(number * CHUNK, number * CHUNK + len(chunk))
            grey.put(at, of_length_one(grey_cosines(chunk)), used)
            rank.put(at, of_length_one(rank_cosines(chunk)), used)
        return cls(grey.done(), rank.done())

    def greatest(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return (R, C): at least the resemblance of each pair, by grey values or ranks, whichever is higher."""
        found = self.grey.bound(rows, columns)
        np.maximum(found, self.rank.bound(rows, columns), out=found)
        found += _ROUNDING
        return found


class _Builder:
    """Arrays of leading coefficients that are filled in chunks."""

    def __init__(self, number: int, parity: NDArray[np.int64]) -> None:
        self._even, self._odd = np.flatnonzero(np.isin(parity, (0, 3))), np.flatnonzero(np.isin(parity, (1, 2)))
        self._made = Leading(
            even=np.empty((number, len(self._even)), np.float32),
            odd=np.empty((number, len(self._odd)), np.float32),
            flip_even=np.where(parity[self._even] == 3, -1, 1).astype(np.float32),
            flip_odd=np.where(parity[self._odd] == 2, -1, 1).astype(np.float32),
            rest=np.empty(number, np.float32),
        )

    def put(self, at: slice, coefficients: NDArray[np.float32], used: NDArray[np.int64]) -> None:
        leading = coefficients[:, used]
        self._made.even[at], self._made.odd[at] = leading[:, self._even], leading[:, self._odd]
        left = np.square(coefficients).sum(axis=1) - np.square(leading).sum(axis=1)
        self._made.rest[at] = np.sqrt(np.maximum(left, 0))

    def done(self) -> Leading:
        return self._made
