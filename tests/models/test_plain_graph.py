"""A network of ``keras.applications`` as a plain graph: the same features, and every step is a layer of the model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras.src.applications.convnext import ConvNeXt
from keras.src.applications.efficientnet import EfficientNet

from radtl_tf.models.backbones import Backbone, draw_weights, network
from radtl_tf.models.gradcam import after_average, opened
from radtl_tf.models.plain_graph import global_average, keras_kind, number_from_zero, plain_graph
from radtl_tf.models.tuning import split

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
OPTIONS: dict[str, Any] = {"include_top": False, "pooling": "avg", "weights": None, "input_shape": (32, 32, 3)}


def small_convnext(**options: Any) -> keras.Model:
    sizes = {"depths": [1, 1, 2, 1], "projection_dims": [8, 12, 16, 20]}
    return ConvNeXt(**sizes, include_preprocessing=False, name="small", **(OPTIONS | options))


def small_efficientnet(**options: Any) -> keras.Model:
    sizes = {"width_coefficient": 0.2, "depth_coefficient": 0.4, "default_size": 32, "depth_divisor": 4}
    return EfficientNet(**sizes, name="small", **(OPTIONS | options))


def shaken(model: keras.Model) -> keras.Model:
    """Give every weight that learns numbers of its own, so that no branch of ConvNeXt is almost nothing."""
    for weight in model.trainable_weights:
        weight.assign(RANDOM.normal(0, 0.3, weight.shape))
    return model


def test_convnext_gives_the_features_of_keras() -> None:
    source = shaken(small_convnext())
    expected = keras.ops.convert_to_numpy(source(IMAGES, training=False))
    found = keras.ops.convert_to_numpy(plain_graph(source)(IMAGES, training=False))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_efficientnet_gives_the_features_of_keras_without_its_rescaling() -> None:
    source = shaken(small_efficientnet())
    expected = keras.ops.convert_to_numpy(source(255 * IMAGES, training=False))
    found = keras.ops.convert_to_numpy(plain_graph(source)(IMAGES, training=False))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("make", [small_convnext, small_efficientnet])
def test_every_tensor_comes_from_a_layer_of_the_model(make: Any) -> None:
    base = plain_graph(make())
    assert all(isinstance(operation, keras.Layer) for operation in base.operations)
    assert not any(isinstance(layer, (keras.Model, keras.layers.Normalization)) for layer in base.layers)
    made = {id(tensor) for layer in base.layers for tensor in keras.tree.flatten(layer.output)}
    used = {id(tensor) for layer in base.layers[1:] for tensor in keras.tree.flatten(layer.input)}
    assert used <= made


@pytest.mark.parametrize("tuning", ["top10", "topK3", "full"])
def test_every_weight_above_the_cut_of_convnext_learns(tuning: str) -> None:
    base = plain_graph(shaken(small_convnext()))
    parts = split(base, tuning)
    learning = {id(weight) for weight in parts.suffix.trainable_weights}
    above = {id(weight) for layer in base.layers if layer.trainable for weight in layer.trainable_weights}
    assert learning == above
    whole = keras.ops.convert_to_numpy(base(IMAGES, training=False))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(parts.suffix(parts.prefix(IMAGES))), whole)


def test_features_follow_from_the_last_feature_map() -> None:
    base = plain_graph(shaken(small_convnext()))
    features = keras.ops.mean(opened(base)(IMAGES), axis=(1, 2))
    after = after_average(base)
    assert [keras_kind(layer) for layer in after] == ["layer_normalization"]
    for layer in after:
        features = layer(features)
    expected = keras.ops.convert_to_numpy(base(IMAGES))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(features), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", [small_convnext, small_efficientnet])
def test_names_and_draws_are_the_same_in_every_build(make: Any) -> None:
    row = Backbone("Small", make, "torch", 32, False)
    first, second = network(row, 32), network(row, 32)
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]
    for base in (first, second):
        draw_weights(base, 5)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_names_without_a_number_of_keras_stay() -> None:
    images = keras.Input((8, 8, 3))
    mine = keras.layers.Conv2D(2, 1, name="conv2d_of_mine")(images)
    base = keras.Model(images, keras.layers.ReLU()(keras.layers.Conv2D(2, 1)(mine)))
    number_from_zero(base)
    assert [layer.name for layer in base.layers] == ["input_layer", "conv2d_of_mine", "conv2d", "re_lu"]


def test_a_plain_model_is_returned_as_it_is() -> None:
    images = keras.Input((8, 8, 3))
    base = keras.Model(images, keras.layers.Conv2D(2, 1)(images))
    assert plain_graph(base) is base
    assert global_average(base.layers) is None


@pytest.mark.parametrize("kind", ["operation", "inner model"])
def test_what_cannot_be_made_plain_is_refused(kind: str) -> None:
    images = keras.Input((8, 8, 3))
    inner = keras.Model(images, keras.layers.Conv2D(2, 1)(images))
    base = keras.Model(images, keras.ops.exp(images) if kind == "operation" else inner(images))
    with pytest.raises(ValueError, match="neither a layer nor a sum" if kind == "operation" else "not sequential"):
        plain_graph(base)
