"""How wide the intervals of an AUROC can be with these numbers of patients, and how many patients +-0.05 needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import stats

from radtl_tf.evaluation.inference.expected_width import expected

WANTED = 0.05  # half-width of a 95 % interval: a width of 0.1, as Riley et al. (2021) recommend for the AUROC
ENOUGH = 100  # patients with and without the finding (Collins, Ogundimu & Altman, Stat Med 2016)
MOST = 10_000_000  # patients; beyond this, the number is not worth printing
_NORMAL = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Width:
    """A half-width of a 95 % interval, and the patients that would give ``WANTED``: in all, and of the rarer class."""

    half: float
    needed: int
    needed_of_rarer: int


def newcombe_error(area: float, positives: float, negatives: float) -> float:
    """Return the standard error of the AUROC ``area`` (0..1) of a fixed model, one case per patient.

    Newcombe (Statistics in Medicine 2006; 25: 559-573), as equation 11 of Riley et al. (Statistics in Medicine 2021;
    40: 4230-4251): Hanley & McNeil's formula, symmetric in the classes.
    """
    half = (positives + negatives) / 2 - 1
    shares = 1 + half * (1 - area) / (2 - area) + half * area / (1 + area)
    return math.sqrt(area * (1 - area) * shares / (positives * negatives))


def obuchowski_error(area: float, positives: float, negatives: float) -> float:
    """Return the standard error of an AUROC of 0.5 or more whose scores are normal, from its variance function.

    Obuchowski, Lieber & Wians (Clinical Chemistry 2004; 50: 1118-1125). It allows for unequal variances of the
    classes, so it is wider than the others.
    """
    at = 1.414 * float(stats.norm.ppf(area))
    ratio = negatives / positives
    variance = 0.0099 * math.exp(-(at**2) / 2) * (5 * at**2 + 8 + (at**2 + 8) / ratio)
    return math.sqrt(variance / positives)


def width(error: Callable[[float, float, float], float], area: float, positives: int, negatives: int) -> Width:
    """Return the width for a fixed model whose AUROC is ``area``, with the same share of positives if there were more.

    ``error`` is one of the formulas above. ``area`` is kept within 0.5 and 0.99, where the formulas hold.
    """
    held = min(max(area, 0.5), 0.99)
    return _width(lambda more, other: _NORMAL * error(held, more, other), positives, negatives)


def expected_difference(positives: int, negatives: int, folds: int, repeats: int) -> Width:
    """Return the width of a difference of two procedures as it is expected before the run (``expected_width``)."""
    return _width(
        lambda more, other: expected(max(round(more), 2), max(round(other), 2), folds, repeats).difference,
        positives,
        negatives,
    )


def scaled(half: float, patients: int, wanted: float = WANTED) -> int:
    """Return how many patients would give a half-width of ``wanted``, if widths fall with the root of their number.

    >>> scaled(0.1, 200)
    800
    """
    return math.ceil(round(patients * (half / wanted) ** 2, 6))


def _width(half: Callable[[float, float], float], positives: int, negatives: int) -> Width:
    """Return the half-width with these patients, and the smallest number of patients, in the same proportion."""
    total = positives + negatives
    share = positives / total
    low, high = 4, MOST
    while low < high:
        middle = (low + high) // 2
        if half(share * middle, (1 - share) * middle) <= WANTED:
            high = middle
        else:
            low = middle + 1
    return Width(half(positives, negatives), low, math.ceil(min(share, 1 - share) * low))
