"""The question for these fitted networks only, next to the question for the training procedures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.question.contrasts import Judged

METHOD = "these fitted networks, other patients"


@dataclass(frozen=True)
class Twofold:
    """The difference ``a`` minus ``b``: ``fixed`` for the fitted networks, ``procedure`` for the training procedures.

    ``fixed`` is ``None`` if the metric has no contributions of patients.
    """

    a: str
    b: str
    fixed: FoldMean | None
    procedure: FoldMean


def twofold(asked: Sequence[Judged]) -> list[Twofold]:
    """Return both results of the question, under each possible pixel convention.

    The standard error of the fixed networks is the one of LeDell et al. (2015), paired, averaged over the repeats:
    which patients were tested, and nothing else (decision 20). Its quantiles are normal.
    """
    return [Twofold(result.contrast.a, result.contrast.b, _fixed(result), result.test) for result in asked]


def claimed(test: FoldMean) -> str:
    """Return what an unadjusted test at 5 % says: ``a is higher``, ``b is higher`` or ``undecided``."""
    if not test.p_value < 0.05:
        return "undecided"
    return "a is higher" if test.mean > 0 else "b is higher"


def shrinkage(both: Twofold) -> float:
    """Return the half-width of the fixed networks' interval as a share of the procedures' (0..)."""
    if both.fixed is None or not both.procedure.standard_error:
        return math.nan
    return _half(both.fixed) / _half(both.procedure)


def _half(test: FoldMean) -> float:
    return float(stats.t.ppf(0.975, test.df)) * test.standard_error


def _fixed(result: Judged) -> FoldMean | None:
    patients = result.contrast.difference.patients
    if patients is None:
        return None
    return FoldMean(result.test.mean, result.test.sd, patients.of_fitted_models, math.inf, METHOD)
