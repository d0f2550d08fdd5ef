"""Targets, weights, losses and scores of each kind of task."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, softmax
from sklearn.metrics import log_loss, roc_auc_score

from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.training.losses import (
    LOSSES,
    class_weights,
    example_weights,
    huber_loss,
    inner_auroc,
    inner_loss,
    inner_metrics,
    label_scale,
    scores_of,
    targets_of,
)

LOGITS = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


def test_targets_are_the_marks(cases: Cases, several: dict[str, Cases]) -> None:
    assert targets_of(cases)[:2].tolist() == [[1, 0], [0, 1]]
    assert targets_of(several["multiclass"])[:4].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert targets_of(several["multilabel"])[:4].tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]


def test_losses_are_those_of_keras() -> None:
    truth = np.eye(3, dtype=np.float32)[np.arange(40) % 3]
    found = LOSSES["multiclass"](truth, LOGITS, np.full((40, 1), 2.0, np.float32)).numpy()
    expected = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)(truth, LOGITS)
    np.testing.assert_allclose(found, 2 * np.asarray(expected), rtol=1e-5)
    weights = np.where(truth == 1, 3.0, 0.5).astype(np.float32)
    found = LOSSES["multilabel"](truth, LOGITS, weights).numpy()
    cells = -np.log(np.where(truth == 1, expit(LOGITS), 1 - expit(LOGITS))) * weights
    np.testing.assert_allclose(found, cells.mean(axis=1), rtol=1e-4)


def test_balanced_weights_have_a_mean_of_one(several: dict[str, Cases]) -> None:
    truth = np.array([0, 0, 0, 1])
    assert class_weights(truth, 2, "none").tolist() == [1, 1]
    assert class_weights(truth, 2, "balanced") == pytest.approx([4 / 6, 2])
    positions = np.array([1, 3, 5, 0])  # three of the first class, one of the second
    assert class_weights(several["multiclass"].truth[positions], 3, "balanced")[:2] == pytest.approx([4 / 9, 4 / 3])
    rare = several["multilabel"]
    weights = example_weights(rare, np.arange(6), "balanced")  # of six, three have the first label and two the second
    assert weights.shape == (72, 2)
    assert weights[:6].mean(axis=0) == pytest.approx([1, 1])
    assert weights[2].tolist() == pytest.approx([6 / (2 * 3), 6 / (2 * 2)])
    assert (example_weights(rare, np.arange(6), "none") == 1).all()


def test_scores_are_probabilities() -> None:
    np.testing.assert_allclose(scores_of("binary", LOGITS[:, :2]), softmax(LOGITS[:, :2], axis=1)[:, 1], rtol=1e-6)
    np.testing.assert_allclose(scores_of("multiclass", LOGITS), softmax(LOGITS, axis=1), rtol=1e-6)
    np.testing.assert_allclose(scores_of("multilabel", LOGITS), expit(LOGITS), rtol=1e-6)
    assert np.unique(scores_of("binary", np.array([[0.0, 30.0], [0.0, 31.0]], np.float32))).size == 2


def test_inner_metrics_are_those_of_scikit_learn() -> None:
    truth, scores = np.arange(40) % 3, softmax(LOGITS.astype(float), axis=1)
    assert inner_loss(truth, scores) == pytest.approx(log_loss(truth, scores))
    assert inner_auroc(truth, scores) == pytest.approx(roc_auc_score(truth, scores, multi_class="ovr"))
    marks, each = (np.arange(120).reshape(40, 3) % 4 == 0).astype(int), expit(LOGITS.astype(float))
    assert inner_auroc(marks, each) == pytest.approx(roc_auc_score(marks, each))
    assert inner_loss(marks, each) == pytest.approx(log_loss(marks.ravel(), each.ravel()))
    assert inner_loss(marks[:, 0], each[:, 0]) == pytest.approx(log_loss(marks[:, 0], each[:, 0]))


def _with_gaps(cases: Cases) -> Cases:
    truth = cases.truth.copy()
    truth[::3, 0], truth[1::4, 1] = UNKNOWN, UNKNOWN
    return replace(cases, truth=truth)


@pytest.mark.parametrize("policy", ["none", "balanced"])
def test_a_label_that_nobody_knows_moves_nothing(several: dict[str, Cases], policy: str) -> None:
    cases, training = _with_gaps(several["multilabel"]), np.arange(40)
    weights = example_weights(cases, training, policy)
    logits = tf.Variable(LOGITS[:, :2])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(LOSSES["multilabel"](targets_of(cases)[training], logits, weights[training]))
    gradient = tape.gradient(loss, logits).numpy()
    known = cases.known[training]
    np.testing.assert_array_equal(gradient != 0, known)
    if policy == "none":
        expected = log_loss(cases.truth[training][known], expit(LOGITS[:, :2])[known])
        assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert weights[training].mean() == pytest.approx(1, rel=1e-6)


def test_choices_are_made_on_what_is_known(several: dict[str, Cases]) -> None:
    cases = _with_gaps(several["multilabel"])
    scores, known = np.random.default_rng(1).random((72, 2)), cases.known
    assert inner_loss(cases.truth, scores) == pytest.approx(log_loss(cases.truth[known], scores[known]))
    areas = [roc_auc_score(cases.truth[at, number], scores[at, number]) for number, at in enumerate(known.T)]
    assert inner_auroc(cases.truth, scores) == pytest.approx(np.mean(areas))


def test_a_head_learns_the_standardized_number(numbers: Cases) -> None:
    scale = label_scale(numbers, np.arange(4))
    assert (scale.mean, scale.sd) == (pytest.approx(22.5), pytest.approx(np.sqrt(106.25)))
    targets = targets_of(numbers, scale)
    assert targets.shape == (72, 1) and targets[:4].mean() == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(scores_of("regression", targets, scale), numbers.truth, rtol=1e-6)
    assert label_scale(numbers, np.array([0, 4])).sd == 1  # equal numbers


def test_the_written_head_gives_the_unit_of_the_label(numbers: Cases) -> None:
    scale, rng = label_scale(numbers, np.arange(72)), np.random.default_rng(0)
    features, kernel, bias = (rng.normal(size=shape).astype(np.float32) for shape in ((9, 4), (4, 1), (1,)))
    written, offset = scale.head(kernel, bias)
    inside = scores_of("regression", features @ kernel + bias, scale)
    np.testing.assert_allclose(features @ written + offset, inside[:, None], rtol=1e-5, atol=1e-4)


def test_hubers_loss_is_squared_near_the_truth_and_absolute_far_from_it() -> None:
    each = huber_loss(tf.zeros((3, 1)), tf.constant([[0.5], [1.0], [-4.0]]), tf.ones((3, 1)))
    np.testing.assert_allclose(each, [0.125, 0.5, 3.5])


def test_the_inner_loss_of_numbers_is_the_mean_absolute_error(numbers: Cases) -> None:
    scores = numbers.truth + np.where(np.arange(72) % 2, 3.0, -1.0)
    assert inner_loss(numbers.truth, scores) == 2 and inner_auroc(numbers.truth, scores) is None
    losses, aurocs = inner_metrics(numbers.truth, np.stack([scores, numbers.truth], axis=1))
    assert losses.tolist() == [2, 0] and aurocs.tolist() == [None, None]


def test_stages_are_learned_as_thresholds(stages: Cases) -> None:
    assert targets_of(stages)[:3].tolist() == [[0, 0], [1, 0], [1, 1]]
    assert example_weights(stages, np.arange(72), "none").shape == (72, 2)
    assert example_weights(stages, np.arange(72), "balanced")[0] == pytest.approx([1.5, 0.75])
    logits = np.random.default_rng(0).normal(size=(72, 2))
    scores = scores_of("ordinal", logits)
    np.testing.assert_allclose(scores, expit(logits))
    areas = [roc_auc_score(stages.truth > at, scores[:, at]) for at in (0, 1)]
    assert inner_auroc(stages.labels, scores) == pytest.approx(np.mean(areas))
