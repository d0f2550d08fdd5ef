"""Read numbers from the bytes of a file inside a TensorFlow graph.

A place outside the file is an ``InvalidArgumentError`` (on the CPU, where datasets run).
"""

from __future__ import annotations

import tensorflow as tf

MANY = 1000  # steps through the parts of one file; a file with more parts is refused


def number(raw: tf.Tensor, at: tf.Tensor | int, length: int, little: tf.Tensor | bool = False) -> tf.Tensor:
    """Return the int64 in the ``length`` bytes at ``at`` of ``raw`` (n,) uint8, big-endian unless ``little``."""
    digits = tf.cast(_bytes(raw, at, length), tf.int64)
    places = [256**place for place in range(length)]
    upward, downward = tf.constant(places, tf.int64), tf.constant(places[::-1], tf.int64)
    return tf.reduce_sum(digits * tf.where(little, upward, downward))


def starts_with(raw: tf.Tensor, start: bytes, at: tf.Tensor | int = 0) -> tf.Tensor:
    """Tell whether ``raw`` (n,) uint8 holds ``start`` at ``at``."""
    return tf.reduce_all(_bytes(raw, at, len(start)) == tf.constant(list(start), tf.uint8))


def checked(data: tf.Tensor, condition: tf.Tensor, reason: str) -> tf.Tensor:
    """Return ``data`` if ``condition`` holds; nothing that uses the result runs before.

    Otherwise it is an ``InvalidArgumentError``.
    """
    with tf.control_dependencies([tf.debugging.Assert(condition, [reason])]):
        return tf.identity(data)


def _bytes(raw: tf.Tensor, at: tf.Tensor | int, length: int) -> tf.Tensor:
    return tf.gather(raw, tf.cast(at, tf.int64) + tf.range(length, dtype=tf.int64))
