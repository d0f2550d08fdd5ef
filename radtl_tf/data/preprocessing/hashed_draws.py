"""Random numbers of an image as a hash of what they are for, independent of the batch and the device."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def hashed_draws(examples: tf.Tensor, *keys: int | tf.Tensor, number: int) -> tf.Tensor:
    """Return (B, number) in -1..1 for ``examples`` (B,), a function of each example and the ``keys``.

    We hash the key in integers: TensorFlow's stateless generators take one key at a time and differ between devices.
    """
    key = examples
    for one in keys:
        key = tf.cast(one, tf.uint64) ^ _mixed(tf.cast(key, tf.uint64))
    words = _mixed(_mixed(key)[:, tf.newaxis] ^ np.arange(number, dtype=np.uint64))
    leading = tf.bitwise.right_shift(words, tf.constant(40, tf.uint64))  # 24 bits, as many as a float32 can hold
    return tf.cast(leading, tf.float32) / 2**23 - 1.0


def _mixed(value: tf.Tensor) -> tf.Tensor:
    """Return the next word of SplitMix64 from the state ``value`` (Steele et al. 2014, figure 17)."""
    value += tf.constant(0x9E3779B97F4A7C15, tf.uint64)
    value = _folded(value, 30) * tf.constant(0xBF58476D1CE4E5B9, tf.uint64)
    value = _folded(value, 27) * tf.constant(0x94D049BB133111EB, tf.uint64)
    return _folded(value, 31)


def _folded(value: tf.Tensor, bits: int) -> tf.Tensor:
    return value ^ tf.bitwise.right_shift(value, tf.constant(bits, tf.uint64))
