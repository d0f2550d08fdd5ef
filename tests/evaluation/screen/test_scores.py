"""Scores of candidates for each kind of task."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.screen.scores import Labels, Scores, deserving, ranking, scores_of
from radtl_tf.records.experiment import Kind


def scored(kind: Kind, targets: np.ndarray, hint: np.ndarray, cases: np.ndarray | None = None) -> Scores:
    """Return the scores of features of which the first follow ``hint`` (n, H)."""
    noise = np.random.default_rng(0).normal(size=(len(hint), 6))
    images = np.arange(len(hint))
    labels = Labels(kind, targets, images, images if cases is None else cases)
    return scores_of(np.hstack([3 * hint, noise]).astype(np.float32), labels, k=5)


def stages(number: int = 3) -> np.ndarray:
    return np.arange(60) % number


def test_binary_multiclass_and_stages_are_better_with_a_hint() -> None:
    marks = np.eye(3)[stages()]
    above = (stages()[:, np.newaxis] > np.arange(2)).astype(float)
    tasks: list[tuple[Kind, np.ndarray]] = [("binary", marks[:, :1]), ("multiclass", marks), ("ordinal", above)]
    for kind, targets in tasks:
        good, bad = scored(kind, targets, marks), scored(kind, targets, np.random.default_rng(1).permutation(marks))
        assert good.log_me > bad.log_me
        assert good.neighbors > 0.95 > bad.neighbors


def test_stages_are_explained_like_classes() -> None:
    above = (stages()[:, np.newaxis] > np.arange(2)).astype(float)
    images = np.arange(60)
    np.testing.assert_array_equal(Labels("ordinal", above, images, images).explained, np.eye(3)[stages()])


def test_a_regression_has_the_mae_and_its_unit_does_not_matter_to_the_evidence() -> None:
    ages = stages(7)[:, np.newaxis].astype(float)
    years, months = scored("regression", ages, ages), scored("regression", 12 * ages, ages)
    assert years.log_me == pytest.approx(months.log_me)
    assert 0 < years.neighbors < 0.8 * np.abs(ages - ages.mean()).mean()
    assert months.neighbors == pytest.approx(12 * years.neighbors)


def test_unknown_labels_of_a_multilabel_task_are_left_out() -> None:
    marks = np.eye(3)[stages()]
    gaps = marks.copy()
    gaps[:12, 0] = np.nan
    assert scored("multilabel", gaps, marks).neighbors > 0.95
    assert np.isfinite(scored("multilabel", gaps, marks).log_me)


def test_a_patient_has_the_mean_score_of_its_images() -> None:
    marks = np.eye(3)[np.repeat(stages(), 2)][:, :1]
    patients = np.repeat(np.arange(60), 2)
    noise = np.random.default_rng(0).normal(size=(120, 3))
    features = np.hstack([marks, noise]).astype(np.float32)
    images = np.arange(120)
    single = scores_of(features, Labels("binary", marks, patients, images), 5)
    joined = scores_of(features, Labels("binary", marks, patients, patients), 5)
    assert joined.neighbors > single.neighbors  # a mean of two images is less noisy
    assert joined.log_me == single.log_me


def test_candidates_are_ordered_by_the_mean_of_two_ranks() -> None:
    found = [Scores(-0.6, 0.5), Scores(-0.5, 0.9), Scores(-0.4, 0.8), Scores(-0.7, 0.4)]
    assert ranking(found, lower_is_better=False) == [1, 2, 0, 3]  # 1 and 2 have equal ranks: the neighbors decide
    assert ranking(found, lower_is_better=True) == [2, 3, 0, 1]
    assert ranking([Scores(-0.3, float("nan")), *found[1:3]], lower_is_better=False) == [1, 2, 0]


def test_the_third_deserves_an_experiment_if_it_leads_the_second_in_one_score() -> None:
    ranked = [Scores(-0.3, 0.9), Scores(-0.4, 0.7), Scores(-0.5, 0.8)]
    assert deserving(ranked, lower_is_better=False) == 3
    assert deserving([*ranked[:2], Scores(-0.5, 0.6)], lower_is_better=False) == 2
    assert deserving([*ranked[:2], Scores(-0.5, 0.6)], lower_is_better=True) == 3
    assert deserving(ranked[:1], lower_is_better=False) == 1
