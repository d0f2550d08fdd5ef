"""Which differences are real: Holm's correction, equivalence, and a verdict for each test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean

Verdict = Literal["better", "worse", "equivalent", "undecided"]
ALPHA = 0.05


def difference(first: ArrayLike, second: ArrayLike, folds: int) -> FoldMean:
    """Return the mean of ``first`` - ``second``, both (k x R,) on the same folds, by the corrected resampled t."""
    return fold_mean(np.asarray(first, dtype=float) - np.asarray(second, dtype=float), folds)


def equivalence_p(test: FoldMean, margin: float) -> float:
    """Return the p of two one-sided tests that the true difference lies inside ``margin`` on both sides.

    It is below 5 % exactly when the 90 % interval lies inside the margin (Schuirmann, J Pharmacokinet Biopharm 1987).
    """
    if not test.standard_error:
        return float("nan")
    distance = (margin - abs(test.mean)) / test.standard_error
    return float(stats.t.sf(distance, test.df))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return Holm's adjusted p values (Scand J Stat 1979), in the order given; ``nan`` is kept and not counted.

    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=float)
    order = np.argsort(given)[: int(np.isfinite(given).sum())]  # argsort puts nan last
    adjusted = np.full(given.shape, np.nan)
    steps = given[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1) if len(order) else steps
    return adjusted


def verdicts(tests: Sequence[FoldMean], margin: float, *, lower_is_better: bool = False) -> list[Verdict]:
    """Return a verdict per test of one family, superiority and equivalence each adjusted by Holm.

    A difference shown to be inside the margin is ``equivalent`` even if it is also shown not to be 0. The words follow
    the metric: with ``lower_is_better``, a difference below 0 makes the first side better.
    """
    real = holm([test.p_value for test in tests]) < ALPHA
    same = holm([equivalence_p(test, margin) for test in tests]) < ALPHA
    sign = -1 if lower_is_better else 1
    return [_verdict(sign * test.mean, *outcome) for test, *outcome in zip(tests, real, same, strict=True)]


def _verdict(gain: float, is_real: bool, is_same: bool) -> Verdict:
    if is_same:
        return "equivalent"
    if not is_real:
        return "undecided"
    return "better" if gain > 0 else "worse"
