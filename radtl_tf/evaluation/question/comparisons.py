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
)


@dataclass(frozen=True)
class Comparison:
    """``a`` minus ``b`` in a metric: 95 % interval, p unadjusted and adjusted over its ``family``, and the outcome.

    ``reason`` says what was compared and in which role. ``family`` names the comparisons that p is adjusted over; it is
    empty if p is not adjusted.
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
    family: str = ""


def comparison(
    level: str,
    sides: tuple[str, str],
    metric: str,
    test: FoldMean,
    p_adjusted: float,
    outcome: Outcome,
    reason: str,
    family: str = "",
) -> Comparison:
    """Return the comparison made by a paired corrected resampled t."""
    adjusted = f"p adjusted by Holm over the family: {family}" if family else "p not adjusted"
    method = f"paired corrected resampled t, {test.df} df; {adjusted}"
    numbers = (test.mean, *test.interval(), test.p_value, p_adjusted)
    return Comparison(level, *sides, metric, *numbers, method, outcome, reason, family)


def comparison_frame(rows: Sequence[Comparison]) -> pd.DataFrame:
    """Return a row per comparison, a column per field."""
    return pd.DataFrame([astuple(row) for row in rows], columns=[field.name for field in fields(Comparison)])


def as_written(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``comparison_frame`` as in ``comparisons.csv``: outcome and reason form the note."""
    note = comparisons["outcome"] + "; " + comparisons["reason"]
    return comparisons.assign(note=note)[list(COMPARISON_COLUMNS)]
