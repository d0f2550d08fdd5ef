"""Nearest neighbors of other patients."""

from __future__ import annotations

import math

import numpy as np
from sklearn.neighbors import KNeighborsRegressor

from radtl_tf.evaluation.screen import neighbors
from radtl_tf.evaluation.screen.neighbors import neighbor_scores


def data(images: int = 60) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(images, 8)), random.integers(0, 2, (images, 1)).astype(float)


def test_it_agrees_with_scikit_learn_where_every_image_is_left_out() -> None:
    features, targets = data()
    found = neighbor_scores(features, targets, np.arange(60), k=5)
    for at in range(60):
        others = np.delete(np.arange(60), at)
        model = KNeighborsRegressor(5, metric="cosine").fit(features[others], targets[others])
        np.testing.assert_allclose(found[at], model.predict(features[[at]])[0], rtol=0, atol=1e-12)


def test_the_same_in_pieces() -> None:
    features, targets = data()
    whole = neighbor_scores(features, targets, np.arange(60), k=5)
    neighbors._ROWS, before = 7, neighbors._ROWS
    try:
        np.testing.assert_array_equal(neighbor_scores(features, targets, np.arange(60), k=5), whole)
    finally:
        neighbors._ROWS = before


def test_images_of_the_same_group_are_never_neighbors() -> None:
    features, targets = data()
    pairs = np.repeat(features, 2, axis=0) + 1e-6  # each patient has the same image twice
    labels, groups = np.repeat(targets, 2, axis=0), np.repeat(np.arange(60), 2)
    found = neighbor_scores(pairs, labels, groups, k=2)[::2]
    np.testing.assert_allclose(found, neighbor_scores(features, targets, np.arange(60), k=1), atol=1e-12)
    assert np.array_equal(neighbor_scores(pairs, labels, np.arange(120), k=1), labels)  # without groups: its copy


def test_unknown_labels_are_nobodys_neighbors() -> None:
    features, targets = data()
    gaps = np.hstack([targets, targets])
    gaps[::3, 1] = np.nan
    found = neighbor_scores(features, gaps, np.arange(60), k=5)
    np.testing.assert_array_equal(found[:, :1], neighbor_scores(features, targets, np.arange(60), k=5))
    known = np.flatnonzero(np.arange(60) % 3)
    np.testing.assert_array_equal(
        found[known, 1:], neighbor_scores(features[known], targets[known], np.arange(len(known)), k=5)
    )


def test_few_images_use_all_and_a_single_patient_has_no_score() -> None:
    features, targets = data(4)
    found = neighbor_scores(features, targets, np.arange(4), k=20)
    others = [(targets.sum() - value) / 3 for value in targets.ravel()]
    np.testing.assert_allclose(found.ravel(), others)
    assert all(map(math.isnan, neighbor_scores(features, targets, np.zeros(4), k=20).ravel()))
