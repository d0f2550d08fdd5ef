"""Metrics of a source task against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss, roc_auc_score, top_k_accuracy_score

from radtl_tf.training.pretraining.validation_metrics import source_metrics

RANDOM = np.random.default_rng(1)


def test_several_classes() -> None:
    logits, truth = RANDOM.normal(size=(200, 8)).astype(np.float32) * 3, RANDOM.integers(0, 8, 200)
    found, chances = source_metrics(logits, truth, "multiclass"), softmax(logits.astype(float), axis=1)
    assert found["loss"] == pytest.approx(log_loss(truth, chances), rel=1e-6)
    assert found["top1"] == pytest.approx(top_k_accuracy_score(truth, chances, k=1))
    assert found["top5"] == pytest.approx(top_k_accuracy_score(truth, chances, k=5))
    assert found["auroc"] == pytest.approx(roc_auc_score(truth, chances, multi_class="ovr"))
    assert found["auroc_classes"] == 8


def test_two_classes() -> None:
    logits, truth = RANDOM.normal(size=(50, 2)).astype(np.float32), RANDOM.integers(0, 2, 50)
    found = source_metrics(logits, truth, "binary")
    assert list(found) == ["loss", "top1", "auroc"]
    assert found["auroc"] == pytest.approx(roc_auc_score(truth, logits[:, 1] - logits[:, 0]))


def test_several_labels() -> None:
    logits, truth = RANDOM.normal(size=(90, 3)).astype(np.float32), RANDOM.integers(0, 2, (90, 3))
    found = source_metrics(logits, truth, "multilabel")
    each = [log_loss(truth[:, k], expit(logits[:, k].astype(float))) for k in range(3)]
    assert found["loss"] == pytest.approx(np.mean(each), rel=1e-6)
    assert found["auroc"] == pytest.approx(roc_auc_score(truth, logits))
    assert "top1" not in found


def test_a_class_that_all_or_no_images_have_has_no_auroc() -> None:
    truth = np.array([0, 1, 0, 1])
    assert source_metrics(np.eye(4, 3, dtype=np.float32), truth, "multiclass")["auroc_classes"] == 2
    assert "auroc" not in source_metrics(np.zeros((2, 3), np.float32), np.ones((2, 3), int), "multilabel")
    assert "auroc" not in source_metrics(np.zeros((2, 2), np.float32), np.array([1, 1]), "binary")


def test_a_network_that_says_nothing_is_never_right() -> None:
    found = source_metrics(np.zeros((6, 9), np.float32), np.arange(6), "multiclass")
    assert (found["top1"], found["top5"], found["auroc"]) == (0, 0, 0.5)
