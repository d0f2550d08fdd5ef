from __future__ import annotations

import math

import numpy as np
import pytest

from radtl_tf.evaluation.inference.comparison import difference, equivalence_p, holm, verdicts
from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean


def test_the_difference_is_paired_and_signed() -> None:
    shift = np.array([0.0, 0.3, -0.2, 0.1, 0.4])  # what folds have in common cancels
    gain = np.array([0.02, 0.01, 0.03, 0.0, 0.04])
    found = difference(0.6 + shift + gain, 0.6 + shift, folds=5)
    assert found.t == pytest.approx(1.8856180832, abs=1e-9)
    back = difference(0.6 + shift, 0.6 + shift + gain, folds=5)
    assert (back.mean, back.p_value) == pytest.approx((-found.mean, found.p_value))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]).tolist() == [1.0, 1.0]
    assert holm([0.02]).tolist() == [0.02]
    assert holm([]).tolist() == []


def test_holm_leaves_out_what_has_no_p() -> None:
    found = holm([math.nan, 0.01, 0.04])
    assert math.isnan(found[0])
    assert found[1:].tolist() == pytest.approx([0.02, 0.04])


def test_holm_never_reorders_and_never_shrinks() -> None:
    given = np.random.default_rng(1).random(40) ** 3
    found = holm(given)
    assert (found >= given).all()
    assert (np.diff(found[np.argsort(given)]) >= 0).all()


@pytest.mark.parametrize("mean", [-0.03, -0.004, 0.0, 0.01, 0.018])
@pytest.mark.parametrize("error", [0.002, 0.006, 0.02])
def test_equivalence_is_the_ninety_percent_interval_inside_the_margin(mean: float, error: float) -> None:
    test = FoldMean(mean, sd=0.1, standard_error=error, df=4)
    low, high = test.interval(0.90)
    assert (equivalence_p(test, 0.02) < 0.05) == (-0.02 < low and high < 0.02)


@pytest.mark.parametrize(
    ("mean", "error", "word"),
    [
        (0.08, 0.01, "better"),
        (-0.08, 0.01, "worse"),
        (0.001, 0.004, "equivalent"),
        (0.01, 0.002, "equivalent"),  # certainly above 0, and certainly irrelevant
        (0.03, 0.02, "undecided"),
        (0.0, 0.02, "undecided"),  # no significant difference is not equivalence
        (0.03, 0.004, "better"),
    ],
)
def test_each_outcome_has_its_word(mean: float, error: float, word: str) -> None:
    assert verdicts([FoldMean(mean, sd=0.1, standard_error=error, df=4)], margin=0.02) == [word]


def test_a_family_is_judged_by_adjusted_p() -> None:
    close = FoldMean(0.08, sd=0.1, standard_error=0.022, df=4)
    nothing = FoldMean(0.03, sd=0.1, standard_error=0.04, df=4)
    assert verdicts([close], 0.02) == ["better"]
    assert verdicts([close, nothing, nothing], 0.02) == ["undecided"] * 3


def test_differences_without_spread_stay_undecided() -> None:
    assert verdicts([fold_mean([0.0] * 5, 5), fold_mean([0.5] * 5, 5)], 0.02) == ["undecided", "undecided"]


def test_a_lower_error_is_better_and_equivalence_has_no_direction() -> None:
    tests = [FoldMean(mean=mean, sd=0.02, standard_error=0.02, df=4) for mean in (-1.0, 1.0, 0.001)]
    assert verdicts(tests, 0.1) == ["worse", "better", "equivalent"]
    assert verdicts(tests, 0.1, lower_is_better=True) == ["better", "worse", "equivalent"]
