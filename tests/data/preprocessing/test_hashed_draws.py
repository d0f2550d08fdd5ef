"""Hashed draws: uniform, and a function of each example and the keys."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from radtl_tf.data.preprocessing.hashed_draws import _mixed, hashed_draws


def test_draws_depend_on_the_example_and_every_key() -> None:
    found = hashed_draws(tf.range(20, dtype=tf.int64), 1, 2, number=3).numpy()
    np.testing.assert_array_equal(hashed_draws(tf.constant([5], tf.int64), 1, 2, number=3).numpy()[0], found[5])
    for keys in ((2, 1), (1, 3), (0, 1, 2)):
        assert not np.array_equal(hashed_draws(tf.range(20, dtype=tf.int64), *keys, number=3).numpy(), found)


def test_the_draws_fill_their_range_evenly_and_independently() -> None:
    grid = [hashed_draws(tf.range(200), epoch, seed, number=7).numpy() for seed in range(5) for epoch in range(5)]
    draws = np.concatenate(grid)
    assert draws.shape == (5000, 7)
    assert np.abs(draws).max() <= 1
    assert np.abs(draws.mean(axis=0)).max() < 0.04  # five standard errors
    assert np.abs(draws.std(axis=0) - 3**-0.5).max() < 0.02
    neighbors = np.concatenate([draws[:-1], draws[1:]], axis=1)
    assert np.abs(np.corrcoef(neighbors, rowvar=False) - np.eye(14)).max() < 0.07
    assert len(np.unique(draws)) > 0.99 * draws.size


def test_the_draws_are_splitmix64() -> None:
    """The first words of the generator seeded with 1234567, as published with its reference implementation."""
    state, words = 1234567, []
    for _ in range(3):
        words.append(int(_mixed(tf.constant(state, tf.uint64))))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert words == [6457827717110365317, 3203168211198807973, 9817491932198370423]
