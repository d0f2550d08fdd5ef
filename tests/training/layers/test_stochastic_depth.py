"""Stochastic depth with given masks: it changes what it must, and a step can be repeated."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from radtl_tf.training.layers.stochastic_depth import Depth, StochasticDepth, drops_images

INPUTS = np.random.default_rng(0).uniform(0.5, 1, (4, 3, 3, 2)).astype(np.float32)


def model(*rates: float) -> keras.Model:
    images = tensor = keras.Input((3, 3, 2))
    for rate in rates:
        tensor = StochasticDepth(rate, noise_shape=(None, 1, 1, 1))(tensor)
    return keras.Model(images, tensor)


def test_masks_drop_whole_images_and_scale_the_others() -> None:
    network = model(0.5)
    depth = Depth(network)
    masks = np.array([[0], [2], [2], [0]], np.float32)
    with depth.given(masks):
        found = network(INPUTS, training=True).numpy()
        np.testing.assert_array_equal(network(INPUTS, training=False).numpy(), INPUTS)
    np.testing.assert_array_equal(found, INPUTS * masks[:, :, None, None])
    np.testing.assert_array_equal(network(INPUTS, training=True).numpy(), INPUTS)  # no mask is left


def test_masks_are_a_function_of_their_key() -> None:
    depth = Depth(model(0.2, 0.6))
    first = depth.masks((1, 0, 0, 1, 0), 5000)
    np.testing.assert_array_equal(first, depth.masks((1, 0, 0, 1, 0), 5000))
    assert not np.array_equal(first, depth.masks((1, 0, 0, 1, 1), 5000))
    assert depth.rates == (0.2, 0.6)
    np.testing.assert_allclose((first == 0).mean(axis=0), depth.rates, atol=0.03)
    np.testing.assert_allclose(first.max(axis=0), [1 / 0.8, 1 / 0.4], rtol=1e-6)
    np.testing.assert_allclose(first.mean(axis=0), 1, atol=0.05)
    assert (depth.all_kept(3) == np.ones((3, 2))).all()


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (keras.layers.Dropout(0.1, noise_shape=(None, 1, 1, 1)), True),
        (keras.layers.Dropout(0.1), False),
        (keras.layers.ReLU(), False),
    ],
)
def test_which_layers_drop_whole_images(layer: keras.Layer, expected: bool) -> None:
    assert drops_images(layer) == expected
