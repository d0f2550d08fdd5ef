"""The compiled loop takes the same steps as Keras' Adam, and leaves folds without a batch as they are."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.training.heads.program import head_program

RATES = (0.1, 0.01)
RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(9, 4)).astype(np.float32)
POSITIONS = np.array([[[0, 1, 2]], [[3, 4, 5]], [[6, 7, 8]]])  # three steps of one fold
TARGETS = np.eye(2, dtype=np.float32)[RNG.integers(0, 2, (3, 1, 3))]
KERNEL = RNG.normal(size=(4, 2)).astype(np.float32)


def _learn(active: tuple[int, ...]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return kernel and bias after three steps without dropout and standardization, and the losses."""
    state = [np.tile(KERNEL, 2)[None], np.zeros((1, 1, 4), np.float32)]
    moments = [np.zeros_like(state[place]) for place in (0, 0, 1, 1)]
    taken = np.maximum(np.cumsum(active), 1)
    correction = np.sqrt(1 - 0.999**taken) / (1 - 0.9**taken) * active
    rates = (correction[:, None, None, None] * np.repeat(RATES, 2)).astype(np.float32)
    weights = np.full((3, 1, 3, 1), 1 / 3, np.float32)
    kept = np.ones((3, 1, 3, 4), np.bool_)
    affine = np.zeros((1, 1, 4), np.float32), np.full((1, 1, 4), 2, np.float32)  # undone by the scale of dropout
    steps = POSITIONS, TARGETS, weights, kept, rates, np.reshape(active, (3, 1, 1, 1)).astype(np.float32)
    new, losses = head_program("binary", (1, 4, 2, 2)).learn([*state, *moments], FEATURES, *affine, *steps)
    return [new[0].numpy()[0], new[1].numpy()[0, 0]], losses.numpy()


@pytest.mark.parametrize("place", [0, 1])
def test_it_learns_like_keras(place: int) -> None:
    kernel, bias = keras.Variable(KERNEL), keras.Variable(np.zeros(2, np.float32))
    adam = keras.optimizers.Adam(RATES[place])
    for positions, targets in zip(POSITIONS[:, 0], TARGETS[:, 0], strict=True):
        with tf.GradientTape() as tape:
            logits = FEATURES[positions] @ kernel.value + bias.value
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))
        adam.apply(tape.gradient(loss, [kernel.value, bias.value]), [kernel, bias])
    (kernels, biases), losses = _learn((1, 1, 1))
    columns = slice(2 * place, 2 * place + 2)
    np.testing.assert_allclose(kernels[:, columns], kernel.numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(biases[columns], bias.numpy(), rtol=1e-5, atol=1e-5)
    assert losses[2, 0, place] == pytest.approx(float(loss), rel=1e-5)


def test_a_step_without_a_batch_changes_nothing() -> None:
    (kernels, _), _ = _learn((0, 0, 0))
    np.testing.assert_array_equal(kernels, np.tile(KERNEL, 2))
