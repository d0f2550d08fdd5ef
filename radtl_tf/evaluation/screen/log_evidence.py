"""LogME: how well a Bayesian linear model on the features explains the labels (You et al., ICML 2021).

A target y (n,) is normal with the mean F w and the precision b, for features F (n, D); the weights w are normal with
the mean 0 and the precision a. The log evidence log p(y | F, a, b) is largest for some a and b. With r = a / b and the
eigenvalues s of F F', the best b has a closed form, and r is left (MacKay, Neural Computation 1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
_POINTS, _ZOOMS = 64, 6  # of the search for log r; each zoom keeps two of the intervals: 1e-8 of the range at the end
_MARGIN = np.log(1e4)  # by which r may lie outside the eigenvalues


def log_me(features: ArrayLike, targets: ArrayLike) -> float:
    """Return LogME: the mean over the columns of ``targets`` of the largest log evidence per image, in nats.

    Higher is better; only differences between features of the same images and targets have a meaning.

    Args:
        features: (n, D) float, one row per image.
        targets: (n, T) float, such as one column of 0 and 1 per class. NaN is an unknown label: the column is scored
            on the other images. A column that does not vary is left out.

    Returns:
        A number, ``nan`` if no column varies.

    >>> features = np.array([[0.0, 1.0], [0.1, 0.9], [1.0, 0.1], [0.9, 0.0]])
    >>> followed, ignored = [[0.0], [0.0], [1.0], [1.0]], [[0.0], [1.0], [0.0], [1.0]]
    >>> bool(log_me(features, followed) > log_me(features, ignored))
    True
    """
    rows, wanted = np.asarray(features, np.float64), np.asarray(targets, np.float64)
    found = [
        value for known, columns in _by_known(wanted) for value in _evidence(rows[known], wanted[known][:, columns])
    ]
    return float(np.mean(found)) if found else float("nan")


def _by_known(targets: Numbers) -> list[tuple[NDArray[np.bool_], list[int]]]:
    """Return the images where a target is known, with the columns that vary there; equal images are found once."""
    found: dict[bytes, tuple[NDArray[np.bool_], list[int]]] = {}
    for column, values in enumerate(targets.T):
        known = np.isfinite(values)
        if known.any() and np.ptp(values[known]) > 0:
            found.setdefault(known.tobytes(), (known, []))[1].append(column)
    return list(found.values())


def _evidence(features: Numbers, targets: Numbers) -> Numbers:
    """Return the largest log evidence per image of each column of ``targets`` (n, T): (T,)."""
    spectrum = _Spectrum.of(features, targets)
    low, high = spectrum.bounds
    lows, highs = np.full(targets.shape[1], low), np.full(targets.shape[1], high)
    for _ in range(_ZOOMS):
        points = np.linspace(lows, highs, _POINTS)  # (points, T)
        values = spectrum.evidence(points)
        best = values.argmax(axis=0)
        step = (highs - lows) / (_POINTS - 1)
        at = np.take_along_axis(points, best[np.newaxis], axis=0)[0]
        lows, highs = np.maximum(at - step, low), np.minimum(at + step, high)
    return values.max(axis=0) / len(features)


@dataclass(frozen=True)
class _Spectrum:
    """The eigenvalues of F F' above 0 (r,), the squared targets along their vectors (r, T), and the rest (T,)."""

    values: Numbers
    along: Numbers
    rest: Numbers
    num_images: int

    @classmethod
    def of(cls, features: Numbers, targets: Numbers) -> _Spectrum:
        """Decompose the smaller of F F' and F' F, which have the same eigenvalues above 0."""
        is_wide = features.shape[1] >= features.shape[0]
        values, vectors = np.linalg.eigh(features @ features.T if is_wide else features.T @ features)
        kept = values > max(values[-1], 0) * max(features.shape) * np.finfo(float).eps
        values, vectors = values[kept], vectors[:, kept]
        left = vectors if is_wide else features @ (vectors / np.sqrt(values))
        along = (left.T @ targets) ** 2
        rest = np.maximum((targets**2).sum(axis=0) - along.sum(axis=0), 0)
        return cls(values, along, rest, len(features))

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the range in which log r is searched."""
        if not len(self.values):  # all features are 0: the evidence does not depend on r
            return 0.0, 1.0
        return float(np.log(self.values[0]) - _MARGIN), float(np.log(self.values[-1]) + _MARGIN)

    def evidence(self, log_ratio: Numbers) -> Numbers:
        """Return the log evidence (P, T) at the best precision of the noise, for each log r of ``log_ratio`` (P, T)."""
        number = self.num_images
        spread = np.empty(log_ratio.shape)
        volume = np.empty(log_ratio.shape)
        for at, ratio in enumerate(np.exp(log_ratio)):
            gain = 1 + self.values[:, np.newaxis] / ratio  # (r, T)
            spread[at] = (self.along / gain).sum(axis=0) + self.rest
            volume[at] = np.log(gain).sum(axis=0)
        variance = np.maximum(spread / number, np.finfo(float).tiny)
        return -(number * (np.log(2 * np.pi * variance) + 1) + volume) / 2
