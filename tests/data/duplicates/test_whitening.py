"""Whitening: the same from chunks, rare patterns count more, negatives are those of the negative picture."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.duplicates import whitening
from radtl_tf.data.duplicates.whitening import Whitening

PICTURES = np.random.default_rng(7).integers(0, 256, (50, 32, 32)).astype(np.uint8)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Whitening.of(PICTURES)
    monkeypatch.setattr(whitening, "CHUNK", 7)
    np.testing.assert_allclose(Whitening.of(PICTURES).mean, whole.mean, atol=1e-9)


def test_rows_have_length_one_and_blank_ones_zero() -> None:
    pictures = PICTURES.copy()
    pictures[3] = 100
    for side in Whitening.of(pictures).both(pictures):
        lengths = np.linalg.norm(np.concatenate(side, axis=1), axis=1)
        np.testing.assert_allclose(lengths, np.arange(50) != 3, atol=1e-5)


def test_the_negative_is_that_of_the_negative_picture() -> None:
    made = Whitening.of(PICTURES)
    for ours, others in zip(made.both(PICTURES)[1], made.both(255 - PICTURES)[0], strict=True):
        np.testing.assert_allclose(ours, others, atol=1e-5)


def test_a_pattern_that_all_pictures_share_hardly_counts() -> None:
    shared = np.clip(PICTURES[:1] // 2 + PICTURES // 4, 0, 255).astype(np.uint8)
    parts = np.concatenate(Whitening.of(shared).both(shared)[0], axis=1)
    assert np.abs(np.triu(parts @ parts.T, 1)).max() < 0.5  # unrelated apart from it
