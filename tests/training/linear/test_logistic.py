"""Logistic regression on a fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.training.linear.logistic import DEFAULT_STRENGTH, STRENGTHS, fit


@pytest.fixture
def features(cases: Cases) -> np.ndarray:
    """Return (72, 3): a noisy copy of the label, noise, and a constant."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(len(cases.truth), 2))
    return np.column_stack([cases.truth + 0.5 * noise[:, 0], noise[:, 1], np.full(len(noise), 9.0)]).astype(np.float32)


def test_it_finds_what_is_there_whatever_its_scale(cases: Cases, fold: Fold, features: np.ndarray) -> None:
    scores = [fit(lambda at, f=f: f[at], cases, fold).scores["test"] for f in (features, features * [1000, 1, 1] + 5)]  # type: ignore[misc]
    assert roc_auc_score(cases.truth[fold.test], scores[0]) > 0.8
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)


def test_only_the_training_part_is_learned_from(cases: Cases, fold: Fold, features: np.ndarray) -> None:
    changed = features.copy()
    changed[fold.test] += 100
    plain = fit(lambda at: features[at], cases, fold)
    other = fit(lambda at: changed[at], cases, fold)
    np.testing.assert_array_equal(plain.coefficients, other.coefficients)
    np.testing.assert_array_equal(plain.scores["inner"], other.scores["inner"])


def test_the_strength_is_chosen_unless_the_inner_part_is_too_small(
    cases: Cases, fold: Fold, features: np.ndarray
) -> None:
    assert fit(lambda at: features[at], cases, replace(fold, fixed_epochs=True)).strength == DEFAULT_STRENGTH
    chosen = fit(lambda at: features[at], cases, replace(fold, fixed_epochs=False)).strength
    assert chosen in STRENGTHS


def test_more_features_than_images_change_nothing_but_the_time(cases: Cases, fold: Fold) -> None:
    wide = np.random.default_rng(3).normal(size=(len(cases.truth), 200)).astype(np.float32)
    wide[:, 7] = 4.0
    fitted = fit(lambda at: wide[at], cases, replace(fold, fixed_epochs=True))
    sd = np.where(fitted.sd > 0, fitted.sd, np.inf)
    plain = LogisticRegression(C=DEFAULT_STRENGTH, tol=1e-8, max_iter=5000)
    plain.fit((wide[fold.train] - fitted.mean) / sd, cases.truth[fold.train])
    np.testing.assert_allclose(fitted.coefficients[:, 1], plain.coef_[0], atol=1e-6)
    expected = plain.predict_proba((wide[fold.test] - fitted.mean) / sd)[:, 1]
    np.testing.assert_allclose(fitted.scores["test"], expected, atol=1e-6)


def test_several_classes_are_fitted_as_scikit_learn_does(several: dict[str, Cases], fold: Fold) -> None:
    wide = np.random.default_rng(3).normal(size=(72, 100)).astype(np.float32)
    classes, labels = (fit(lambda at: wide[at], cases, replace(fold, fixed_epochs=True)) for cases in several.values())
    scaled = (wide - classes.mean) / classes.sd
    plain = LogisticRegression(C=DEFAULT_STRENGTH, tol=1e-8, max_iter=5000)
    plain.fit(scaled[fold.train], several["multiclass"].truth[fold.train])
    np.testing.assert_allclose(classes.scores["test"], plain.predict_proba(scaled[fold.test]), atol=1e-3)
    for number in range(2):
        plain.fit(scaled[fold.train], several["multilabel"].truth[fold.train, number])
        expected = plain.predict_proba(scaled[fold.test])[:, 1]
        np.testing.assert_allclose(labels.scores["test"][:, number], expected, atol=1e-4)


def test_a_label_is_learned_from_the_images_where_it_is_known(cases: Cases, fold: Fold, features: np.ndarray) -> None:
    truth = np.stack([cases.truth, (np.arange(72) // 2) % 2], axis=1)
    truth[fold.train[::3], 0] = UNKNOWN
    both = replace(cases, truth=truth, kind="multilabel", classes=("a", "b"))
    gapless = replace(both, truth=np.where(truth == UNKNOWN, 1, truth))
    (found, whole) = (fit(lambda at: features[at], one, replace(fold, fixed_epochs=True)) for one in (both, gapless))
    np.testing.assert_array_equal(found.scores["test"][:, 1], whole.scores["test"][:, 1])
    known = fold.train[truth[fold.train, 0] != UNKNOWN]
    rows = (features - found.mean) / np.where(found.sd > 0, found.sd, np.inf)
    model = LogisticRegression(C=DEFAULT_STRENGTH, max_iter=1000, tol=1e-8).fit(rows[known], cases.truth[known])
    expected = model.predict_proba(rows[fold.test])[:, 1]
    np.testing.assert_allclose(found.scores["test"][:, 0], expected, atol=1e-4)


def test_a_number_is_fitted_by_ridge_regression(cases: Cases, fold: Fold, features: np.ndarray) -> None:
    truth = 100 + 7.0 * features[:, 0]
    numbers = replace(cases, truth=truth.astype(np.float64), classes=(), kind="regression")
    fixed = fit(lambda at: features[at], numbers, replace(fold, fixed_epochs=True))
    scaled = (features - fixed.mean) / np.where(fixed.sd > 0, fixed.sd, np.inf)
    plain = Ridge(alpha=1 / DEFAULT_STRENGTH).fit(scaled[fold.train], truth[fold.train])
    np.testing.assert_allclose(fixed.scores["test"], plain.predict(scaled[fold.test]), rtol=1e-5)
    chosen = fit(lambda at: features[at], numbers, replace(fold, fixed_epochs=False))
    assert chosen.strength == max(STRENGTHS)  # the number is a line of a feature, so the weakest penalty is best
    np.testing.assert_allclose(chosen.scores["test"], truth[fold.test], atol=0.1)


def test_stages_are_fitted_threshold_by_threshold(cases: Cases, fold: Fold, features: np.ndarray) -> None:
    stages = replace(cases, truth=np.arange(72) % 3, classes=("a", "b", "c"), kind="ordinal")
    labels = replace(stages, truth=stages.above, classes=("above a", "above b"), kind="multilabel")
    one, other = (fit(lambda at: features[at], of, fold) for of in (stages, labels))
    np.testing.assert_array_equal(one.scores["test"], other.scores["test"])
