"""The compiled programs of heads trained together: a loop over steps of Adam, and the logits.

Adam follows Keras' formula; a Keras optimizer has one step count for all variables, whereas each fold has its own here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import tensorflow as tf

from radtl_tf.records.experiment import Kind
from radtl_tf.training.adam import BETA_1, BETA_2, EPSILON
from radtl_tf.training.losses import LOSSES
from radtl_tf.training.randomness import DROPOUT

State = list[tf.Tensor]  # kernel (F, C, L * K), bias (F, 1, L * K), and Adam's moments m and v of each


class HeadProgram:
    """The programs of F folds x L learning rates x K outputs on C features, each traced once.

    The numbers of steps and images may differ from call to call.
    """

    def __init__(self, kind: Kind, shape: tuple[int, int, int, int]) -> None:
        """``shape`` is (F, C, L, K)."""
        folds, features, rates, outputs = shape
        self._loss, columns = LOSSES[kind], rates * outputs
        kernel, bias = _spec(folds, features, columns), _spec(folds, 1, columns)
        affine = _spec(folds, 1, features), _spec(folds, 1, features)
        images = _spec(None, features)
        steps = (
            tf.TensorSpec((None, folds, None), tf.int64),
            _spec(None, folds, None, outputs),
            _spec(None, folds, None, None),
            tf.TensorSpec((None, folds, None, features), tf.bool),
            _spec(None, folds, 1, columns),
            _spec(None, folds, 1, 1),
        )
        state = [kernel, bias, kernel, kernel, bias, bias]
        self.learn = tf.function(self._learn, input_signature=(state, images, *affine, *steps), autograph=False)
        at = tf.TensorSpec((folds, None), tf.int64)
        self.logits = tf.function(_logits, input_signature=(images, at, *affine, kernel, bias), autograph=False)

    def _learn(
        self, state: State, features: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, *steps: tf.Tensor
    ) -> tuple[State, tf.Tensor]:
        """Return the state after S steps of Adam, and the loss (S, F, L) before each.

        ``features`` (N, C) become (features - mean) / scale, with ``mean`` and ``scale`` (F, 1, C). The ``steps`` are
        positions (S, F, B), targets (S, F, B, K), weights (S, F, B, 1 or K), dropout masks (S, F, B, C), rates
        (S, F, 1, L * K) and 1, or 0 for a fold without a batch (S, F, 1, 1), whose state does not change.
        """
        number = tf.shape(steps[0])[0]
        kept_scale = scale * (1 - DROPOUT)  # exact, since the rate is a power of two
        losses = tf.TensorArray(tf.float32, size=number)

        def one(step: tf.Tensor, losses: tf.TensorArray, *now: tf.Tensor) -> tuple[tf.Tensor, ...]:
            at, *given, rates, active = (tf.gather(of_steps, step) for of_steps in steps)
            inputs = (tf.gather(features, at) - mean) / kept_scale  # (F, B, C)
            gradients, loss = self._gradients(now[:2], inputs, *given)
            return step + 1, losses.write(step, loss), *_adam(now, gradients, rates, active)

        _, losses, *new = tf.while_loop(lambda step, *_: step < number, one, (0, losses, *state), parallel_iterations=1)
        return new, losses.stack()

    def _gradients(
        self,
        parameters: Sequence[tf.Tensor],
        inputs: tf.Tensor,
        targets: tf.Tensor,
        weights: tf.Tensor,
        kept: tf.Tensor,
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        """Return the gradients of kernel and bias, and the loss (F, L), of one batch (F, B, C) per fold."""
        dropped = tf.where(kept, inputs, 0.0)
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            logits = tf.matmul(dropped, parameters[0]) + parameters[1]  # (F, B, L * K)
            shape = tf.shape(targets)
            by_rate = tf.reshape(logits, (shape[0], shape[1], -1, shape[2]))  # (F, B, L, K)
            wanted = tf.broadcast_to(targets[:, :, tf.newaxis], tf.shape(by_rate))
            each = self._loss(wanted, by_rate, weights[:, :, tf.newaxis])  # (F, B, L)
            losses = tf.reduce_sum(each, axis=1)  # (F, L)
        return tape.gradient(losses, list(parameters)), losses


@cache  # the next repeat and the next weights use the same programs
def head_program(kind: Kind, shape: tuple[int, int, int, int]) -> HeadProgram:
    """Return the one ``HeadProgram`` of these arguments in this process."""
    return HeadProgram(kind, shape)


def _spec(*shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.float32)


def _adam(
    state: Sequence[tf.Tensor], gradients: Sequence[tf.Tensor], rates: tf.Tensor, active: tf.Tensor
) -> list[tf.Tensor]:
    """Return the state after one step with ``rates`` that contain the correction of the moments' bias."""
    new, new_moments = [], []
    for value, gradient, m, v in zip(state[:2], gradients, state[2::2], state[3::2], strict=True):
        m += active * (gradient - m) * (1 - BETA_1)
        v += active * (tf.square(gradient) - v) * (1 - BETA_2)
        new.append(value - m * rates / (tf.sqrt(v) + EPSILON))
        new_moments += [m, v]
    return [*new, *new_moments]


def _logits(
    features: tf.Tensor, positions: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor
) -> tf.Tensor:
    """Return (F, M, L * K), computed fold by fold: standardized features of all folds would need too much memory."""

    def of_fold(numbers: tuple[tf.Tensor, ...]) -> tf.Tensor:
        at, mean, scale, kernel, bias = numbers
        return tf.matmul((tf.gather(features, at) - mean) / scale, kernel) + bias

    return tf.map_fn(of_fold, (positions, mean, scale, kernel, bias), fn_output_signature=tf.float32)
