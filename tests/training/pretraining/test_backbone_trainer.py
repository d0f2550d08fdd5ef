"""One step of a whole backbone: it learns, it can be restored exactly, and its losses are correct."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest

from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.models.backbones import build_base
from radtl_tf.models.pixels import convention
from radtl_tf.training.pretraining.backbone_trainer import Learner, loss_of, settle_batch_norms
from radtl_tf.training.pretraining.validation_metrics import source_metrics
from radtl_tf.training.randomness import head_kernel
from radtl_tf.training.trainer import copies

RANDOM = np.random.default_rng(2)
IMAGES = RANDOM.uniform(0, 1, (8, 32, 32, 1)).astype(np.float32)
TARGETS = np.eye(2, dtype=np.float32)[np.arange(8) % 2]
PART = np.ones(8, bool)


def cases_of(truth: Any, classes: int = 2) -> Cases:
    truth = np.asarray(truth)
    numbers, names = np.arange(len(truth)), tuple(map(str, range(classes)))
    kind = "multilabel" if truth.ndim == 2 else "multiclass"
    return Cases(numbers, truth, numbers, tuple(map(str, numbers)), names, "image", kind)


@pytest.fixture
def learner(tiny_backbone: str) -> Callable[[], Learner]:
    def make() -> Learner:
        base = build_base(tiny_backbone, 32, seed=4)
        loss = loss_of(cases_of(np.arange(8) % 2), PART, "none")
        return Learner(base, head_kernel((1, 0, 0), base.output_shape[-1], 2, "raw"), convention("tf"), loss)

    return make


@pytest.fixture
def half() -> Iterator[None]:
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


def test_every_layer_learns(learner: Callable[[], Learner]) -> None:
    found = learner()
    before = found.state()
    losses = [float(found.step(IMAGES, TARGETS, 0.01)) for _ in range(30)]
    assert losses[-1] < losses[0] / 3
    num_weights = len(found.base.weights)
    moved = [not np.array_equal(a, b) for a, b in zip(before[:num_weights], found.state()[:num_weights], strict=True)]
    assert all(moved)


def test_a_restored_learner_goes_on_as_if_nothing_had_been(learner: Callable[[], Learner]) -> None:
    first, second = learner(), learner()
    first.step(IMAGES, TARGETS, 0.01)
    second.restore(first.state())
    for found in (first, second):
        found.step(IMAGES, TARGETS, 0.01)
    for a, b in zip(first.state(), second.state(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_rate_of_zero_moves_nothing_but_statistics(learner: Callable[[], Learner]) -> None:
    found = learner()
    before = copies(found.base.weights)
    found.step(IMAGES, TARGETS, 0.0)
    same = [np.array_equal(a, b) for a, b in zip(before, copies(found.base.weights), strict=True)]
    assert same == ["moving" not in weight.path for weight in found.base.weights]


def test_half_precision_has_float32_logits_and_a_loss_scale(half: None, learner: Callable[[], Learner]) -> None:
    found = learner()
    assert found.base.layers[1].compute_dtype == "float16"
    assert found.logits(IMAGES).dtype == np.float32
    losses = [float(found.step(IMAGES, TARGETS, 0.01)) for _ in range(20)]
    assert losses[-1] < losses[0] / 2
    assert any("scale" in variable.path for variable in found._variables())
    assert all(array.dtype != np.float16 for array in found.state())


def test_losses_are_the_cross_entropies() -> None:
    logits = RANDOM.normal(size=(8, 3)).astype(np.float32)
    truth = RANDOM.integers(0, 3, 8)
    softmax = loss_of(cases_of(truth, 3), PART, "none")(np.eye(3, dtype=np.float32)[truth], logits)
    np.testing.assert_allclose(
        softmax, keras.losses.sparse_categorical_crossentropy(truth, logits, from_logits=True), rtol=1e-5
    )
    labels = RANDOM.integers(0, 2, (8, 3))
    sigmoid = loss_of(cases_of(labels, 3), PART, "none")(labels.astype(np.float32), logits)
    np.testing.assert_allclose(
        sigmoid, keras.losses.binary_crossentropy(labels.astype(np.float32), logits, from_logits=True), rtol=1e-5
    )


def test_balanced_classes_weigh_the_same() -> None:
    truth = np.array([0] * 6 + [1, 1])
    rows = loss_of(cases_of(truth), PART, "balanced")(np.eye(2, dtype=np.float32)[truth], np.zeros((8, 2), np.float32))
    assert float(np.sum(rows[:6])) == pytest.approx(float(np.sum(rows[6:])))
    assert float(np.mean(rows)) == pytest.approx(np.log(2))
    labels = np.zeros((8, 2), np.int64)
    labels[:2, 0] = 1
    cells = loss_of(cases_of(labels), PART, "balanced")(labels.astype(np.float32), np.zeros((8, 2), np.float32))
    only = np.asarray(cells) - np.log(2) * 8 / (2 * 8) / 2  # without the second label, which no image has
    assert only[:2].sum() == pytest.approx(only[2:].sum(), rel=1e-5)


def test_only_the_training_part_is_counted() -> None:
    truth, part = np.array([0, 1, 1, 1, 0, 0, 0, 0]), np.arange(8) < 4
    rows = loss_of(cases_of(truth), part, "balanced")(np.eye(2, dtype=np.float32), np.zeros((2, 2), np.float32))
    np.testing.assert_allclose(rows, np.log(2) * np.array([4 / 2, 4 / 6]), rtol=1e-6)


def test_settled_statistics_are_those_of_the_images() -> None:
    inputs = keras.Input((4,))
    norm = keras.layers.BatchNormalization(name="norm")
    base = keras.Model(inputs, norm(inputs))
    images = np.random.default_rng(0).normal(3, 2, (96, 4)).astype(np.float32)
    batches = np.split(images, 3)
    settle_batch_norms(base, batches)
    assert np.allclose(norm.moving_mean.numpy(), images.mean(axis=0), atol=1e-4)
    assert np.allclose(
        norm.moving_variance.numpy(), np.mean([batch.var(axis=0) for batch in batches], axis=0), rtol=1e-3
    )
    assert norm.momentum == 0.99


def test_a_label_that_nobody_knows_has_no_loss() -> None:
    labels, logits = RANDOM.integers(0, 2, (8, 3)), RANDOM.normal(size=(8, 3)).astype(np.float32)
    labels[::2, 1] = UNKNOWN
    rows = loss_of(cases_of(labels, 3), np.ones(8, bool), "none")(labels.astype(np.float32), logits)
    known = labels != UNKNOWN
    cells = np.logaddexp(0, np.where(labels == 1, -logits, logits))
    assert float(np.mean(rows)) == pytest.approx(float(cells[known].mean()), rel=1e-5)
    found = source_metrics(logits, labels, "multilabel")
    assert found["loss"] == pytest.approx(float(cells[known].mean()), rel=1e-5)
