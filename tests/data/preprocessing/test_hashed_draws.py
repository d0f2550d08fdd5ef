"""Hashed draws: uniform, and a function of each example and the keys."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from radtl_tf.data.preprocessing.hashed_draws import hashed_draws


def test_draws_are_uniform_and_depend_on_every_key() -> None:
    found = hashed_draws(tf.range(2000, dtype=tf.int64), 1, 2, number=3).numpy()
    assert found.shape == (2000, 3) and found.min() >= -1 and found.max() < 1
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(found.std(axis=0), 3**-0.5, atol=0.03)
    np.testing.assert_array_equal(hashed_draws(tf.constant([5], tf.int64), 1, 2, number=3).numpy()[0], found[5])
    for keys in ((2, 1), (1, 3), (0, 1, 2)):
        assert not np.array_equal(hashed_draws(tf.range(2000, dtype=tf.int64), *keys, number=3).numpy(), found)
