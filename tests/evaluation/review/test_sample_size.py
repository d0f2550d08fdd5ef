"""Widths against published numbers, and the smallest number of patients for a width."""

from __future__ import annotations

import math

import numpy as np
import pytest

from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.evaluation.review.sample_size import (
    WANTED,
    expected_difference,
    newcombe_error,
    obuchowski_error,
    scaled,
    width,
)


def test_the_number_of_patients_of_the_published_example() -> None:
    """An AUROC of 0.8 at a prevalence of 1.8 % needs 4,252 patients for a width of 0.1 (R package pmvalsampsize)."""
    assert width(newcombe_error, 0.8, 18, 982).needed == 4252


def test_the_error_of_a_guess_is_that_of_a_rank_sum() -> None:
    """At 0.5, Newcombe's variance is (n + 1) / (12 x positives x negatives), as of Mann and Whitney's U."""
    assert newcombe_error(0.5, 30, 70) == pytest.approx(math.sqrt(101 / (12 * 30 * 70)), rel=0.01)


def test_the_variance_function_of_obuchowski() -> None:
    """For equal groups, V is 0.0099 exp(-A^2 / 2) (6 A^2 + 16); at an AUROC of 0.5, A is 0."""
    assert obuchowski_error(0.5, 100, 100) == pytest.approx(math.sqrt(0.0099 * 16 / 100))


def test_the_formula_agrees_with_delong_on_drawn_scores() -> None:
    random = np.random.default_rng(1)
    truth = np.repeat([0, 1], 500)
    found = delong(truth, random.normal(size=1000) + 1.2 * truth)
    assert newcombe_error(found.value(), 500, 500) == pytest.approx(found.standard_error(), rel=0.1)


def test_one_patient_less_is_too_few() -> None:
    found = width(newcombe_error, 0.85, 140, 161)
    share = 140 / 301
    few = found.needed - 1
    assert 1.96 * newcombe_error(0.85, share * few, (1 - share) * few) > WANTED
    assert 1.959 * newcombe_error(0.85, share * found.needed, (1 - share) * found.needed) <= WANTED
    assert found.needed_of_rarer == math.ceil(share * found.needed)


def test_more_patients_are_needed_for_a_rarer_class_and_for_a_difference() -> None:
    assert width(newcombe_error, 0.8, 10, 190).needed > width(newcombe_error, 0.8, 100, 100).needed
    assert expected_difference(100, 100, 5, 3).needed > width(newcombe_error, 0.8, 100, 100).needed
    assert expected_difference(100, 100, 5, 1).half > expected_difference(100, 100, 5, 3).half


@pytest.mark.parametrize("area", [0.2, 1.0])
def test_an_auroc_outside_the_range_of_the_formulas_is_moved_into_it(area: float) -> None:
    assert 0 < width(newcombe_error, area, 50, 50).half < 0.2


def test_widths_fall_with_the_root_of_the_number() -> None:
    assert scaled(0.1, 200) == 800 and scaled(0.05, 200) == 200 and scaled(0.5, 100, wanted=0.25) == 400
