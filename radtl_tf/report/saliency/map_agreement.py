"""Does a saliency map depend on what the network has learned? Compare maps before and after randomization.

The cascading randomization of Adebayo et al. 2018 ("Sanity Checks for Saliency Maps", section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

UNCHANGED = 0.5  # from this mean rank correlation on, maps of a random network count as unchanged
_TINY = float(np.finfo(np.float32).tiny)
_MEAN_FLOOR, _SPREAD_FLOOR = 0.01**2, 0.03**2  # C1 and C2 of Wang et al. 2004 for values in 0..1

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class Change:
    """Change of the maps by a step: rank correlation and SSIM of each with its original, and how many became empty."""

    step: str
    rank_correlation: NDArray[np.float64]
    ssim: NDArray[np.float64]
    num_empty: int


def cascade(explain: Callable[[], Maps], steps: Iterable[tuple[str, Callable[[], None]]]) -> list[Change]:
    """Take each step, which randomizes more of the network, and compare the maps (B, h, w) with the originals.

    Cases with an empty original map are left out.
    """
    original = explain()
    kept = _peaks(original) > 0
    changes = []
    for name, randomize in steps:
        randomize()
        after = explain()[kept]
        pairs = list(zip(original[kept], after, strict=True))
        changes.append(
            Change(
                step=name,
                rank_correlation=np.array([rank_correlation(*pair) for pair in pairs]),
                ssim=np.array([ssim(*pair) for pair in pairs]),
                num_empty=int((_peaks(after) == 0).sum()),
            )
        )
    return changes


def rank_correlation(first: Maps, second: Maps) -> float:
    """Return Spearman's rank correlation over the cells of two maps; 0 if one of them is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first.ravel(), second.ravel()).statistic)


def ssim(first: Maps, second: Maps) -> float:
    """Return the structural similarity of two maps, each divided by its own maximum, with the whole map as one window.

    Wang et al. 2004, equation 13. A map has some 50 cells, too few for the sliding window of photographs.
    """
    x, y = (np.asarray(one, np.float64) / max(float(one.max()), _TINY) for one in (first, second))
    shared = ((x - x.mean()) * (y - y.mean())).mean()
    means = (2 * x.mean() * y.mean() + _MEAN_FLOOR) / (x.mean() ** 2 + y.mean() ** 2 + _MEAN_FLOOR)
    return float(means * (2 * shared + _SPREAD_FLOOR) / (x.var() + y.var() + _SPREAD_FLOOR))


def _peaks(maps: Maps) -> NDArray[np.float32]:
    return maps.max(axis=(1, 2))
