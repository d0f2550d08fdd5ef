"""The interval from what the patients add over the repeats."""

from __future__ import annotations

import math

import numpy as np
import pytest

from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.evaluation.inference.ledell import fitted_mean
from radtl_tf.evaluation.inference.repeated_folds import (
    METHOD,
    ByPatient,
    contributions,
    error_contributions,
    measured_mean,
    repeated_mean,
)

ADDED = np.array([[0.1, -0.2, 0.0, -0.1], [0.3, -0.2, 0.2, -0.1]])  # two repeats of four patients
FOUR = ByPatient(ADDED, groups=np.array([0, 0, 1, 1]), trained=0.5)
VALUES = np.array([0.8, 0.7, 0.9, 0.8])  # two folds, two repeats


def drawn(num_patients: int = 60, each: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return class, score, fold and patient of five folds; patients have several images."""
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(num_patients), each)
    positive, folds = patients // 5 % 2 == 1, patients % 5
    return positive, rng.normal(size=num_patients)[patients] + positive, folds, patients


def test_the_variance_adds_what_was_tested_and_what_was_trained_on() -> None:
    found = repeated_mean(VALUES, FOUR)
    # squares of the means 0.2, -0.2, 0.1, -0.1; variances 0.02, 0, 0.02, 0, each divided by 1 - 0.5
    assert found.standard_error**2 == pytest.approx((0.04 + 0.04) + 0.04 + (0.01 + 0.04) + 0.01)
    assert found.df == pytest.approx(0.18**2 / (0.12**2 + 0.06**2))  # two groups of two patients
    assert (found.mean, found.sd) == pytest.approx((0.8, VALUES.std(ddof=1)))
    assert found.described == f"{METHOD}, 2 df"


def test_the_more_patients_a_training_part_has_the_more_is_hidden() -> None:
    errors = [repeated_mean(VALUES, ByPatient(ADDED, FOUR.groups, share)).standard_error for share in (0.3, 0.6, 0.8)]
    assert errors == sorted(errors)
    assert repeated_mean(VALUES, FOUR).standard_error > FOUR.of_fitted_models


def test_with_one_repeat_there_are_only_the_folds() -> None:
    once = ByPatient(ADDED[:1], FOUR.groups, 0.5)
    assert measured_mean(VALUES, 4, once) == measured_mean(VALUES, 4, None) == fold_mean(VALUES, 4)
    assert measured_mean(VALUES, 2, FOUR) == repeated_mean(VALUES, FOUR)


def test_sides_without_any_difference_have_no_interval() -> None:
    found = repeated_mean(np.zeros(4), FOUR - FOUR)
    assert found.standard_error == 0
    assert all(map(math.isnan, (found.p_value, *found.interval())))


def test_of_one_fold_the_squares_add_up_to_delongs_variance() -> None:
    positive, scores, _, patients = drawn()
    added = contributions(positive, scores, np.zeros(60, int), patients, 60)
    assert math.sqrt((added**2).sum()) == pytest.approx(delong(positive.astype(int), scores).standard_error())
    assert added.sum() == pytest.approx(0)


def test_a_patients_images_are_one_contribution() -> None:
    once, often = (contributions(*drawn(each=each), 60) for each in (1, 3))
    assert often == pytest.approx(once)
    positive, scores, folds, patients = drawn(each=3)
    found = fitted_mean(positive, scores, folds, patients).standard_error
    assert math.sqrt((often**2).sum()) == pytest.approx(found, rel=0.1)  # centered at another mean, and n - 1


def test_a_patient_who_was_not_tested_adds_nothing() -> None:
    positive, scores, folds, patients = drawn()
    added = contributions(positive, scores, folds, patients + 2, 63)
    assert added[[0, 1, 62]].tolist() == [0, 0, 0]
    assert added[2:62] == pytest.approx(contributions(positive, scores, folds, patients, 60))


def test_errors_add_like_a_mean_whose_variance_is_that_of_independent_patients() -> None:
    errors, folds = np.array([1.0, 3.0, 2.0, 6.0]), np.array([0, 0, 1, 1])
    added = error_contributions(errors, folds, np.arange(4), 5)
    # equal folds: (error - 3) / 4 each, times sqrt(4 / 3); the fifth patient has no case
    assert added.tolist() == pytest.approx([value * math.sqrt(4 / 3) for value in (-0.5, 0.0, -0.25, 0.75, 0.0)])
    assert (added**2).sum() == pytest.approx(errors.var(ddof=1) / 4)  # the squared standard error of a mean


def test_folds_weigh_the_same_and_a_patients_images_are_summed() -> None:
    errors, folds = np.array([1.0, 1.0, 4.0, 4.0, 4.0]), np.array([0, 0, 1, 1, 1])
    added = error_contributions(errors, folds, np.array([0, 0, 1, 2, 2]), 3)
    raw = np.array([2 * (1 - 2.5) / 4, (4 - 2.5) / 6, 2 * (4 - 2.5) / 6])  # the mean over folds is 2.5
    assert added.tolist() == pytest.approx((raw * math.sqrt(3 / 2)).tolist())
    assert added.sum() == pytest.approx(0)
