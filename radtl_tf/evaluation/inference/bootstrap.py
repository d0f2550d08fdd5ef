"""Intervals of fixed models by drawing patients with replacement, each with all of the patient's images.

Use it for models that were fixed before these patients were seen. Over the folds of a cross-validation it is not an
interval of the procedure, because it ignores that another sample would have trained other models (docs/decisions/0005).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radtl_tf.evaluation.metrics.weighted import WeightedMetric

REPLICATES = 10_000
_BLOCK = 1 << 17  # weights evaluated at once: 1 MB, which fits into a CPU's cache


@dataclass(frozen=True)
class Bootstrap:
    """A value with its bootstrap replicates, in the order of the draws; ``nan`` if a replicate has no value."""

    value: float
    replicates: NDArray[np.float64]

    @property
    def num_failed(self) -> int:
        """Number of replicates without a value, such as an AUROC of one class: left out, and to be reported."""
        return int(np.isnan(self.replicates).sum())

    @property
    def standard_error(self) -> float:
        """The SD of the replicates."""
        kept = self._kept()
        return float(kept.std(ddof=1)) if len(kept) > 1 else math.nan

    @property
    def p_value(self) -> float:
        """Two-sided p of a true value of 0: the level at which the percentile interval begins to include 0.

        For differences; at least 2 / (replicates + 1).
        """
        kept = self._kept()
        fewer = min(int((kept <= 0).sum()), int((kept >= 0).sum()))
        return min(1.0, 2 * (fewer + 1) / (len(kept) + 1)) if len(kept) else math.nan

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the two-sided percentile interval (Efron & Tibshirani 1993)."""
        kept = self._kept()
        if not len(kept):
            return math.nan, math.nan
        tail = (1 - confidence) / 2
        low, high = np.quantile(kept, (tail, 1 - tail))
        return float(low), float(high)

    def minus(self, other: Bootstrap) -> Bootstrap:
        """Return the paired difference; both must come from one call of ``bootstrap`` to share the draws."""
        if self.replicates.shape != other.replicates.shape:
            raise ValueError(
                f"{self.replicates.size} and {other.replicates.size} replicates are not paired: take both from one call"
            )
        return Bootstrap(self.value - other.value, self.replicates - other.replicates)

    def _kept(self) -> NDArray[np.float64]:
        return self.replicates[~np.isnan(self.replicates)]


def bootstrap(
    metrics: Sequence[WeightedMetric], patients: ArrayLike, *, replicates: int = REPLICATES, seed: int
) -> list[Bootstrap]:
    """Return each metric of ``evaluation.metrics.weighted`` with its replicates; all metrics share the draws.

    ``patients`` (n,) names the patient of each case. A replicate draws as many patients as there are, with replacement;
    the weight of a case is the number of times that its patient was drawn (Field & Welsh, J R Stat Soc B 2007).
    Patients are numbered by first appearance, so neither their names nor the number of their images changes the draws.
    """
    names, first, which = np.unique(np.asarray(patients), return_index=True, return_inverse=True)
    which = np.argsort(np.argsort(first))[which]
    whole = np.ones((len(which), 1))
    columns = [
        np.stack([metric(weights) for metric in metrics])
        for weights in _weights(which, len(names), replicates, np.random.default_rng(seed))
    ]
    found = np.concatenate(columns, axis=1)
    return [Bootstrap(float(metric(whole)[0]), row) for metric, row in zip(metrics, found, strict=True)]


def _weights(
    which: NDArray[np.int64], num_patients: int, replicates: int, random: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Yield blocks of weights (n, B): how often each case's patient was drawn."""
    width = max(1, _BLOCK // len(which))
    for start in range(0, replicates, width):
        size = min(width, replicates - start)
        drawn = random.integers(num_patients, size=(size, num_patients))
        place = drawn * size + np.arange(size)[:, None]
        counts = np.bincount(place.ravel(), minlength=num_patients * size).reshape(num_patients, size)
        yield counts.astype(np.float64)[which]
