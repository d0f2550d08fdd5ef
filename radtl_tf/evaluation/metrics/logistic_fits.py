"""Logistic regressions of one score each, fitted for many runs at once.

An experiment with repeats has thousands of runs with some hundred cases each. One at a time, most of the time would go
into calls of numpy. Here a row per run, filled up with cases of weight 0, goes through every step together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

_MOST_STEPS = 100
_MOST_HALVINGS = 60
_SINGULAR = 1e-6  # of the determinant of a symmetric 2 x 2 matrix, in products of its diagonal
_NO_SPREAD = 1e-7  # of x: below it x is constant
_ROUNDING = 1e-14  # of a mean loss
_ENOUGH = 1e-10  # a shorter step ends the search for a line
_BLOCK = 2**16  # cases that are fitted together: they stay in the cache of the processor


@dataclass(frozen=True)
class Fits:
    """One fit per row: ``x`` and ``targets`` (M, n), 0 where ``weights`` (M, n) is 0; those of a row add up to 1."""

    x: Floats
    targets: Floats
    weights: Floats

    def rows(self, chosen: NDArray[np.int64]) -> Fits:
        """Return some of the rows."""
        return Fits(self.x[chosen], self.targets[chosen], self.weights[chosen])

    def loss(self, line: Floats) -> Floats:
        """Return the mean loss (M,) in nats of the ``line`` (M, 2): intercepts and slopes."""
        z = line[:, :1] + line[:, 1:] * self.x
        return np.asarray((self.weights * (np.logaddexp(0, z) - self.targets * z)).sum(axis=1))


def lines(x: Sequence[Floats], targets: Sequence[Floats]) -> Floats:
    """Return intercept and slope (M, 2) of each logistic regression of ``targets`` (n,), 0..1, on ``x`` (n,).

    Newton's method; a step is halved until the loss does not increase. If an ``x`` is constant, its slope is 0.
    """
    centers = np.array([of.mean() for of in x])
    spreads = np.array([of.std() for of in x])
    spreads[spreads <= _NO_SPREAD] = np.inf
    scaled = [(of - center) / spread for of, center, spread in zip(x, centers, spreads, strict=True)]
    found = np.concatenate([_newton(block) for block in _blocks(scaled, targets)])
    slopes = found[:, 1] / spreads
    return np.stack([found[:, 0] - slopes * centers, slopes], axis=1)


def intercepts(x: Sequence[Floats], targets: Sequence[Floats], reach: Floats) -> Floats:
    """Return the a (M,) of most likely expit(a + x), between -``reach`` and ``reach`` (M,)."""

    def slope(fits: Fits, a: Floats) -> tuple[Floats, Floats]:
        p = expit(a[:, None] + fits.x)
        return _mean(fits, p - fits.targets), _mean(fits, p * (1 - p))

    return _roots(x, targets, slope, (-reach, reach))


def factors(x: Sequence[Floats], targets: Sequence[Floats], least: float, most: float) -> Floats:
    """Return the s (M,) of most likely expit(s x), from ``least`` to ``most``."""

    def slope(fits: Fits, s: Floats) -> tuple[Floats, Floats]:
        p = expit(s[:, None] * fits.x)
        return _mean(fits, fits.x * (p - fits.targets)), _mean(fits, fits.x**2 * p * (1 - p))

    return _roots(x, targets, slope, (np.full(len(x), least), np.full(len(x), most)))


def _blocks(x: Sequence[Floats], targets: Sequence[Floats]) -> Iterator[Fits]:
    """Yield the fits in blocks, filled up to the longest of each."""
    number = max(1, _BLOCK // max(map(len, x)))
    for start in range(0, len(x), number):
        of_block = x[start : start + number], targets[start : start + number]
        lengths = np.array([len(of) for of in of_block[0]])
        filled = np.arange(lengths.max()) < lengths[:, None]
        arrays = np.zeros((3, *filled.shape))
        arrays[0][filled], arrays[1][filled] = (np.concatenate(of) for of in of_block)
        arrays[2] = filled / lengths[:, None]
        yield Fits(*arrays)


def _newton(fits: Fits) -> Floats:
    """Return the most likely lines (M, 2)."""
    found, active = np.zeros((len(fits.x), 2)), np.arange(len(fits.x))
    for _ in range(_MOST_STEPS):
        step = _downhill(fits, found[active])
        found[active] += step
        still = np.abs(step).max(axis=1) >= _ENOUGH
        if not still.any():
            break
        active, fits = (active, fits) if still.all() else (active[still], fits.rows(np.flatnonzero(still)))
    return found


def _downhill(fits: Fits, line: Floats) -> Floats:
    """Return Newton's step (M, 2) from the ``line`` (M, 2), halved while it would increase the loss."""
    p = expit(line[:, :1] + line[:, 1:] * fits.x)
    bend, rest = fits.weights * p * (1 - p), fits.weights * (fits.targets - p)
    curvature = np.stack([bend.sum(axis=1), (bend * fits.x).sum(axis=1), (bend * fits.x**2).sum(axis=1)], axis=1)
    step = solved(curvature, np.stack([rest.sum(axis=1), (rest * fits.x).sum(axis=1)], axis=1))
    before = fits.loss(line)
    for _ in range(_MOST_HALVINGS):
        worse = fits.loss(line + step) > before + _ROUNDING
        if not worse.any():
            break
        step[worse] /= 2
    return step


def solved(curvature: Floats, slope: Floats) -> Floats:
    """Return x (M, 2) of [[a, b], [b, c]] x = ``slope`` (M, 2), with a, b, c in the rows of ``curvature`` (M, 3).

    The smallest x if several solve it.
    """
    a, b, c = curvature.T
    first, second = slope.T
    determinant = a * c - b * b
    singular = determinant <= _SINGULAR * a * c
    found = np.stack([c * first - b * second, a * second - b * first], axis=1)
    found /= np.where(singular, 1, determinant)[:, None]
    for row in np.flatnonzero(singular):
        found[row] = np.linalg.lstsq(np.array([[a[row], b[row]], [b[row], c[row]]]), slope[row])[0]
    return found


def _mean(fits: Fits, of_cases: Floats) -> Floats:
    return np.asarray((fits.weights * of_cases).sum(axis=1))


def _roots(
    x: Sequence[Floats],
    targets: Sequence[Floats],
    slope: Callable[[Fits, Floats], tuple[Floats, Floats]],
    ends: tuple[Floats, Floats],
) -> Floats:
    """Return where the slope of each loss is 0 between ``ends``, or the end that is nearest to it."""
    found, start = np.empty(len(x)), 0
    for fits in _blocks(x, targets):
        rows = slice(start, start + len(fits.x))
        found[rows] = _root(lambda at, fits=fits: slope(fits, at), ends[0][rows].copy(), ends[1][rows].copy())  # type: ignore[misc]
        start = rows.stop
    return found


def _root(slope: Callable[[Floats], tuple[Floats, Floats]], low: Floats, high: Floats) -> Floats:
    """Return where an increasing function (M,) is 0: Newton's method, with bisection where it leaves the bracket.

    ``slope`` returns the function and its derivative.
    """
    at = np.clip(np.zeros(len(low)), low, high)
    for _ in range(_MOST_STEPS):
        value, derivative = slope(at)
        high, low = np.where(value >= 0, at, high), np.where(value <= 0, at, low)
        newton = at - np.divide(value, derivative, out=np.full(len(at), np.inf), where=derivative > 0)
        inside = (newton >= low) & (newton <= high)
        after = np.where(low == high, at, np.where(inside, newton, (low + high) / 2))
        if np.abs(after - at).max() < _ENOUGH / 100:
            return after
        at = after
    return at
