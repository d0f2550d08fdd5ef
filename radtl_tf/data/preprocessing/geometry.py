"""Shift, turn, zoom and mirror images."""

from __future__ import annotations

import tensorflow as tf


def transformed(images: tf.Tensor, transforms: tf.Tensor) -> tf.Tensor:
    """Return ``images`` (B, H, W, C) after ``transforms`` (B, 8), in the same size; edges are repeated.

    The numbers of a transform lead from a place of the output to the one of the input, as in
    ``tf.raw_ops.ImageProjectiveTransformV3``; between pixels it is bilinear.
    """
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
