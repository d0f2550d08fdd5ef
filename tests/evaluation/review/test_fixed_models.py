"""The interval of fixed networks ignores training: it is narrower, around the same difference."""

from __future__ import annotations

import math

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.review.fixed_models import Twofold, claimed, shrinkage


def test_the_difference_is_the_same_and_the_quantiles_are_normal(evaluation: Evaluation) -> None:
    (both,) = evaluation.review.twofold
    assert both.fixed is not None
    assert both.fixed.mean == both.procedure.mean
    low, high = both.fixed.interval()
    assert (high - low) / 2 == pytest.approx(1.959964 * both.fixed.standard_error)


def test_what_is_claimed_at_five_percent() -> None:
    assert claimed(FoldMean(0.1, 0.1, 0.02, math.inf)) == "a is higher"
    assert claimed(FoldMean(-0.1, 0.1, 0.02, math.inf)) == "b is higher"
    assert claimed(FoldMean(0.1, 0.1, 0.08, 4)) == "undecided"
    assert claimed(FoldMean(0.1, 0.0, 0.0, 4)) == "undecided"  # no spread, no test


def test_shrinkage_compares_half_widths() -> None:
    both = Twofold("a", "b", FoldMean(0.1, 0.1, 0.02, math.inf), FoldMean(0.1, 0.1, 0.04, math.inf))
    assert shrinkage(both) == pytest.approx(0.5)
    assert math.isnan(shrinkage(Twofold("a", "b", None, both.procedure)))
