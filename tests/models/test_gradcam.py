"""The feature map for Grad-CAM, its formula, and the order of randomization."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from radtl_tf.models.backbones import build_base
from radtl_tf.models.gradcam import EVERYTHING, class_map, descent, opened, scaled

RANDOM = np.random.default_rng(0)


def test_a_network_without_a_global_average_is_refused() -> None:
    images = keras.Input((8, 8, 3))
    with pytest.raises(ValueError, match="Flatten"):
        opened(keras.Model(images, keras.layers.Flatten()(images)))


def test_the_formula_channel_by_channel() -> None:
    activations, gradients = RANDOM.normal(size=(2, 3, 4, 5)), RANDOM.normal(size=(2, 3, 4, 5))
    expected = np.zeros((2, 3, 4))
    for channel in range(5):
        for image in range(2):
            expected[image] += gradients[image, ..., channel].sum() / 12 * activations[image, ..., channel]
    assert (expected < 0).any()
    np.testing.assert_allclose(class_map(activations, gradients), np.maximum(expected, 0), rtol=1e-6)


def test_maps_are_scaled_to_their_own_maximum() -> None:
    maps = np.array([[[0, 2], [8, 4]], [[0, 0], [0, 0]]], np.float32)
    values, maxima = scaled(maps)
    assert maxima.tolist() == [8, 0]
    assert values.tolist() == [[[0, 0.25], [1, 0.5]], [[0, 0], [0, 0]]]


def test_the_descent_holds_every_layer_with_weights_once_from_the_top(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    steps = descent(base)
    assert [(step.name, [layer.name for layer in step.layers]) for step in steps] == [
        ("down to relu1", ["conv2", "bn2", "conv3", "bn3"]),
        (EVERYTHING, ["conv1", "bn1"]),
    ]


def test_the_descent_of_a_backbone_ends_at_the_image() -> None:
    base = build_base("MobileNet025", 96, seed=1)
    steps = descent(base)
    assert steps[-1].name == EVERYTHING
    assert steps[-1].layers[0] is next(layer for layer in base.layers if layer.weights)
    assert len(steps) >= 4
    below_first = [layer for step in reversed(steps) for layer in step.layers]
    assert below_first == [layer for layer in base.layers if layer.weights]
