"""Segments hold the batches, weights and dropout masks of separate training, in any division."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.folds.draw import Fold, draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.records.experiment import FoldPlan, Training
from radtl_tf.training.heads import segments
from radtl_tf.training.heads.segments import draw_segments
from radtl_tf.training.randomness import dropout_mask, epoch_order
from radtl_tf.training.run import RunData

NUM_FEATURES = 7


@pytest.fixture
def folds(cases: Cases) -> list[Fold]:
    """Return two folds; the second has batches left when the first has none."""
    first, second = draw_folds(cases, FoldPlan(count=3, inner=0.4), seed=5)[:2]
    return [replace(first, train=first.train[:13]), second]


@pytest.fixture
def data(cases: Cases) -> RunData:
    """Return a task with class weights and two augmented views, whose features are not needed."""
    training = Training(
        image_size=32, batch_size=8, epochs=3, views=2, augmentation="published", class_weights="balanced"
    )
    return RunData(cases, None, [], 7, training)  # type: ignore[arg-type]


def test_a_segment_holds_the_steps_of_an_epoch(data: RunData, folds: list[Fold]) -> None:
    drawn = list(draw_segments(data, folds, NUM_FEATURES))
    assert [(one.epoch, one.view, one.ends_epoch) for one in drawn] == [(1, 0, True), (2, 1, True), (3, 0, True)]
    key = 7, folds[0].repeat, folds[0].fold, 2
    order = epoch_order(key, folds[0].train, 13)
    np.testing.assert_array_equal(drawn[1].sizes[:3, 0], [8, 5, 0])
    np.testing.assert_array_equal(drawn[1].positions[1, 0, :5], order[8:])
    mask = dropout_mask((*key, 1), (5, NUM_FEATURES))
    np.testing.assert_array_equal(drawn[1].kept[1, 0, :5] * np.float32(2), mask)


def test_what_fills_a_batch_has_no_weight(data: RunData, folds: list[Fold]) -> None:
    one = next(draw_segments(data, folds, NUM_FEATURES))
    filled = np.arange(8) >= one.sizes[:, :, None]
    assert filled.any() and not one.weights[filled].any() and not one.kept[filled].any()
    assert (one.weights[~filled] > 0).all()


def test_a_large_epoch_is_divided(data: RunData, folds: list[Fold], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(draw_segments(data, folds, NUM_FEATURES))
    monkeypatch.setattr(segments, "MASK_BYTES", 2 * 2 * 8 * NUM_FEATURES)  # two steps
    parts: list[Any] = list(draw_segments(data, folds, NUM_FEATURES))
    assert max(len(part.sizes) for part in parts) == 2
    assert [part.epoch for part in parts if part.ends_epoch] == [1, 2, 3]
    for name in ("sizes", "positions", "weights", "kept"):
        first = np.concatenate([getattr(part, name) for part in parts if part.epoch == 2])
        np.testing.assert_array_equal(first, getattr(whole[1], name))
