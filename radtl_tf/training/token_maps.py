"""Gradient-weighted tokens: where a vision transformer looks, as Grad-CAM shows it for feature maps.

Why this way: docs/decisions/0031-vision-transformers.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from radtl_tf.models.token_parts import TokenParts

_ZERO = {"unconnected_gradients": tf.UnconnectedGradients.ZERO}  # one pooling has one of the two places
Evidence = Callable[[tf.Tensor], Sequence[tf.Tensor]]


def token_maps(
    parts: TokenParts, tokens: Sequence[tf.Tensor], evidence: Evidence, grid: tuple[int, int]
) -> list[tf.Tensor]:
    """Return for each number (B,) that ``evidence`` makes of features (B, C) a map (B, h, w), 0 and above.

    ``tokens`` is what ``parts.below`` returns. A patch gets the sum of its token times the gradient, without average
    over the patches (Draelos and Carin 2020, "HiResCAM"), at two places: where the last attention reads it for the
    class token, and in the mean of the patches, if the features have one. Negative sums are set to 0.
    """
    before, read = (tf.cast(one, tf.float32) for one in tokens)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(read)
        normalized = tf.cast(parts.above([before, read], training=False), tf.float32)
        patches = tf.stop_gradient(normalized[:, 1:])
        tape.watch(patches)
        pooled = parts.pool(tf.concat([normalized[:, :1], patches], axis=1), training=False)
        found = list(evidence(tf.cast(pooled[0] if isinstance(pooled, list) else pooled, tf.float32)))
    total = [
        _contribution(read, tape.gradient(one, read, **_ZERO))[:, 1:]
        + _contribution(patches, tape.gradient(one, patches, **_ZERO))
        for one in found
    ]
    return [tf.reshape(tf.nn.relu(one), (-1, *grid)) for one in total]


def _contribution(tokens: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tokens * gradient, axis=-1)
