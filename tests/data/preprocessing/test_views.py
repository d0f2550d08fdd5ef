"""Views of films: repeatable, in range, different from each other, mirrored only if asked."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from radtl_tf.data.preprocessing.views import _crops, view

IMAGES = tf.constant(np.random.default_rng(0).uniform(0, 1, (6, 16, 20, 1)), tf.float32)
NUMBERS = tf.range(6, dtype=tf.int64)


def test_a_view_depends_on_film_epoch_seed_and_which_but_not_on_the_batch() -> None:
    found = view(IMAGES, 0, 7, 1, NUMBERS, flip=True).numpy()
    assert found.shape == (6, 16, 20, 1) and found.min() >= 0 and found.max() <= 1
    alone = view(IMAGES[3:4], 0, 7, 1, NUMBERS[3:4], flip=True).numpy()
    np.testing.assert_allclose(alone[0], found[3], atol=1e-6)
    for which, seed, epoch in ((1, 7, 1), (0, 8, 1), (0, 7, 2)):
        assert (
            np.abs(view(IMAGES, which, seed, epoch, NUMBERS, flip=True).numpy() - found).max(axis=(1, 2, 3)).min() > 0
        )


def test_a_crop_lies_inside_the_image_and_is_mirrored_only_if_asked() -> None:
    draws = tf.constant(np.random.default_rng(1).uniform(-1, 1, (500, 7)), tf.float32)
    side = tf.constant([16.0, 20.0])
    for flip in (False, True):
        zoom_x, _, x, _, zoom_y, y, *_ = _crops(draws, side, flip=flip).numpy().T
        ends = np.stack([x, x + zoom_x * 19])
        assert ends.min() >= -1e-4 and ends.max() <= 19 + 1e-4
        assert y.min() >= -1e-4 and (y + zoom_y * 15).max() <= 15 + 1e-4
        area = np.abs(zoom_x * zoom_y)
        assert area.min() > 0.25 and area.max() <= 1
        assert (0.4 < (zoom_x < 0).mean() < 0.6) == flip
        assert flip or (zoom_x > 0).all()
