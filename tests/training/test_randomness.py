"""Random numbers depend only on their key."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.training.randomness import (
    DROPOUT,
    backbone_seed,
    dropout_kept,
    dropout_mask,
    epoch_order,
    generator,
    head_kernel,
)


def test_the_same_key_gives_the_same_numbers_whatever_was_drawn_before() -> None:
    first = dropout_mask((1, 0, 2, 3, 4), (8, 16))
    generator("order", 9).random(100)
    assert np.array_equal(first, dropout_mask((1, 0, 2, 3, 4), (8, 16)))


@pytest.mark.parametrize("other", [(2, 0, 2, 3, 4), (1, 1, 2, 3, 4), (1, 0, 3, 3, 4), (1, 0, 2, 4, 4), (1, 0, 2, 3, 5)])
def test_every_part_of_the_key_counts(other: tuple[int, ...]) -> None:
    assert not np.array_equal(dropout_mask((1, 0, 2, 3, 4), (8, 16)), dropout_mask(other, (8, 16)))


def test_purposes_do_not_share_numbers() -> None:
    assert generator("order", 1).random() != generator("dropout", 1).random()


def test_a_mask_keeps_the_published_share_and_the_mean() -> None:
    mask = dropout_mask((0, 0, 0, 0, 0), (400, 500))
    assert set(np.unique(mask)) == {0.0, np.float32(1 / (1 - DROPOUT))}
    assert mask.mean() == pytest.approx(1.0, abs=0.01)


def test_an_epoch_shows_every_position_once() -> None:
    positions = np.array([3, 5, 8, 13, 21])
    order = epoch_order((0, 0, 0, 1), positions, 5)
    assert sorted(order) == sorted(positions)
    assert not np.array_equal(order, epoch_order((0, 0, 0, 2), positions, 5))


def test_a_longer_epoch_shows_every_position_equally_often() -> None:
    positions = np.array([3, 5, 8])
    order = epoch_order((0, 0, 0, 1), positions, 7)
    assert np.array_equal(order[:3], epoch_order((0, 0, 0, 1), positions, 3))
    assert sorted(np.unique(order, return_counts=True)[1].tolist()) == [2, 2, 3]


def test_the_kernel_is_glorot_uniform() -> None:
    kernel = head_kernel((0, 0, 0), 998, 2, "raw")
    limit = np.sqrt(6 / 1000)
    assert kernel.shape == (998, 2)
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)


def test_standardized_features_do_not_begin_with_an_opinion() -> None:
    features = np.random.default_rng(0).normal(size=(500, 2048))
    opinion = {
        way: np.ptp(features @ head_kernel((1,), 2048, 2, way), axis=1).mean() for way in ("raw", "standardized")
    }
    assert opinion["raw"] > 1
    assert opinion["standardized"] < 0.25


def test_random_weights_are_redrawn_per_repeat() -> None:
    assert backbone_seed(726, 0) == backbone_seed(726, 0) != backbone_seed(726, 1)


def test_dropout_is_drawn_as_uniform_numbers_are() -> None:
    """An odd number of draws uses half of the last 64 bits."""
    key, shape = (726, 0, 3, 2, 1), (33, 41)
    uniform = generator("dropout", *key).random(shape, dtype=np.float32)
    np.testing.assert_array_equal(dropout_kept(key, shape), uniform >= DROPOUT)
