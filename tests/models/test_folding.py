"""A network with folded batch norms gives the features of the original, and follows its weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.folding import Folded, foldable, folded
from radtl_tf.models.tuning import split

# Backbones with the number of their batch norms and of those that fold: in DenseNet many follow a concatenation.
BACKBONE_NORMS = {
    "ResNet50": (53, 53),
    "DenseNet121": (121, 59),
    "InceptionV3": (94, 94),
    "InceptionResNetV2": (204, 204),
    "MobileNet": (27, 27),
    "MobileNetV2": (52, 52),
}
EXACT = 2e-6  # of the range of the numbers


def draw_statistics(model: keras.Model, seed: int = 0) -> None:
    """Draw what batch norms learn, so that folding changes every channel."""
    rng = np.random.default_rng(seed)
    for layer in norms(model):
        positive = {"gamma", "moving_variance"}
        of = [
            rng.uniform(0.5, 1.5, w.shape) if w.name in positive else rng.normal(0, 0.2, w.shape) for w in layer.weights
        ]
        layer.set_weights(of)


def norms(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def numbers(model: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(one) for one in keras.tree.flatten(model(images, training=False))]


def largest_difference(first: keras.Model, second: keras.Model, images: np.ndarray) -> float:
    """Return the largest difference of an output, relative to the range of the outputs."""
    pairs = zip(numbers(first, images), numbers(second, images), strict=True)
    return max(float(np.abs(one - other).max() / np.ptp(one)) for one, other in pairs)


def images_of(model: keras.Model) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, (2, *model.input_shape[1:])).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKBONE_NORMS)
def test_every_backbone_keeps_its_features(name: str) -> None:
    base = BACKBONES[name].application(
        include_top=False, pooling="avg", weights=None, input_shape=(BACKBONES[name].min_size,) * 2 + (3,)
    )
    draw_statistics(base)
    copy = folded(base)
    number, num_folded = BACKBONE_NORMS[name]
    assert (len(norms(base)), len(norms(copy))) == (number, number - num_folded)
    assert largest_difference(base, copy, images_of(base)) < EXACT


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EfficientNetV2B0", "ResNet50V2"])
def test_in_double_precision_folding_is_exact(name: str) -> None:
    # In float32 these networks amplify rounding where a channel hardly varies.
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        base = build_base(name, 32, seed=1)
        draw_statistics(base)
        assert largest_difference(base, folded(base), images_of(base).astype(np.float64)) < 1e-12
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


@pytest.mark.parametrize("tuning", ["frozen", "topK2", "topK4", "topK5", "full"])
def test_a_prefix_keeps_its_cut_tensors(tuning: str, tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=2)
    draw_statistics(base)
    prefix = split(base, tuning).prefix
    copy = folded(prefix)
    assert [one.shape for one in copy.outputs] == [one.shape for one in prefix.outputs]
    assert isinstance(copy(images_of(base)), list)
    assert largest_difference(prefix, copy, images_of(base)) < EXACT


def test_a_copy_follows_new_weights_when_it_is_refreshed(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=2)
    copy = Folded(base)
    for seed in (3, 4):
        base.set_weights(build_base(tiny_backbone, 32, seed=seed).get_weights())
        draw_statistics(base, seed)
        copy.refresh()
        assert largest_difference(base, copy.model, images_of(base)) < EXACT


def test_the_original_stays_as_it_was(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=2)
    before, layers = numbers(base, images_of(base)), list(base.layers)
    copy = folded(base)
    copy.set_weights([0 * weight for weight in copy.get_weights()])
    assert np.array_equal(numbers(base, images_of(base))[0], before[0])
    assert base.layers == layers and all(layer.trainable for layer in base.layers)
    assert not copy.trainable_weights


def network(*middle: Any, shape: tuple[int, ...] = (6, 6, 4)) -> keras.Model:
    """Return a network of these layers, one after the other."""
    first = last = keras.Input(shape)
    for layer in middle:
        last = layer(last)
    return keras.Model(first, last)


def norm(**options: Any) -> keras.layers.BatchNormalization:
    return keras.layers.BatchNormalization(**options)


KINDS = {
    "convolution": (keras.layers.Conv2D(5, 3, padding="same"), norm()),
    "no bias": (keras.layers.Conv2D(5, 3, use_bias=False), norm(epsilon=1.001e-5)),
    "groups": (keras.layers.Conv2D(6, 3, groups=2), norm(scale=False)),
    "depthwise": (keras.layers.DepthwiseConv2D(3), norm(center=False)),
    "depthwise, several": (keras.layers.DepthwiseConv2D(3, depth_multiplier=3), norm(axis=3)),
    "dense": (keras.layers.Dense(7), norm()),
    "two in a row": (keras.layers.Conv2D(5, 1), norm(), keras.layers.Conv2D(3, 1), norm()),
}
STAYS = {
    "separable": (keras.layers.SeparableConv2D(5, 3), norm()),
    "transposed": (keras.layers.Conv2DTranspose(5, 3), norm()),
    "activation": (keras.layers.Conv2D(5, 3, activation="relu"), norm()),
    "activation between": (keras.layers.Conv2D(5, 3), keras.layers.ReLU(), norm()),
    "pooling between": (keras.layers.Conv2D(5, 3), keras.layers.MaxPooling2D(), norm()),
    "another axis": (keras.layers.Conv2D(5, 3), norm(axis=1)),
    "nothing before": (norm(), keras.layers.Conv2D(5, 3)),
    "an inner model": (keras.layers.Conv2D(4, 3, padding="same"), norm(), network(keras.layers.Conv2D(4, 1))),
}


@pytest.mark.parametrize("kind", [*KINDS, *STAYS])
def test_what_folds_and_what_stays(kind: str) -> None:
    model = network(*{**KINDS, **STAYS}[kind])
    draw_statistics(model)
    copy = folded(model)
    assert len(norms(copy)) == (len(norms(model)) if kind in STAYS else 0)
    assert largest_difference(model, copy, images_of(model)) < EXACT


def test_a_convolution_that_something_else_reads_keeps_its_batch_norm() -> None:
    images = keras.Input((6, 6, 4))
    shared = keras.layers.Conv2D(5, 3)(images)
    read_twice = keras.Model(images, keras.layers.Add()([norm()(shared), shared]))
    is_output = keras.Model(images, [norm()(shared), shared])
    for model in (read_twice, is_output):
        draw_statistics(model)
        assert foldable(model) == {}
        assert largest_difference(model, folded(model), images_of(model)) < EXACT


def test_a_copy_computes_in_the_precision_of_the_original(tiny_backbone: str) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        base = build_base(tiny_backbone, 32, seed=2)
    finally:
        keras.config.set_dtype_policy("float32")
    draw_statistics(base)
    copy = folded(base)
    assert {str(one.dtype) for one in copy.outputs} == {"bfloat16"}
    assert {weight.dtype for weight in copy.weights} == {"float32"}
    difference = largest_difference(base, copy, images_of(base))
    assert EXACT < difference < 0.05
