"""Gradient-weighted tokens: a network whose answer is in one patch has its map there."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.models.backbones import build_base
from radtl_tf.models.token_parts import patch_grid, token_parts
from radtl_tf.training.token_maps import token_maps

ROW, COLUMN = 0, 2  # the patch that decides
SIDE = 14


def films(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images of 3 x 3 patches with random grey values, and whether the patch that decides is bright."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, number)
    patches = random.normal(0, 0.5, size=(number, 3, 3)).astype(np.float32)
    patches[:, ROW, COLUMN] = np.where(labels, 1, -1) * random.uniform(1, 2, number)
    return patches.repeat(SIDE, 1).repeat(SIDE, 2)[..., None].repeat(3, -1), labels


def maps_of(base: keras.Model, evidence: Callable[[tf.Tensor], tf.Tensor], images: np.ndarray) -> np.ndarray:
    parts = token_parts(base)
    tokens = parts.below(tf.constant(images))
    return token_maps(parts, tokens, lambda features: [evidence(features)], patch_grid(base.layers))[0].numpy()


@pytest.mark.slow
@pytest.mark.parametrize(("pooling", "times"), [("", 1.3), ("Mean", 1.0), ("Both", 1.3)])
def test_the_map_is_where_the_label_is(pooling: str, times: float, tiny_transformer: str) -> None:
    base = build_base(f"{tiny_transformer}{pooling}", 3 * SIDE, seed=1)
    dense = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed=1))
    model = keras.Model(base.input, dense(base.output))
    model.compile(keras.optimizers.Adam(5e-3), keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    images, labels = films(2048, seed=0)
    history = model.fit(images, labels, batch_size=64, epochs=12, shuffle=False, verbose=0)
    assert history.history["accuracy"][-1] > 0.9
    images, labels = films(64, seed=1)
    found = maps_of(base, lambda features: dense(features)[:, 0], images[labels == 1])
    found = found[found.sum(axis=(1, 2)) > 0]
    assert len(found) >= 0.8 * sum(labels)
    mean = (found / found.sum(axis=(1, 2), keepdims=True)).mean(axis=0)
    inside, outside = mean[ROW, COLUMN], np.delete(mean, 3 * ROW + COLUMN)
    assert inside > times * outside.max(), mean  # in a mean of patches, attention has copied some of it to others


def test_a_mean_of_patches_divides_the_score_among_them(tiny_transformer: str) -> None:
    base = build_base(f"{tiny_transformer}Mean", 42, seed=1)
    images = films(2, seed=3)[0]
    features = base(images).numpy()
    # Of a linear score, the patches' own parts add up to it; the part of the class token is zero.
    kernel = tf.constant(np.abs(features[0]) * np.sign(features[0]))[:, None]
    tokens = keras.Model(base.input, base.get_layer("norm").output)(images).numpy()[:, 1:]
    expected = np.maximum((tokens @ kernel.numpy())[..., 0] / 9, 0).reshape(2, 3, 3)
    found = maps_of(base, lambda pooled: tf.linalg.matmul(pooled, kernel)[:, 0], images)
    np.testing.assert_allclose(found, expected, atol=1e-5)
