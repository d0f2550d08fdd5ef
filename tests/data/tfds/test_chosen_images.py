"""Some images of a built data set are read by their numbers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.tfds.chosen_images import built_in, images_at
from radtl_tf.errors import DamagedDataSetError


def test_images_come_in_the_order_asked_for(finished_once: Path) -> None:
    builder = built_in(finished_once / "out" / "data", 60)
    assert builder is not None
    numbers = [41, 3, 3, 59]
    for number, pixels in zip(numbers, images_at(builder, numbers), strict=True):
        assert pixels.dtype == np.uint16
        assert np.array_equal(pixels, decode(finished_once / "images" / f"{number:03d}.png").pixels)


def test_a_damaged_image_is_not_returned(finished_once: Path, tmp_path: Path) -> None:
    shutil.copytree(finished_once / "out" / "data", tmp_path / "data")
    builder = built_in(tmp_path / "data", 60)
    assert builder is not None
    (shard,) = Path(builder.data_path).glob("*.tfrecord*")
    content = bytearray(shard.read_bytes())
    content[-300] ^= 1
    shard.write_bytes(content)
    assert len(list(images_at(builder, [0]))) == 1
    with pytest.raises(DamagedDataSetError):
        list(images_at(builder, [59]))


def test_a_folder_without_such_a_data_set(finished_once: Path, tmp_path: Path) -> None:
    assert built_in(finished_once / "out" / "data", 61) is None
    assert built_in(tmp_path, 60) is None
