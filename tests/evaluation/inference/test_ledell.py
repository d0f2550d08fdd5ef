from __future__ import annotations

import math

import numpy as np
import pytest

from radtl_tf.evaluation.inference.bootstrap import bootstrap
from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.evaluation.inference.ledell import fitted_mean
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.evaluation.metrics.weighted import auroc as weighted_auroc


def folded(
    num_patients: int = 150, each: int = 1, seed: int = 4
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, score (on another scale in each fold), fold and patient of a five-fold cross-validation."""
    random = np.random.default_rng(seed)
    patients = np.repeat(np.arange(num_patients), each)
    truth, folds = patients // 5 % 2, patients % 5
    score = random.normal(size=num_patients)[patients] + truth + 0.2 * random.normal(size=len(patients))
    return truth, score + 10 * folds, folds, patients


def test_the_value_is_the_mean_of_the_folds() -> None:
    truth, score, folds, patients = folded()
    expected = [auroc(truth[folds == fold], score[folds == fold]) for fold in range(5)]
    assert fitted_mean(truth, score, folds, patients).value == pytest.approx(np.mean(expected))


def test_of_one_fold_it_is_delong_with_the_variance_of_the_sample() -> None:
    truth, score, _, patients = folded()
    found, closed = fitted_mean(truth, score, np.zeros(150), patients), delong(truth, score)
    assert found.value == pytest.approx(closed.value())
    assert found.standard_error == pytest.approx(closed.standard_error() * math.sqrt(74 / 75))
    low, high = found.interval()
    assert (low + high) / 2 == pytest.approx(found.value)


def test_independent_folds_add_up() -> None:
    truth, score, folds, patients = folded()
    parts = [
        fitted_mean(truth[rows], score[rows], folds[rows], patients[rows])
        for rows in (folds == fold for fold in range(5))
    ]
    expected = math.sqrt(sum(part.standard_error**2 for part in parts)) / 5
    assert fitted_mean(truth, score, folds, patients).standard_error == pytest.approx(expected)


def test_duplicating_every_image_within_a_patient_changes_nothing() -> None:
    once, often = (fitted_mean(*(np.repeat(values, times) for values in folded(each=2))) for times in (1, 4))
    assert (often.value, often.standard_error) == pytest.approx((once.value, once.standard_error))
    truth, score, folds, patients = folded(each=4)
    naive = fitted_mean(truth, score, folds, np.arange(len(truth)))
    assert fitted_mean(truth, score, folds, patients).standard_error > 1.5 * naive.standard_error


def test_it_approximates_the_patient_bootstrap_within_a_fold() -> None:
    truth, score, _, patients = folded(each=3)
    (drawn,) = bootstrap([weighted_auroc(truth, score)], patients, replicates=2000, seed=1)
    found = fitted_mean(truth, score, np.zeros(len(truth)), patients)
    assert found.standard_error == pytest.approx(drawn.standard_error, rel=0.08)


def test_turned_scores_turn_the_value_and_keep_the_error() -> None:
    truth, score, folds, patients = folded()
    found, turned = (fitted_mean(truth, sign * score, folds, patients) for sign in (1, -1))
    assert turned.value == pytest.approx(1 - found.value)
    assert turned.standard_error == pytest.approx(found.standard_error)


def test_folds_that_do_not_overlap_have_no_interval() -> None:
    truth, _, folds, patients = folded()
    assert all(map(math.isnan, fitted_mean(truth, truth, folds, patients).interval()))


def test_what_is_no_cross_validation_is_a_programming_error() -> None:
    truth, score, folds, patients = folded()
    with pytest.raises(ValueError, match="class"):
        fitted_mean(truth, score, np.where(truth == 1, folds, 9), patients)
    with pytest.raises(ValueError, match="two folds"):
        fitted_mean(truth, score, folds, patients // 2)
