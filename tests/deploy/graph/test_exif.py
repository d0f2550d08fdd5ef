"""EXIF data say whether an image is upright."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from radtl_tf.deploy.graph.exif import is_upright

files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("image_files.py"))))
PLACE = tf.TensorSpec((), tf.int64)
GRAPH = tf.function(is_upright, input_signature=[tf.TensorSpec((None,), tf.uint8), PLACE, PLACE])


def upright(data: bytes, before: bytes = b"more") -> bool:
    """Ask about data that follow other bytes in a file."""
    raw = tf.io.decode_raw(before + data + b"rest", tf.uint8)
    start, end = (tf.constant(place, tf.int64) for place in (len(before), len(before) + len(data)))
    return bool(GRAPH(raw, start, end))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(9))
def test_only_the_first_orientation_is_upright(orientation: int, order: str) -> None:
    assert upright(files.exif(orientation, order)) == (orientation <= 1)


def test_without_an_orientation_an_image_is_upright() -> None:
    assert upright(files.exif(6).replace(b"\x12\x01", b"\x13\x01"))


@pytest.mark.parametrize(
    "data",
    [
        files.exif(6, kind=4),
        b"words of another kind",
        b"Exif\0\0" + files.exif(1),
        files.exif(1).replace(b"II*", b"II+"),
    ],
)
def test_unusual_data_count_as_rotated(data: bytes) -> None:
    assert not upright(data)


def test_a_directory_outside_the_data_is_an_error() -> None:
    with tf.device("CPU"), pytest.raises(tf.errors.InvalidArgumentError):
        upright(files.exif(1)[:24])
