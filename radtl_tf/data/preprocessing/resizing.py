"""Scale uint16 grey to float32 0..1 and resize it, in TensorFlow.

The same functions fill the pixel cache and are part of the SavedModel. A resize multiplies by two small matrices, one
per axis. This runs on every device and in every exported format, even if sizes are known only at run time.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from radtl_tf.data.preprocessing.policies import EXACT, policy_of
from radtl_tf.records.image_size import sides

_Matrices = tuple[tf.Tensor, tf.Tensor]  # of rows and of columns


def to_unit(image: tf.Tensor) -> tf.Tensor:
    """Return uint16 grey (H, W), (H, W, 1) or (B, H, W, 1) as float32 0..1 with a channel axis."""
    image = tf.convert_to_tensor(image)
    image = image[..., tf.newaxis] if image.shape.rank == 2 else image
    return tf.cast(image, tf.float32) / 65535.0


def resize(image: tf.Tensor, size: int | str, policy: str) -> tf.Tensor:
    """Return float32 (H, W, 1) or (B, H, W, 1) resized to ``size``, a side or height x width.

    ``pad`` keeps the aspect ratio and centers the image on zeros, ``stretch`` does not. Both are bilinear and
    antialiased. ``published`` takes the nearest pixel, as Keras' ImageDataGenerator does.
    """
    weights = policy_of(policy, RESIZES, "resize")
    image = tf.convert_to_tensor(image)
    height, width = tf.shape(image)[-3], tf.shape(image)[-2]
    with tf.device(EXACT):
        rows, columns = weights(height, width, *sides(size))
        plane = tf.matmul(tf.matmul(rows, tf.squeeze(image, -1)), columns, transpose_b=True)
    return plane[..., tf.newaxis]


def preprocess(image: tf.Tensor, size: int | str, policy: str) -> tf.Tensor:
    """Return float32 0..1 of uint16 grey (H, W) or (H, W, 1), with or without a batch axis, resized to ``size``."""
    return resize(to_unit(image), size, policy)


def _stretch(height: tf.Tensor, width: tf.Tensor, rows: int, columns: int) -> _Matrices:
    return _triangle(height, tf.constant(rows), rows), _triangle(width, tf.constant(columns), columns)


def _pad(height: tf.Tensor, width: tf.Tensor, rows: int, columns: int) -> _Matrices:
    # The image fills the height, or else the width. Integer rounding gives the same size on every device.
    fills_height = height * columns >= width * rows
    fitted, longest = tf.where(fills_height, rows, columns), tf.where(fills_height, height, width)

    def scaled(length: tf.Tensor) -> tf.Tensor:
        return tf.maximum((2 * length * fitted + longest) // (2 * longest), 1)

    return _triangle(height, scaled(height), rows), _triangle(width, scaled(width), columns)


def _published(height: tf.Tensor, width: tf.Tensor, rows: int, columns: int) -> _Matrices:
    return _nearest(height, rows), _nearest(width, columns)


RESIZES: dict[str, Callable[[tf.Tensor, tf.Tensor, int, int], _Matrices]] = {
    "pad": _pad,
    "stretch": _stretch,
    "published": _published,
}


def _triangle(length: tf.Tensor, content: tf.Tensor, size: int) -> tf.Tensor:
    """Return (size, length): bilinear weights that resize ``length`` pixels to ``content``, centered in ``size``.

    If the image shrinks, the triangle widens with the scale, so that every source pixel counts (antialiasing).
    """
    scale = tf.cast(length, tf.float32) / tf.cast(content, tf.float32)
    row = tf.range(size) - (size - content) // 2
    center = (tf.cast(row, tf.float32) + 0.5) * scale
    distance = tf.abs(tf.range(tf.cast(length, tf.float32))[tf.newaxis] + 0.5 - center[:, tf.newaxis])
    weights = tf.maximum(1.0 - distance / tf.maximum(scale, 1.0), 0.0)
    weights = tf.where(((row >= 0) & (row < content))[:, tf.newaxis], weights, 0.0)
    return tf.math.divide_no_nan(weights, tf.reduce_sum(weights, axis=1, keepdims=True))


def _nearest(length: tf.Tensor, size: int) -> tf.Tensor:
    """Return (size, length) of 0 and 1: the source pixel that holds the center of each target pixel."""
    return tf.one_hot((2 * tf.range(size) + 1) * length // (2 * size), length)
