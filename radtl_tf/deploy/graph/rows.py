"""Prepare the rows of a batch one by one; a bad row does not stop the others."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

Prepare = Callable[[tf.Tensor], tf.Tensor]


def prepare_rows(prepare: Prepare, batch: tf.Tensor, shape: tuple[int, int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Return float32 grey (B, H, W, 1) of ``batch`` (B,), and which rows are valid, (B,) booleans.

    ``prepare`` makes (H, W, 1) of one row; ``shape`` is (H, W). A row on which it fails is not valid, and
    black. One dataset prepares all rows, since only a dataset can ignore errors inside a graph.
    """
    number = tf.shape(batch)[0]
    rows = tf.data.Dataset.from_tensor_slices((tf.range(number), batch))
    rows = rows.map(lambda row, data: (row, prepare(data)), num_parallel_calls=tf.data.AUTOTUNE).ignore_errors()
    end = tf.data.Dataset.from_tensors((number, tf.zeros((*shape, 1))))  # so that there is always one
    whole = rows.concatenate(end).batch(tf.cast(number, tf.int64) + 1)
    found, images = whole.get_single_element()
    places = found[:-1, tf.newaxis]
    valid = tf.scatter_nd(places, tf.ones_like(found[:-1]), [number]) > 0
    return tf.scatter_nd(places, images[:-1], tf.stack([number, *shape, 1])), valid
