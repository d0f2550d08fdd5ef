"""Trainable batch norms, each as one operation of TensorFlow.

In training, Keras 3 computes a batch norm with about ten operations that each pass over the whole tensor. TensorFlow
has one operation for it (``FusedBatchNormV3``): docs/decisions/0013-fused-batch-norms.md.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer with a fused operation; weights are the same, and results are the same up to rounding.

    In prediction, when frozen, in float16 and in bfloat16 on a GPU, it uses Keras' own operations. In bfloat16, inputs
    and outputs are bfloat16, everything else is float32: statistics, scale, offset and their gradients.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        """Normalize ``inputs`` (B, H, W, C)."""
        if not (training and self.trainable and self.compute_dtype in _fused_types() and len(inputs.shape) == 4):
            return super().call(inputs, training=training, mask=mask)
        ones = tf.ones_like(self.moving_mean.value)
        scale, offset = (self.gamma.value if self.scale else ones), (self.beta.value if self.center else 0 * ones)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(inputs, scale, offset, epsilon=self.epsilon)
        number = tf.cast(tf.reduce_prod(tf.shape(inputs)[:3]), tf.float32)
        biased = variance * (number - 1) / number  # TensorFlow returns the unbiased variance, Keras uses the biased one
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, biased)):
            moving.assign(moving * self.momentum + new * (1 - self.momentum))
        return outputs


def _fused_types() -> tuple[str, ...]:
    """Return the types of inputs for which the fused operation is tested; nobody could test bfloat16 on a GPU."""
    return ("float32",) if tf.config.list_physical_devices("GPU") else ("float32", "bfloat16")
