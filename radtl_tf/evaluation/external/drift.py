"""Are these images like a model's training images? A check of brightness, contrast, border and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from radtl_tf.evaluation.inference.comparison import holm

ALPHA = 0.01  # rate of false alarms per data set, over all descriptors


@dataclass(frozen=True)
class Drift:
    """One descriptor: ``low``, ``median`` and ``high`` (1 %, 50 %, 99 %) of the training images, and the images here.

    ``here`` is the median of the images here, ``outside`` (m,) marks images outside the central 98 %, ``expected`` is
    their number by chance, and ``p_value`` the probability of at least as many, adjusted by Holm over the descriptors.
    """

    name: str
    low: float
    median: float
    high: float
    here: float
    outside: NDArray[np.bool_]
    expected: float
    p_value: float

    @property
    def is_drift(self) -> bool:
        """Tell whether more images are outside than chance explains."""
        return self.p_value < ALPHA


def drifts(trained: Mapping[str, Any], values: Mapping[str, NDArray[np.float64]], num_patients: int) -> list[Drift]:
    """Return a Drift per descriptor of ``trained``, a ``data.check.image_summary.summary``; ``values`` are (m,).

    Images of one patient resemble each other, so p counts patients on both sides, each as one image.
    """
    levels = trained["levels"]
    found = []
    for name, quantiles in trained["descriptors"].items():
        low, median, high = np.interp((0.01, 0.5, 0.99), levels, quantiles).tolist()
        here = values[name]
        outside = (here < low) | (here > high)
        share = int(outside.sum()) * num_patients // len(here)
        chance = _by_chance(trained["patients"], num_patients)
        expected = chance.mean() * len(here) / num_patients
        found.append((name, low, median, high, float(np.median(here)), outside, float(expected), chance.sf(share - 1)))
    adjusted = holm([row[-1] for row in found])
    return [Drift(*row[:-1], p_value=float(p)) for row, p in zip(found, adjusted, strict=True)]


def sentence(found: Sequence[Drift]) -> str:
    """Say how many images are outside the central 98 % of the training images, and whether chance explains it."""
    num_images = len(found[0].outside)
    number = int(np.any([drift.outside for drift in found], axis=0).sum())
    names = [drift.name for drift in found]
    opening = (
        f"{number} of {num_images} images are outside the central 98 % of the training images in "
        f"{', '.join(names[:-1])} or {names[-1]}"
    )
    said = [
        f"{drift.name} ({int(drift.outside.sum())}, by chance about {drift.expected:.0f}; median {drift.here:.3g}, "
        f"training {drift.median:.3g})"
        for drift in found
        if drift.is_drift
    ]
    if not said:
        return f"{opening}: no more than chance explains."
    return (
        f"{opening}, more than chance explains: {'; '.join(said)}. These images differ from the ones that the model "
        "was trained on."
    )


def _by_chance(num_trained: int, num_here: int) -> Any:
    """Return the distribution of the number outside if the images here are like the training images.

    The share beyond two order statistics of ``num_trained`` values is a beta variable, so that number is beta-binomial
    (Guttman, Statistical Tolerance Regions, 1970); the interpolated quantile is treated as an order statistic.
    """
    beyond = 2 * (1 + 0.01 * (num_trained - 1))  # ranks of numpy's default quantile, from both ends
    return stats.betabinom(num_here, beyond, num_trained + 1 - beyond)
