"""Images are moved between pixels, and their edges are repeated."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from radtl_tf.data.preprocessing.geometry import transformed

ROW = np.array([0.0, 1.0, 3.0, 7.0], np.float32)


def test_each_image_has_its_transform() -> None:
    images = tf.constant(np.tile(ROW, (3, 2, 1))[..., np.newaxis])
    same, half_right, mirrored = [1, 0, 0, 0, 1, 0, 0, 0], [1, 0, 0.5, 0, 1, 0, 0, 0], [-1, 0, 3, 0, 1, 0, 0, 0]
    found = transformed(images, tf.constant([same, half_right, mirrored], tf.float32)).numpy()
    assert found.shape == (3, 2, 4, 1)
    np.testing.assert_allclose(found[:, 0, :, 0], [ROW, [0.5, 2, 5, 7], ROW[::-1]])
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
