"""Some images of a built data set are read by their numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.tfds.chosen_images import built_in, images_at


def test_images_come_in_the_order_asked_for(finished_once: Path) -> None:
    builder = built_in(finished_once / "out" / "data", 60)
    assert builder is not None
    numbers = [41, 3, 3, 59]
    for number, pixels in zip(numbers, images_at(builder, numbers), strict=True):
        assert pixels.dtype == np.uint16
        assert np.array_equal(pixels, decode(finished_once / "images" / f"{number:03d}.png").pixels)


def test_a_folder_without_such_a_data_set(finished_once: Path, tmp_path: Path) -> None:
    assert built_in(finished_once / "out" / "data", 61) is None
    assert built_in(tmp_path, 60) is None
