"""The copy of a backbone that is trained: its layers, its weights, and runs that give the same numbers again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.models.backbones import BACKBONES, Backbone, build_base
from radtl_tf.models.pixels import convention
from radtl_tf.training.layers.batch_norm import FusedBatchNormalization
from radtl_tf.training.layers.stochastic_depth import StochasticDepth
from radtl_tf.training.layers.training_copy import training_copy
from radtl_tf.training.pretraining.backbone_trainer import Learner
from radtl_tf.training.trainer import Trainer

IMAGES = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 3)).astype(np.float32)


def network(*, input_shape: tuple[int, int, int], noise: Any = (None, 1, 1, 1), **_: Any) -> keras.Model:
    layers = keras.layers
    images = keras.Input(input_shape)
    first = layers.BatchNormalization(name="bn1")(layers.Conv2D(6, 3, strides=2, name="conv1")(images))
    branch = layers.Dropout(0.5, noise_shape=noise, name="drop")(layers.Conv2D(6, 1, name="conv2")(first))
    merged = layers.Add(name="add")([first, branch])
    return keras.Model(images, layers.GlobalAveragePooling2D(name="pooled")(merged), name="deep")


@pytest.fixture
def deep(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Register a small backbone with stochastic depth."""
    monkeypatch.setitem(BACKBONES, "Deep", Backbone("Deep", network, "tf", 16, True, 3))
    yield "Deep"


def test_the_copy_has_other_layers_and_the_same_weights(deep: str) -> None:
    base = build_base(deep, 16, seed=1)
    copy = training_copy(base)
    assert isinstance(copy.get_layer("bn1"), FusedBatchNormalization)
    assert isinstance(copy.get_layer("drop"), StochasticDepth)
    assert [layer.name for layer in copy.layers[1:]] == [layer.name for layer in base.layers[1:]]
    np.testing.assert_array_equal(copy(IMAGES, training=False), base(IMAGES, training=False))
    own = training_copy(base, fused=False)
    assert type(own.get_layer("bn1")) is keras.layers.BatchNormalization
    assert isinstance(own.get_layer("drop"), StochasticDepth)


def test_without_stochastic_depth_nothing_is_copied_unless_norms_are_fused(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    assert training_copy(base, fused=False) is base


def test_dropout_of_single_values_is_refused() -> None:
    with pytest.raises(ValueError, match="drop"):
        training_copy(network(input_shape=(16, 16, 3), noise=None))


def test_a_run_gives_the_same_numbers_again_and_masks_matter(deep: str) -> None:
    trainer = Trainer(deep, "full", 16, num_outputs=2)
    start = [weight.numpy().copy() for weight in trainer.suffix.weights]
    targets, mask = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]], np.ones((4, 6), np.float32)

    def losses(key: int | None) -> list[float]:
        trainer.reset(start, np.full((6, 2), 0.1, np.float32) * [1, -1], [np.zeros(6), np.ones(6)], 1e-2)
        keras.utils.set_random_seed(len(start))
        rows = (None if key is None else trainer.depth.masks((key, step), 4) for step in range(4))
        return [float(trainer.step([IMAGES], targets, np.ones((4, 1), np.float32), mask, row)) for row in rows]

    assert losses(1) == losses(1)
    assert losses(1) != losses(2) != losses(None)


def test_pre_training_repeats_a_step_with_its_key(deep: str) -> None:
    targets, grey = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]], tf.constant(IMAGES[..., :1] / 2 + 0.5)

    def learned(key: tuple[int, int, int] | None) -> list[np.ndarray]:
        base = training_copy(build_base(deep, 16, seed=1), fused=False)
        kernel = np.full((6, 2), 0.1, np.float32) * [1, -1]
        learner = Learner(
            base, kernel, convention("tf"), lambda wanted, logits: tf.reduce_mean((wanted - logits) ** 2, 1)
        )
        learner.step(grey, targets, 0.01, key)
        return learner.state()

    first, again, other = learned((7, 1, 0)), learned((7, 1, 0)), learned((7, 1, 3))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(first, other, strict=True))
