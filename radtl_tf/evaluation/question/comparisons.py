"""Rows of ``comparisons.csv``: a difference with its interval, its p and its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import Literal

import pandas as pd

from radtl_tf.evaluation.inference.comparison import Verdict
from radtl_tf.evaluation.inference.corrected_t import FoldMean

Outcome = Verdict | Literal["higher", "lower"]  # the latter if there is no margin
COMPARISON_COLUMNS = (
    *("level", "a", "b", "metric", "difference", "ci_low", "ci_high"),
    *("p_value", "p_adjusted", "method", "note"),
    *("ci_low_by_folds", "ci_high_by_folds", "p_value_by_folds"),
)


@dataclass(frozen=True)
class Comparison:
    """``a`` minus ``b`` in a metric: 95 % interval, p unadjusted and adjusted over its ``family``, and the outcome.

    ``reason`` says what was compared and in which role. ``family`` names the comparisons that p is adjusted over; it is
    empty if p is not adjusted. The last three come from the fold values alone.
    """

    level: str
    a: str
    b: str
    metric: str
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    p_adjusted: float
    method: str
    outcome: Outcome
    reason: str
    family: str
    ci_low_by_folds: float
    ci_high_by_folds: float
    p_value_by_folds: float


def comparison(
    level: str,
    sides: tuple[str, str],
    metric: str,
    test: FoldMean,
    p_adjusted: float,
    outcome: Outcome,
    reason: str,
    family: str = "",
    by_folds: FoldMean | None = None,
) -> Comparison:
    """Return the comparison made by a paired ``test``; ``by_folds`` is the one from the fold values alone."""
    adjusted = f"p adjusted by Holm over the family: {family}" if family else "p not adjusted"
    method = f"paired {test.described}; {adjusted}"
    numbers = (test.mean, *test.interval(), test.p_value, p_adjusted)
    folds = by_folds or test
    beside = *folds.interval(), folds.p_value
    return Comparison(level, *sides, metric, *numbers, method, outcome, reason, family, *beside)


def comparison_frame(rows: Sequence[Comparison]) -> pd.DataFrame:
    """Return a row per comparison, a column per field."""
    return pd.DataFrame([astuple(row) for row in rows], columns=[field.name for field in fields(Comparison)])


def as_written(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``comparison_frame`` as in ``comparisons.csv``: outcome and reason form the note."""
    note = comparisons["outcome"] + "; " + comparisons["reason"]
    return comparisons.assign(note=note)[list(COMPARISON_COLUMNS)]
