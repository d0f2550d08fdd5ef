"""Fused batch norms are Keras' own up to rounding, in outputs, gradients and moving statistics."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.models.backbones import build_base
from radtl_tf.models.tuning import split
from radtl_tf.training.layers.batch_norm import FusedBatchNormalization
from radtl_tf.training.layers.training_copy import training_copy

IMAGES = np.random.default_rng(0).normal(3, 2, (6, 5, 4, 8)).astype(np.float32)


def pair(**options: object) -> list[keras.layers.BatchNormalization]:
    layers = [kind(momentum=0.9, **options) for kind in (keras.layers.BatchNormalization, FusedBatchNormalization)]
    values = np.random.default_rng(1)
    for layer in layers:
        layer.build(IMAGES.shape)
    weights = [values.uniform(0.5, 2, weight.shape) for weight in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def gradients(layer: keras.layers.Layer, training: bool) -> list[np.ndarray]:
    """Return outputs, and gradients of a loss that is not constant after normalization."""
    with tf.GradientTape() as tape:
        inputs = tf.constant(IMAGES)
        tape.watch(inputs)
        outputs = layer(inputs, training=training)
        loss = tf.reduce_sum(outputs**3)
    found = tape.gradient(loss, [inputs, *(variable.value for variable in layer.trainable_variables)])
    return [outputs.numpy(), *(one.numpy() for one in found)]


@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False, "epsilon": 1.001e-5}])
@pytest.mark.parametrize("training", [True, False])
def test_outputs_gradients_and_statistics_are_keras_own(options: dict[str, object], training: bool) -> None:
    plain, fused = pair(**options)
    for ours, theirs in zip(gradients(fused, training), gradients(plain, training), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max())
    for ours, theirs in zip(fused.weights, plain.weights, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)


def test_in_bfloat16_only_inputs_and_outputs_are_rounded() -> None:
    plain, _ = pair()
    half = FusedBatchNormalization(momentum=0.9, dtype="mixed_bfloat16")
    half.build(IMAGES.shape)
    half.set_weights([weight.numpy() for weight in plain.weights])
    rounded = tf.cast(tf.cast(IMAGES, tf.bfloat16), tf.float32).numpy()
    ours, theirs = gradients(half, training=True), gradients(plain, training=True)
    assert {weight.dtype for weight in half.weights} == {"float32"}
    for moving in ("moving_mean", "moving_variance"):
        after, before = (np.asarray(getattr(layer, moving)) for layer in (half, plain))
        np.testing.assert_allclose(after, before, rtol=2e-3)  # of the inputs, which are rounded to 8 bits
    mean = rounded.mean(axis=(0, 1, 2))
    start = np.asarray(pair()[0].moving_mean)
    np.testing.assert_allclose(np.asarray(half.moving_mean), 0.9 * start + 0.1 * mean, rtol=1e-5)
    for one, other in zip(ours, theirs, strict=True):
        assert np.abs(one.astype(np.float32) - other).max() < 0.03 * np.ptp(other)
    assert half(IMAGES, training=True).dtype == tf.bfloat16


def test_one_operation_takes_the_place_of_ten_also_in_bfloat16() -> None:
    for dtype in ("float32", "mixed_bfloat16"):
        layer = FusedBatchNormalization(dtype=dtype)
        layer.build(IMAGES.shape)
        traced = tf.function(lambda images, layer=layer: layer(images, training=True)).get_concrete_function(
            tf.TensorSpec(IMAGES.shape, tf.float32)
        )
        assert [one.type for one in traced.graph.get_operations() if "FusedBatchNorm" in one.type] == [
            "FusedBatchNormV3"
        ]


def test_one_that_does_not_learn_keeps_its_statistics() -> None:
    _, fused = pair()
    fused.trainable = False
    before = [weight.numpy().copy() for weight in fused.weights]
    fused(IMAGES, training=True)
    for weight, value in zip(fused.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_a_copy_has_the_weights_and_the_order_of_its_original(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=5)
    copy = training_copy(base)
    assert sum(isinstance(layer, FusedBatchNormalization) for layer in copy.layers) == 3
    plain, fused = (split(model, "full").suffix for model in (base, copy))
    assert [weight.path for weight in fused.weights] == [weight.path for weight in plain.weights]
    images = np.random.default_rng(0).random((2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(copy(images)), np.asarray(base(images)))
