"""The stages of an ordinal model inside a graph: from P(above each stage) to the probability of each stage.

The K - 1 probabilities are estimated apart (Frank & Hall 2001), so they need not fall from stage to stage. Their
running minimum does (docs/decisions/0021).
"""

from __future__ import annotations

import tensorflow as tf


def falling(above: tf.Tensor) -> tf.Tensor:
    """Return the running minimum along each row of P(above a stage), (B, K - 1), from the lowest stage on."""
    columns = tf.unstack(above, axis=1)
    for at in range(1, len(columns)):
        columns[at] = tf.minimum(columns[at], columns[at - 1])
    return tf.stack(columns, axis=1)


def stage_probabilities(above: tf.Tensor) -> tf.Tensor:
    """Return the probability of each stage (B, K) from P(above a stage), (B, K - 1); each row adds up to 1."""
    ordered = falling(above)
    first, last = tf.ones_like(ordered[:, :1]), tf.zeros_like(ordered[:, :1])
    return tf.concat([first, ordered], axis=1) - tf.concat([ordered, last], axis=1)


def stage_number(probabilities: tf.Tensor) -> tf.Tensor:
    """Return (B,), the number of stages that the image is above with a probability of more than one half."""
    above = tf.cumsum(probabilities, axis=1, reverse=True)[:, 1:]
    return tf.reduce_sum(tf.cast(above > 0.5, tf.int32), axis=1)
