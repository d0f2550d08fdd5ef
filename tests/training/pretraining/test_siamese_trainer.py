"""SimSiam: the loss by hand, no gradient through the other view, the spread of embeddings, and collapse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.errors import ExperimentError
from radtl_tf.models.backbones import build_base
from radtl_tf.models.pixels import convention
from radtl_tf.training.pretraining.siamese_trainer import SiameseLearner, embedding_sd, simsiam_loss

RANDOM = np.random.default_rng(2)
FIRST, SECOND = (RANDOM.uniform(0, 1, (8, 32, 32, 1)).astype(np.float32) for _ in range(2))


@pytest.fixture(scope="module")
def compiled(tiny_backbone: str) -> tuple[SiameseLearner, Any]:
    learner = SiameseLearner(build_base(tiny_backbone, 32, seed=4), convention("tf"), seed=1)
    return learner, learner.state()


@pytest.fixture
def learner(compiled: tuple[SiameseLearner, Any]) -> SiameseLearner:
    compiled[0].restore(compiled[1])
    return compiled[0]


def test_the_loss_is_the_mean_cosine_with_the_other_view() -> None:
    predictions = np.array([[1, 0], [3, 4], [0, 2], [1, 1]], np.float32)
    projections = np.array([[2, 0], [0, 1], [5, 0], [1, 0]], np.float32)
    # (1,0)(5,0): 1; (3,4)(1,0): 0.6; (0,2)(2,0): 0; (1,1)(0,1): 0.7071
    assert float(simsiam_loss(predictions, projections)) == pytest.approx(-(1 + 0.6 + 0 + np.sqrt(0.5)) / 4)


def test_no_gradient_goes_through_the_other_view() -> None:
    predictions, projections = (tf.constant(RANDOM.normal(size=(6, 3)), tf.float32) for _ in range(2))
    with tf.GradientTape() as tape:
        tape.watch([predictions, projections])
        loss = simsiam_loss(predictions, projections)
    of_prediction, of_target = tape.gradient(loss, [predictions, projections])
    assert of_target is None
    assert float(tf.reduce_max(tf.abs(of_prediction))) > 0


def test_the_spread_is_1_on_the_sphere_and_0_at_a_point() -> None:
    assert float(embedding_sd(tf.constant(RANDOM.normal(size=(4000, 16)), tf.float32))) == pytest.approx(1, abs=0.02)
    assert float(embedding_sd(tf.ones((8, 16)))) == pytest.approx(0, abs=1e-6)


def test_it_learns_everything_and_can_be_restored(learner: SiameseLearner) -> None:
    start = learner.state()
    first = [float(learner.step(FIRST, FIRST, 0.01, (0, 1, step))) for step in range(6)]
    assert first[-1] < first[0] and -1 <= min(first)
    trained = [variable.numpy() for variable in learner.base.trainable_variables]
    moved = [not np.array_equal(a, b) for a, b in zip(trained, start, strict=False)]
    assert any(moved)
    assert learner.spread(1)["embedding_sd"] > 0.3
    learner.restore(start)
    assert [float(learner.step(FIRST, FIRST, 0.01, (0, 1, step))) for step in range(6)] == first


def test_a_collapse_ends_it(learner: SiameseLearner) -> None:
    constant = np.full_like(FIRST, 0.5)
    learner.step(constant, constant, 0.0)
    with pytest.raises(ExperimentError, match=r"epoch 3\b.*learning_rate"):
        learner.spread(3)


def test_a_backbone_with_constant_features_is_refused(learner: SiameseLearner) -> None:
    learner.check_features([FIRST, SECOND])
    with pytest.raises(ExperimentError, match="same features"):
        learner.check_features([np.full_like(FIRST, 0.5)])
