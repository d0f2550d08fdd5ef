"""Iterative stratification: every label is distributed over the parts in proportion to their shares."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.folds.stratify import divide


def drawn(seed: int, groups: int = 300) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((groups, 5)) < [0.5, 0.2, 0.1, 0.05, 0.03]).astype(np.int64)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [(0.2,) * 5, (0.8, 0.2)])
def test_every_label_and_the_groups_are_spread_in_their_shares(seed: int, shares: tuple[float, ...]) -> None:
    labels = drawn(seed)
    parts = divide(labels, shares, seed)
    counts = np.array([labels[parts == part].sum(axis=0) for part in range(len(shares))])
    wanted = np.outer(shares, labels.sum(axis=0))
    rare = labels.sum(axis=0) < 40
    assert np.abs(counts - wanted)[:, rare].max() <= 2
    assert np.abs(counts - wanted).max() <= 6
    sizes = np.bincount(parts, minlength=len(shares))
    assert np.abs(sizes - np.array(shares) * len(labels)).max() <= 8


def test_the_seed_decides() -> None:
    labels = drawn(0)
    first, same, other = (divide(labels, (0.5, 0.5), seed) for seed in (1, 1, 2))
    assert np.array_equal(first, same) and not np.array_equal(first, other)


def test_groups_without_a_label_fill_what_is_left() -> None:
    labels = np.zeros((10, 2), np.int64)
    labels[:2, 0] = 1
    assert np.bincount(divide(labels, (0.5, 0.5), 0)).tolist() == [5, 5]
