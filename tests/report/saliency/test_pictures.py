from __future__ import annotations

import numpy as np

from radtl_tf.report.saliency.pictures import map_picture, radiograph_picture


def test_a_radiograph_in_another_size() -> None:
    grey = np.full((8, 8, 1), 0.5, np.float32)
    grey[0, 0] = 1.5
    picture = radiograph_picture(grey, 8)
    assert picture.dtype == np.uint8 and picture.shape == (8, 8)
    assert (picture[0, 0], picture[5, 5]) == (255, 128)
    assert radiograph_picture(grey, 4).shape == (4, 4)


def test_a_map_is_dense_where_it_is_high_and_an_empty_one_is_clear() -> None:
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = 7.0
    picture = map_picture(values, 32)
    assert picture.shape == (32, 32, 4)
    assert picture[12, 20, 3] > 100 and picture[30, 2, 3] == 0
    assert not map_picture(np.zeros((4, 4), np.float32), 32)[..., 3].any()
