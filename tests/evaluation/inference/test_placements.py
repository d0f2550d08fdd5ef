"""Placement values of cases among the other class."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.inference.placements import placements
from radtl_tf.evaluation.metrics.auroc import auroc

POSITIVE = np.array([False, False, True, True])


def test_each_case_is_placed_among_the_other_class_with_ties_half() -> None:
    found = placements(POSITIVE, np.array([0.1, 0.4, 0.4, 0.8]))
    assert found.tolist() == [1.0, 0.75, 0.75, 1.0]


def test_both_classes_have_the_auroc_as_their_mean_in_every_column() -> None:
    scores = np.random.default_rng(0).normal(size=(30, 2)).round(1)
    positive = np.arange(30) < 12
    found = placements(positive, scores)
    for column in range(2):
        expected = auroc(positive.astype(int), scores[:, column])
        assert found[positive, column].mean() == pytest.approx(expected)
        assert found[~positive, column].mean() == pytest.approx(expected)


def test_one_class_has_no_placements() -> None:
    with pytest.raises(ValueError, match="0 negative"):
        placements(np.ones(3, bool), np.arange(3.0))
