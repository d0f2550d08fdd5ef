"""Accuracy, sensitivity and specificity of one fixed model at a fixed threshold: shares of independent cases."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def wilson(successes: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share, ``successes`` of ``total`` independent cases (Wilson, JASA 1927).

    ``nan`` without cases.

    >>> [round(end, 4) for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= successes <= total:
        raise ValueError(f"the number of successes must be from 0 to the total, got {successes} of {total}")
    if not total:
        return math.nan, math.nan
    z = float(stats.norm.ppf((1 + confidence) / 2))
    share, weight = successes / total, z * z / total
    center = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * math.sqrt(share * (1 - share) / total + weight / total / 4)
    low, high = max(center - reach, 0.0), min(center + reach, 1.0)
    return 0.0 if successes == 0 else low, 1.0 if successes == total else high


def mcnemar(first: ArrayLike, second: ArrayLike) -> float:
    """Return the two-sided exact mid-p that two models are right equally often, ``first`` and ``second`` (n,) of bool.

    Only cases where one is right and the other wrong count (McNemar, Psychometrika 1947); the mid-p follows Fagerland,
    Lydersen & Laake (BMC Medical Research Methodology 2013). Without such cases it is 1.

    >>> round(mcnemar([True] * 6 + [False], [False] * 6 + [True]), 4)
    0.0703
    """
    one, other = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    fewer, more = sorted((int((one & ~other).sum()), int((~one & other).sum())))
    binomial = stats.binom(fewer + more, 0.5)
    return float(2 * binomial.cdf(fewer) - binomial.pmf(fewer))
