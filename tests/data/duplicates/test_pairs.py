"""Pairs of equal images, and the groups of patients whom they join."""

from __future__ import annotations

import numpy as np

from radtl_tf.data.duplicates.pairs import groups, same


def test_equal_values_are_paired_with_the_first() -> None:
    assert same(["a", "b", "a", "c", "a", "b"]).tolist() == [[0, 2], [0, 4], [1, 5]]
    assert same(["a", "b"]).shape == (0, 2)
    assert same([]).shape == (0, 2)


def test_groups_join_patients_whom_an_image_links() -> None:
    patients = np.array([0, 0, 1, 2, 3, 3, 4])
    assert groups(patients, []).tolist() == [0, 0, 1, 2, 3, 3, 4]
    linked = groups(patients, [np.array([[1, 3]]), np.array([[2, 6]])])
    assert linked.tolist() == [0, 0, 1, 0, 2, 2, 1]
    chain = groups(patients, [np.array([[0, 2], [2, 3]])])
    assert chain.tolist() == [0, 0, 0, 0, 1, 1, 2]
